// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grain directory taken in as the module and the tool do, and what it makes of the
 * tables and of a map.  An input draws how many tables there are of either kind,
 * which 16 MiB a layer above has decided, and the entries.
 */
#include <string.h>

#include "dm-sesparse/owners.h"
#include "fuzz.h"

#define MAX_TABLES 8

/* What is known of one entry. */
enum says { NOTHING, A_TABLE, NONSENSE };

static u64 entries[MAX_TABLES];
static enum says says[MAX_TABLES];
static u32 names[MAX_TABLES]; /* entries that name a table of the extent */

static struct sesparse_geometry draw_geometry(struct draw *draw)
{
	struct sesparse_geometry geo = {
		.nr_tables = 1 + draw_byte(draw) % MAX_TABLES,
		.max_tables = draw_byte(draw) % (MAX_TABLES + 1),
	};

	geo.capacity = geo.nr_tables * SESPARSE_TABLE_SPAN -
		       draw_number(draw, 2) % SESPARSE_TABLE_SPAN;
	geo.nr_grains = DIV_ROUND_UP_ULL(geo.capacity, SESPARSE_GRAIN_SECTORS);
	return geo;
}

static u64 draw_entry(struct draw *draw)
{
	const uint8_t how = draw_byte(draw);

	switch (how % 4) {
	case 0:
		return 0;
	case 1:
		return 0x10000000ULL << 32 | how / 4;
	case 2:
		return draw_number(draw, 8);
	default:
		return 0x10000000ULL << 32 | draw_number(draw, 4);
	}
}

static void judge(const struct sesparse_geometry *geo)
{
	u64 i;

	memset(names, 0, sizeof(names));
	for (i = 0; i < geo->nr_tables; i++) {
		says[i] = NOTHING;
		if (!entries[i])
			continue;
		says[i] = NONSENSE;
		if (entries[i] < 0x1000000000000000 ||
		    entries[i] - 0x1000000000000000 >= geo->max_tables)
			continue;
		says[i] = A_TABLE;
		names[entries[i] - 0x1000000000000000]++;
	}
}

/* Which entry before @table names what it names too, or @table itself. */
static u64 first_to_name(u64 table)
{
	u64 i;

	for (i = 0; entries[i] != entries[table]; i++)
		;
	return i;
}

static u64 count_before(u64 table)
{
	u64 i, nr = 0;

	for (i = 0; i < table; i++)
		nr += entries[i] == entries[table];
	return nr;
}

static void check_claim(const struct sesparse_claim *c, u64 table)
{
	const u64 before = count_before(table);

	if (says[table] == NOTHING) {
		must_equal(c->kind, SESPARSE_CLAIM_NONE);
		return;
	}
	must_equal(c->table, table);
	must_equal(c->entry, entries[table]);
	if (says[table] == NONSENSE) {
		must_equal(c->kind, SESPARSE_CLAIM_CORRUPT);
		return;
	}
	must_equal(c->index, (u32)entries[table]);
	must_equal(c->kind, before ? SESPARSE_CLAIM_AGAIN : SESPARSE_CLAIM_FIRST);
	if (!before)
		return;
	must_equal(c->other, first_to_name(table));
	must_equal(c->spoils_other, before == 1);
}

static void take(struct sesparse_owners *o, struct sesparse_build *b, u64 table)
{
	char text[SESPARSE_OWNERS_TEXT] = "";
	struct sesparse_claim claim;
	const bool good = sesparse_owners_take(o, table, entries[table], &claim);

	check_claim(&claim, table);
	must_equal(good, says[table] == NOTHING ||
			 (says[table] == A_TABLE && !count_before(table)));
	if (good)
		return;
	sesparse_owners_explain(o, &claim, text, sizeof(text));
	must(*text && strlen(text) < sizeof(text) - 1);
	must(!sesparse_owners_spoil(&claim, b));
}

static void check_tables(const struct sesparse_owners *o,
			 const struct sesparse_map *map)
{
	const struct sesparse_fault worst = {
		.index = 4095, .entry = ~0ULL, .nr = 4096,
		.why = "a grain beyond the extent's end (truncated?)",
	};
	char text[SESPARSE_OWNERS_TEXT];
	u64 index, owner;

	for (index = 0; index < o->geo->max_tables; index++) {
		owner = sesparse_owners_of(o, index);
		must_equal(owner == SESPARSE_NO_OWNER, !names[index]);
		if (!names[index]) {
			must(!sesparse_owners_wants(o, index, map));
			continue;
		}
		must_equal(entries[owner], 0x1000000000000000 + index);
		must_equal(first_to_name(owner), owner);
		must_equal(sesparse_owners_wants(o, index, map),
			   names[index] == 1 &&
			   !sesparse_map_decided(map, owner));
		sesparse_owners_explain_fault(o, index, &worst, text,
					      sizeof(text));
		must(strlen(text) < sizeof(text) - 1);
	}
}

/* Returns grains that are errors. */
static u64 check_map(const struct sesparse_map *map, u64 table, bool above)
{
	const u64 first = table << SESPARSE_TABLE_SHIFT;
	const unsigned int nr = sesparse_map_cells(map, table);
	const bool bad = says[table] == NONSENSE ||
			 (says[table] == A_TABLE && names[(u32)entries[table]] > 1);
	const u64 wanted = above ? SESPARSE_CELL_ZERO :
			   bad ? SESPARSE_CELL_BAD : SESPARSE_CELL_HOLE;
	struct sesparse_run run;
	u64 last;

	/* All of them read alike, and one end tells what that is. */
	sesparse_map_lookup(map, first, nr, &run);
	sesparse_map_read(map, first + nr - 1, 1, &last);
	must_equal(run.source, sesparse_map_source(map, wanted));
	must_equal(run.nr, nr);
	must_equal(last, wanted);
	return wanted == SESPARSE_CELL_BAD ? nr : 0;
}

static void decide(struct sesparse_map *map, u64 table)
{
	static u64 cells[SESPARSE_TABLE_ENTRIES];
	u64 runs[2] = { 0 };

	must(sesparse_runs_add(runs, 0, sesparse_map_cells(map, table),
			       SESPARSE_CELL_ZERO));
	must(!sesparse_map_store_runs(map, table, runs, cells));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	const struct sesparse_geometry geo = draw_geometry(&draw);
	const u64 above = draw_byte(&draw);
	struct sesparse_owners o;
	struct sesparse_build b;
	struct sesparse_map map;
	u64 i, corrupt = 0;

	for (i = 0; i < geo.nr_tables; i++)
		entries[i] = draw_entry(&draw);
	judge(&geo);

	must(!sesparse_map_init(&map, geo.nr_grains, true, NULL));
	must(!sesparse_build_init(&b, &map));
	must(!sesparse_owners_init(&o, &geo, NULL));
	for (i = 0; i < geo.nr_tables; i++)
		if (above >> i & 1)
			decide(&map, i);
	must(!sesparse_build_begin_layer(&b, 1, &geo));
	for (i = 0; i < geo.nr_tables; i++)
		take(&o, &b, i);
	check_tables(&o, &map);
	must(!sesparse_build_end_layer(&b));
	for (i = 0; i < geo.nr_tables; i++)
		corrupt += check_map(&map, i, above >> i & 1);
	must_equal(b.counts.corrupt, corrupt);
	must_equal(b.counts.mapped + b.counts.zero, 0);
	fuzz_taken();
	sesparse_owners_exit(&o);
	sesparse_build_exit(&b);
	sesparse_map_exit(&map);
	return 0;
}
