// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom the grain tables of an extent speak for, against a plain list of who
 * names which; and what becomes of a directory that can't be right.
 */
#include <string.h>

#include "../../dm-sesparse/owners.h"
#include "unit.h"

#define ENTRIES SESPARSE_TABLE_ENTRIES
#define NR 50 /* tables of the disk */
#define MAX 40 /* of the extent */

/* An extent, and the disk that it is taken into. */
struct scene {
	struct sesparse_geometry geo;
	struct sesparse_owners owners;
	struct sesparse_map map;
	struct sesparse_build build;
};

static u64 gde(u32 index)
{
	return 0x1000000000000000ULL | index;
}

static int scene_init(struct scene *s)
{
	const u64 grains = NR * ENTRIES;
	int r;

	memset(s, 0, sizeof(*s));
	s->geo = (struct sesparse_geometry){
		.capacity = grains * 8,
		.nr_grains = grains,
		.nr_tables = NR,
		.tables = 6144,
		.max_tables = MAX,
		.grains = 20480,
		.max_grains = grains,
		.end = 20480 + grains * 8,
	};
	r = sesparse_owners_init(&s->owners, &s->geo, NULL);
	if (!r)
		r = sesparse_map_init(&s->map, grains, true, NULL);
	return r ? r : sesparse_build_init(&s->build, &s->map);
}

static bool scene_end(struct scene *s, bool ok)
{
	sesparse_build_exit(&s->build);
	sesparse_map_exit(&s->map);
	sesparse_owners_exit(&s->owners);
	return ok;
}

/* Takes an entry, and makes errors of what it spoils; 0, 1 if it did, or an error. */
static int take(struct scene *s, u64 table, u64 entry)
{
	struct sesparse_claim claim;

	if (sesparse_owners_take(&s->owners, table, entry, &claim))
		return 0;
	return sesparse_owners_spoil(&claim, &s->build) ?: 1;
}

static enum sesparse_source reads(const struct scene *s, u64 table)
{
	struct sesparse_run run;

	sesparse_map_lookup(&s->map, table * ENTRIES, ENTRIES, &run);
	return run.nr == ENTRIES ? run.source : (enum sesparse_source)-1;
}

/* What the list says of each table of the extent, and of the disk. */
static bool check_against(const struct scene *s, const u64 *entries)
{
	unsigned int named[MAX] = { 0 };
	u64 first[MAX], i;

	for (i = NR; i--;) {
		if (entries[i] >> 32 != 0x10000000 || (u32)entries[i] >= MAX)
			continue;
		named[(u32)entries[i]]++;
		first[(u32)entries[i]] = i;
	}
	for (i = 0; i < MAX; i++) {
		expect(sesparse_owners_of(&s->owners, i),
		       named[i] ? first[i] : SESPARSE_NO_OWNER);
		expect(sesparse_owners_wants(&s->owners, i, &s->map),
		       named[i] == 1);
	}
	for (i = 0; i < NR; i++) {
		const bool good = !entries[i] ||
				  (entries[i] >> 32 == 0x10000000 &&
				   (u32)entries[i] < MAX &&
				   named[(u32)entries[i]] == 1);

		expect(reads(s, i), good ? SESPARSE_READ_PARENT :
					   SESPARSE_READ_ERROR);
	}
	return true;
}

static bool tables_are_their_only_claimants(void)
{
	u64 entries[NR], seed = 1, i, round;
	struct scene s;
	int r;

	for (round = 0; round < 200; round++) {
		expect(scene_init(&s), 0);
		for (i = 0; i < NR; i++) {
			entries[i] = unit_random(&seed) % 3 ?
				     gde(unit_random(&seed) % (MAX + 2)) : 0;
			if (unit_random(&seed) % 20 == 0)
				entries[i] = unit_random(&seed);
			r = take(&s, i, entries[i]);
			expect(r >= 0, true);
		}
		if (!scene_end(&s, check_against(&s, entries)))
			return false;
	}
	return true;
}

static bool all_claimants_of_a_table_are_errors(void)
{
	static const u64 twice[] = { 4, 9, 30, 31 };
	struct scene s;
	size_t i;

	expect(scene_init(&s), 0);
	for (i = 0; i < ARRAY_SIZE(twice); i++)
		expect(take(&s, twice[i], gde(7)), i > 0);
	expect(take(&s, 11, gde(8)), 0);
	for (i = 0; i < ARRAY_SIZE(twice); i++)
		expect(reads(&s, twice[i]), SESPARSE_READ_ERROR);
	expect(reads(&s, 11), SESPARSE_READ_PARENT);
	expect(s.build.counts.corrupt, 4 * ENTRIES);
	expect(sesparse_owners_wants(&s.owners, 7, &s.map), false);
	expect(sesparse_owners_wants(&s.owners, 8, &s.map), true);
	return scene_end(&s, true);
}

static bool decided_tables_are_not_wanted(void)
{
	u64 cells[ENTRIES], i;
	struct scene s;

	expect(scene_init(&s), 0);
	for (i = 0; i < ENTRIES; i++)
		cells[i] = SESPARSE_CELL_ZERO;
	expect(sesparse_map_store(&s.map, 20, cells), 0);
	cells[77] = SESPARSE_CELL_HOLE;
	expect(sesparse_map_store(&s.map, 21, cells), 0);
	expect(take(&s, 20, gde(1)), 0);
	expect(take(&s, 21, gde(2)), 0);
	expect(sesparse_owners_wants(&s.owners, 1, &s.map), false);
	expect(sesparse_owners_wants(&s.owners, 2, &s.map), true);
	return scene_end(&s, true);
}

/* An entry that spoils says why, in these words. */
static bool explains(struct scene *s, u64 table, u64 entry, const char *text)
{
	char why[SESPARSE_OWNERS_TEXT];
	struct sesparse_claim claim;

	expect(sesparse_owners_take(&s->owners, table, entry, &claim), false);
	sesparse_owners_explain(&s->owners, &claim, why, sizeof(why));
	expect_text(why, text);
	return true;
}

static bool faults_are_told_by_their_place(void)
{
	const struct sesparse_fault fault = {
		.index = 904, .entry = 0x4000000000000000, .why = "odd", .nr = 3,
	};
	char why[SESPARSE_OWNERS_TEXT];
	struct scene s;

	expect(scene_init(&s), 0);
	expect(take(&s, 1, gde(39)), 0);
	sesparse_owners_explain_fault(&s.owners, 39, &fault, why, sizeof(why));
	expect_text(why, "grain table 39 (sector 8640), entry 904, grain 5000 of the disk, is 0x4000000000000000: odd; such entries in the table: 3");
	return scene_end(&s,
		explains(&s, 2, gde(39),
			 "names grain table 39, which entry 1 names too, expected a table of its own") &&
		explains(&s, 3, gde(39), "which entry 1 names too") &&
		explains(&s, 4, gde(MAX),
			 "is 0x1000000000000028, expected 0 or 0x10000000 over the index of a grain table below 40") &&
		explains(&s, 5, 7, "is 0x0000000000000007, expected 0 or"));
}

static bool texts_stay_within_their_buffer(void)
{
	const struct sesparse_fault fault = {
		.index = 4095, .entry = ~0ULL, .nr = 4096,
		.why = "a grain beyond the extent's end (truncated?)",
	};
	char why[SESPARSE_OWNERS_TEXT];
	struct sesparse_geometry geo = {
		.tables = ~0ULL - SESPARSE_MAX_TABLES * SESPARSE_TABLE_SECTORS,
		.max_tables = SESPARSE_MAX_TABLES,
	};
	struct sesparse_owners o;
	struct sesparse_claim claim;

	expect(sesparse_owners_init(&o, &geo, NULL), 0);
	expect(sesparse_owners_take(&o, SESPARSE_MAX_TABLES - 1,
				    gde(SESPARSE_MAX_TABLES - 1), &claim), true);
	sesparse_owners_explain_fault(&o, SESPARSE_MAX_TABLES - 1, &fault, why,
				      sizeof(why));
	expect_text(why, "such entries in the table: 4096");
	sesparse_owners_exit(&o);
	return true;
}

static bool every_failed_allocation_is_told(void)
{
	struct scene s;
	long after;
	int r = -ENOMEM;

	for (after = 0; r; after++) {
		unit_fail_allocation(after);
		r = scene_init(&s);
		/* The last is a table of some zeros, which takes a block. */
		if (!r) {
			s.build.cells[5] = SESPARSE_CELL_ZERO;
			r = sesparse_map_store(&s.map, 3, s.build.cells);
		}
		if (!r)
			r = take(&s, 3, 7) == 1 ? 0 : -ENOMEM;
		unit_fail_allocation(-1);
		if (r)
			expect(r, -ENOMEM);
		scene_end(&s, true);
		expect(after < 100, true);
	}
	/* The owners, the map's top, the cells and a block. */
	expect(after > 4, true);
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "tables_are_their_only_claimants",
		  tables_are_their_only_claimants },
		{ "all_claimants_of_a_table_are_errors",
		  all_claimants_of_a_table_are_errors },
		{ "decided_tables_are_not_wanted",
		  decided_tables_are_not_wanted },
		{ "faults_are_told_by_their_place",
		  faults_are_told_by_their_place },
		{ "texts_stay_within_their_buffer",
		  texts_stay_within_their_buffer },
		{ "every_failed_allocation_is_told",
		  every_failed_allocation_is_told },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
