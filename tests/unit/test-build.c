// SPDX-License-Identifier: GPL-2.0-only
/*
 * The merging of layers, against the rules of the format applied grain by
 * grain; and what becomes of entries that can't be right.
 */
#include <string.h>

#include "../../dm-sesparse/build.h"
#include "unit.h"

#define ENTRIES SESPARSE_TABLE_ENTRIES

static struct sesparse_geometry geometry(u64 nr_grains)
{
	return (struct sesparse_geometry){
		.capacity = nr_grains * 8,
		.nr_grains = nr_grains,
		.nr_tables = DIV_ROUND_UP_ULL(nr_grains, ENTRIES),
		.grains = 2048,
		.max_grains = nr_grains,
		.region_grains = nr_grains,
		.end = 2048 + nr_grains * 8,
	};
}

/* An entry of any good kind; allocated ones in an order of their own. */
static u64 random_entry(u64 *seed, u64 grain, u64 nr)
{
	const u64 random = unit_random(seed);

	switch (random % 8) {
	case 0:
		return 1ULL << 60 | (random & 0xffff0000);
	case 1:
		return 2ULL << 60;
	case 2:
	case 3:
		return sesparse_encode_gte(nr - 1 - grain);
	default:
		return 0;
	}
}

static u64 expected_cell(unsigned int layer, u64 entry, u64 grain, u64 nr)
{
	switch (entry >> 60) {
	case 0:
		return SESPARSE_CELL_HOLE;
	case 3:
		return sesparse_cell(layer, nr - 1 - grain);
	default:
		return SESPARSE_CELL_ZERO;
	}
}

/* One layer, its entries random; @cells learns what it adds. */
static bool add_random_layer(struct sesparse_build *b, unsigned int layer,
			     const struct sesparse_geometry *geo, u64 *cells,
			     u64 *seed)
{
	__le64 entries[ENTRIES];
	struct sesparse_fault fault;
	u64 table, grain, i;

	expect(sesparse_build_begin_layer(b, layer, geo), 0);
	for (table = 0; table < geo->nr_tables; table++) {
		for (i = 0; i < ENTRIES; i++) {
			grain = table * ENTRIES + i;
			entries[i] = cpu_to_le64(~0ULL);
			if (grain >= geo->nr_grains)
				continue;
			entries[i] = random_entry(seed, grain, geo->nr_grains);
			if (!cells[grain])
				cells[grain] = expected_cell(layer, entries[i],
							     grain,
							     geo->nr_grains);
			entries[i] = cpu_to_le64(entries[i]);
		}
		expect(sesparse_build_table(b, table, entries, &fault), 0);
		expect(fault.nr, 0);
	}
	expect(sesparse_build_end_layer(b), 0);
	return true;
}

static bool check_cells(const struct sesparse_map *map, const u64 *cells)
{
	u64 found[ENTRIES], table, i;

	for (table = 0; table < map->nr_tables; table++) {
		sesparse_map_read(map, table * ENTRIES,
				  sesparse_map_cells(map, table), found);
		for (i = 0; i < sesparse_map_cells(map, table); i++)
			expect(found[i], cells[table * ENTRIES + i]);
	}
	return true;
}

static bool check_counts(const struct sesparse_build *b, const u64 *cells,
			 u64 nr)
{
	struct sesparse_counts counts = { 0 };
	u64 i;

	for (i = 0; i < nr; i++) {
		counts.mapped += cells[i] >= SESPARSE_CELL_DATA;
		counts.zero += cells[i] == SESPARSE_CELL_ZERO;
		counts.corrupt += cells[i] == SESPARSE_CELL_BAD;
	}
	expect(b->counts.mapped, counts.mapped);
	expect(b->counts.zero, counts.zero);
	expect(b->counts.corrupt, counts.corrupt);
	return true;
}

static bool check_chain(unsigned int nr_layers, u64 nr)
{
	const struct sesparse_geometry geo = geometry(nr);
	u64 *cells = calloc(nr, sizeof(u64)), seed = nr_layers;
	struct sesparse_build build;
	struct sesparse_map map;
	unsigned int layer;
	bool ok = true;

	expect(sesparse_map_init(&map, nr, true, NULL), 0);
	expect(sesparse_build_init(&build, &map), 0);
	for (layer = 0; layer < nr_layers && ok; layer++)
		ok = add_random_layer(&build, layer, &geo, cells, &seed);
	expect(sesparse_map_finish(&map), 0);
	ok = ok && check_cells(&map, cells) && check_counts(&build, cells, nr);
	sesparse_build_exit(&build);
	sesparse_map_exit(&map);
	free(cells);
	return ok;
}

/* Entries of runs @len long, every third of them absent, and what they come to. */
static void fill_runs(unsigned int len, u64 nr, __le64 *entries, u64 *cells)
{
	unsigned int i, kind;

	for (i = 0; i < ENTRIES; i++) {
		kind = i / len % 3;
		entries[i] = cpu_to_le64(kind == 1 ? sesparse_encode_gte(i) :
					 kind == 2 ? 2ULL << 60 : 0);
		if (i < nr)
			cells[i] = kind == 1 ? sesparse_cell(0, i) :
				   kind == 2 ? SESPARSE_CELL_ZERO :
					       SESPARSE_CELL_HOLE;
	}
}

/* Tables of few runs and of many are taken in by different ways. */
static bool runs_of_every_length_are_taken(void)
{
	static const unsigned int lengths[] = { 1, 2, 3, 4, 5, 6, 8, 63, 64,
						100, 1000, 4000 };
	static const u64 sizes[] = { 1, 3000, ENTRIES };
	static __le64 entries[ENTRIES];
	static u64 cells[ENTRIES];
	struct sesparse_geometry geo;
	struct sesparse_build build;
	struct sesparse_fault fault;
	struct sesparse_map map;
	bool ok = true;
	size_t i;
	u64 nr;

	for (i = 0; i < ARRAY_SIZE(lengths) * ARRAY_SIZE(sizes) && ok; i++) {
		nr = sizes[i % ARRAY_SIZE(sizes)];
		geo = geometry(nr);
		fill_runs(lengths[i / ARRAY_SIZE(sizes)], nr, entries, cells);
		expect(sesparse_map_init(&map, nr, true, NULL), 0);
		expect(sesparse_build_init(&build, &map), 0);
		expect(sesparse_build_begin_layer(&build, 0, &geo), 0);
		expect(sesparse_build_table(&build, 0, entries, &fault), 0);
		expect(sesparse_build_end_layer(&build), 0);
		ok = check_cells(&map, cells) &&
		     check_counts(&build, cells, nr);
		sesparse_build_exit(&build);
		sesparse_map_exit(&map);
	}
	return ok;
}

static bool newer_layers_hide_older_ones(void)
{
	return check_chain(1, 10000) && check_chain(2, 4096) &&
	       check_chain(5, 8191) && check_chain(SESPARSE_MAX_LAYERS, 20001);
}

/* Builds a chain of layers with 128 grains, here and there, in each table. */
static int build_scattered(struct sesparse_map *map, unsigned int nr_layers,
			   struct sesparse_account *account)
{
	const struct sesparse_geometry geo = geometry(256 * ENTRIES);
	static __le64 entries[ENTRIES];
	struct sesparse_fault fault;
	struct sesparse_build build;
	unsigned int layer, i;
	u64 seed = 1, table;
	int r;

	r = sesparse_map_init(map, geo.nr_grains, true, account);
	r = sesparse_build_init(&build, map) ?: r;
	for (layer = 0; layer < nr_layers && !r; layer++) {
		r = sesparse_build_begin_layer(&build, layer, &geo);
		for (table = 0; table < geo.nr_tables && !r; table++) {
			memset(entries, 0, sizeof(entries));
			for (i = 0; i < 128; i++)
				entries[unit_random(&seed) % ENTRIES] =
					cpu_to_le64(sesparse_encode_gte(
						table * 128 + i));
			r = sesparse_build_table(&build, table, entries,
						 &fault);
		}
		if (!r)
			r = sesparse_build_end_layer(&build);
	}
	sesparse_build_exit(&build);
	return sesparse_map_finish(map) ?: r;
}

/* Each layer has a new block for each table, and the one before is dropped. */
static bool a_deep_chain_takes_little_more_than_its_map(void)
{
	struct sesparse_account account;
	struct sesparse_map map;
	atomic64_t used = { 0 };
	u64 held;

	expect(build_scattered(&map, 32, NULL), 0);
	held = map.held;
	sesparse_map_exit(&map);
	sesparse_account_init(&account, &used, held * 4);
	expect(build_scattered(&map, 32, &account), 0);
	expect(map.held <= held, true);
	sesparse_map_exit(&map);
	expect(atomic64_read(&used), 0);
	return true;
}

/* A disk of two tables whose entries are all 0 but some. */
struct scene {
	struct sesparse_geometry geo;
	struct sesparse_map map;
	struct sesparse_build build;
	__le64 entries[2][ENTRIES];
	struct sesparse_fault fault[2];
	u64 cells[2 * ENTRIES];
};

static bool scene_build(struct scene *s)
{
	u64 table;

	s->geo = geometry(2 * ENTRIES);
	expect(sesparse_map_init(&s->map, s->geo.nr_grains, true, NULL), 0);
	expect(sesparse_build_init(&s->build, &s->map), 0);
	expect(sesparse_build_begin_layer(&s->build, 0, &s->geo), 0);
	for (table = 0; table < 2; table++)
		expect(sesparse_build_table(&s->build, table, s->entries[table],
					    &s->fault[table]), 0);
	expect(sesparse_build_end_layer(&s->build), 0);
	return check_cells(&s->map, s->cells) &&
	       check_counts(&s->build, s->cells, s->geo.nr_grains);
}

static bool scene_end(struct scene *s, bool ok)
{
	sesparse_build_exit(&s->build);
	sesparse_map_exit(&s->map);
	free(s);
	return ok;
}

static bool corrupt_entries_become_errors(void)
{
	static const struct {
		u64 entry;
		const char *why;
	} bad[] = {
		{ 1, "not allocated, yet not 0" },
		{ 0x0fffffffffffffff, "not allocated, yet not 0" },
		{ 0x3000000000000002, "beyond the extent's end" },
		{ 0x4000000000000000, "no known type" },
		{ 0xf000000000000000, "no known type" },
	};
	struct scene *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		s = calloc(1, sizeof(*s));
		s->entries[1][17] = cpu_to_le64(bad[i].entry);
		s->entries[1][99] = cpu_to_le64(bad[i].entry);
		s->cells[ENTRIES + 17] = SESPARSE_CELL_BAD;
		s->cells[ENTRIES + 99] = SESPARSE_CELL_BAD;
		if (!scene_build(s))
			return false;
		expect(s->fault[0].nr, 0);
		expect(s->fault[1].nr, 2);
		expect(s->fault[1].index, 17);
		expect(s->fault[1].entry, bad[i].entry);
		expect_text(s->fault[1].why, bad[i].why);
		scene_end(s, true);
	}
	return true;
}

/* An unmapped entry that holds this grain. */
static u64 unmapped(u64 grain)
{
	return sesparse_encode_gte(grain) ^ 2ULL << 60;
}

#define ZEROS_FROM 100 /* where these begin */

/* Entries for zeros in both tables, good ones and noise, between data and holes. */
static const struct {
	u64 entry;
	bool noise;
} zeros[] = {
	{ 1ULL << 60, false },
	{ 2ULL << 60, false },
	{ 2ULL << 60 | 1, true },
	{ 0x2fffffffffffffff, true },
	{ 0x1fffffffffffffff, true },
	{ 0x1fff000000000001, false }, /* the last grain, and one more */
	{ 0x1000000000000002, true },
	{ 0x1000000000000100, true },
};

/* With @spoiler, one more entry of the second table; it has @nr faults then. */
static bool check_noise(u64 spoiler, bool is_spoilt, unsigned int nr)
{
	struct scene *s = calloc(1, sizeof(*s));
	unsigned int table, i;

	for (table = 0; table < 2; table++) {
		for (i = 0; i < ARRAY_SIZE(zeros); i++) {
			s->entries[table][ZEROS_FROM + i] =
				cpu_to_le64(zeros[i].entry);
			s->cells[table * ENTRIES + ZEROS_FROM + i] =
				table && is_spoilt && zeros[i].noise ?
					SESPARSE_CELL_BAD : SESPARSE_CELL_ZERO;
		}
		s->entries[table][7] = cpu_to_le64(sesparse_encode_gte(table));
		s->cells[table * ENTRIES + 7] = sesparse_cell(0, table);
	}
	s->entries[1][4095] = cpu_to_le64(spoiler);
	if (nr)
		s->cells[ENTRIES + 4095] = SESPARSE_CELL_BAD;
	else if (spoiler)
		s->cells[ENTRIES + 4095] = SESPARSE_CELL_ZERO;
	/* The first table's grain is nobody's, either. */
	if (nr && !is_spoilt)
		s->cells[7] = SESPARSE_CELL_BAD;
	if (!scene_build(s))
		return false;
	expect(s->fault[0].nr, 0);
	expect(s->fault[1].nr, nr);
	if (nr) {
		expect(s->fault[1].index, 4095);
		expect(s->fault[1].entry, spoiler);
	}
	return scene_end(s, true);
}

static bool noise_beside_corrupt_entries_is_no_zeros(void)
{
	/* Five of the zeros are noise. */
	return check_noise(0x4000000000000000, true, 6) &&
	       check_noise(0xffffffffffffffff, true, 6) &&
	       check_noise(0x0000000000000001, true, 6) &&
	       check_noise(0x3000000000000002, true, 6);
}

static bool zeros_of_sound_tables_are_taken_as_they_are(void)
{
	/* Nothing, one more of them, and a grain that the first table has. */
	return check_noise(0, false, 0) &&
	       check_noise(0x2000000000000001, false, 0) &&
	       check_noise(sesparse_encode_gte(0), false, 1);
}

/* The grain is the last of the region, of which the file lacks the end. */
static bool truncation_makes_no_noise_of_unmapped_grains(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->geo = geometry(2 * ENTRIES);
	s->geo.max_grains = 1000;
	s->geo.end = s->geo.grains + 8000;
	s->entries[0][3] = cpu_to_le64(sesparse_encode_gte(1000));
	s->entries[0][4] = cpu_to_le64(unmapped(2 * ENTRIES - 1));
	s->entries[0][5] = cpu_to_le64(unmapped(2 * ENTRIES));
	s->cells[3] = SESPARSE_CELL_BAD;
	s->cells[4] = SESPARSE_CELL_ZERO;
	s->cells[5] = SESPARSE_CELL_BAD;
	expect(sesparse_map_init(&s->map, 2 * ENTRIES, true, NULL), 0);
	expect(sesparse_build_init(&s->build, &s->map), 0);
	expect(sesparse_build_begin_layer(&s->build, 0, &s->geo), 0);
	expect(sesparse_build_table(&s->build, 0, s->entries[0], s->fault), 0);
	expect(s->fault[0].nr, 2);
	return scene_end(s, check_cells(&s->map, s->cells));
}

/* A sound layer above one of noise, and one of data below. */
static bool noise_spares_what_is_decided_and_hides_what_is_below(void)
{
	struct scene *s = calloc(1, sizeof(*s));
	__le64 noise[ENTRIES], below[ENTRIES];
	u64 i;

	s->geo = geometry(2 * ENTRIES);
	for (i = 0; i < ENTRIES; i++) {
		s->entries[0][i] = i % 4 == 1 ? cpu_to_le64(2ULL << 60) :
				   i % 4 == 2 ?
				   cpu_to_le64(sesparse_encode_gte(i)) : 0;
		noise[i] = cpu_to_le64((1 + i % 8) << 60 | 0xabcdef0123456);
		below[i] = cpu_to_le64(sesparse_encode_gte(i));
		s->cells[i] = i % 4 == 1 ? SESPARSE_CELL_ZERO :
			      i % 4 == 2 ? sesparse_cell(0, i) :
			      SESPARSE_CELL_BAD;
	}
	expect(sesparse_map_init(&s->map, 2 * ENTRIES, true, NULL), 0);
	expect(sesparse_build_init(&s->build, &s->map), 0);
	expect(sesparse_build_begin_layer(&s->build, 0, &s->geo), 0);
	expect(sesparse_build_table(&s->build, 0, s->entries[0], s->fault), 0);
	expect(sesparse_build_end_layer(&s->build), 0);
	expect(sesparse_build_begin_layer(&s->build, 1, &s->geo), 0);
	expect(sesparse_build_table(&s->build, 0, noise, s->fault), 0);
	expect(s->fault[0].nr, ENTRIES);
	expect(sesparse_build_end_layer(&s->build), 0);
	expect(sesparse_build_begin_layer(&s->build, 2, &s->geo), 0);
	expect(sesparse_build_table(&s->build, 0, below, s->fault), 0);
	expect(sesparse_build_end_layer(&s->build), 0);
	return scene_end(s, check_cells(&s->map, s->cells) &&
			    check_counts(&s->build, s->cells, 2 * ENTRIES));
}

static bool a_grain_mapped_twice_is_nobodys(void)
{
	struct scene *s = calloc(1, sizeof(*s));
	u64 i;

	for (i = 0; i < 100; i++) {
		s->entries[0][i] = cpu_to_le64(sesparse_encode_gte(i + 5));
		s->cells[i] = sesparse_cell(0, i + 5);
	}
	/* Grain 15 three times, 20 twice, in both tables. */
	s->entries[0][50] = cpu_to_le64(sesparse_encode_gte(15));
	s->entries[1][0] = cpu_to_le64(sesparse_encode_gte(15));
	s->entries[1][1] = cpu_to_le64(sesparse_encode_gte(20));
	s->cells[10] = SESPARSE_CELL_BAD;
	s->cells[15] = SESPARSE_CELL_BAD;
	s->cells[50] = SESPARSE_CELL_BAD;
	s->cells[ENTRIES] = SESPARSE_CELL_BAD;
	s->cells[ENTRIES + 1] = SESPARSE_CELL_BAD;
	if (!scene_build(s))
		return false;
	expect(s->fault[0].nr, 1);
	expect(s->fault[0].index, 50);
	expect(s->fault[1].nr, 2);
	expect_text(s->fault[1].why, "another entry maps too");
	return scene_end(s, true);
}

/* Grains in an order in which none follows another. */
static u64 shuffled(u64 i)
{
	return (i * 1001 + 1) % ENTRIES;
}

#define WHOLE 4000U /* grains that the file has, and a part of one more */

/* What can be wrong with one of many, each alone, as on a fragmented disk. */
static bool grains_alone_are_checked_each(void)
{
	struct scene *s = calloc(1, sizeof(*s));
	u64 i;

	for (i = 0; i < ENTRIES; i++) {
		s->entries[0][i] = cpu_to_le64(sesparse_encode_gte(shuffled(i)));
		s->cells[i] = shuffled(i) < WHOLE ?
			      sesparse_cell(0, shuffled(i)) : SESPARSE_CELL_BAD;
	}
	s->entries[0][3000] = s->entries[0][2000];
	s->cells[2000] = SESPARSE_CELL_BAD;
	s->cells[3000] = SESPARSE_CELL_BAD;
	s->entries[0][3500] ^= cpu_to_le64(7ULL << 60);
	s->cells[3500] = SESPARSE_CELL_BAD;
	s->geo = geometry(2 * ENTRIES);
	s->geo.max_grains = WHOLE + 1;
	s->geo.end = s->geo.grains + WHOLE * 8 + 3;
	expect(sesparse_map_init(&s->map, 2 * ENTRIES, true, NULL), 0);
	expect(sesparse_build_init(&s->build, &s->map), 0);
	expect(sesparse_build_begin_layer(&s->build, 0, &s->geo), 0);
	expect(sesparse_build_table(&s->build, 0, s->entries[0], s->fault), 0);
	expect(s->fault[0].nr, 2 + ENTRIES - WHOLE);
	expect(sesparse_build_end_layer(&s->build), 0);
	return scene_end(s, check_cells(&s->map, s->cells) &&
			    check_counts(&s->build, s->cells, 2 * ENTRIES));
}

/* As many as the blocks of tables of one grain that the map's first chunk takes. */
#define ONE_GRAIN_TABLES 510

/* A hostile layer: all entries of a table map one grain. */
static bool one_grain_all_over_a_table_is_nobodys(void)
{
	const struct sesparse_geometry geo =
		geometry(ONE_GRAIN_TABLES * ENTRIES);
	static u64 cells[ENTRIES], found[ENTRIES];
	static __le64 entries[ENTRIES];
	struct sesparse_fault fault;
	struct sesparse_build build;
	struct sesparse_map map;
	u64 table, i;

	expect(sesparse_map_init(&map, geo.nr_grains, false, NULL), 0);
	expect(sesparse_build_init(&build, &map), 0);
	expect(sesparse_build_begin_layer(&build, 0, &geo), 0);
	for (table = 0; table < ONE_GRAIN_TABLES; table++) {
		for (i = 0; i < ENTRIES; i++)
			entries[i] = cpu_to_le64(sesparse_encode_gte(table));
		expect(sesparse_build_table(&build, table, entries, &fault), 0);
		expect(fault.nr, ENTRIES - 1);
	}
	expect(sesparse_build_end_layer(&build), 0);
	for (i = 0; i < ENTRIES; i++)
		cells[i] = SESPARSE_CELL_BAD;
	for (table = 0; table < ONE_GRAIN_TABLES; table++) {
		sesparse_map_read(&map, table * ENTRIES, ENTRIES, found);
		expect(memcmp(found, cells, sizeof(cells)), 0);
	}
	expect(build.counts.corrupt, geo.nr_grains);
	expect(build.counts.mapped, 0);
	sesparse_build_exit(&build);
	sesparse_map_exit(&map);
	return true;
}

static bool a_bad_table_spares_what_is_decided(void)
{
	struct scene *s = calloc(1, sizeof(*s));
	u64 i;

	s->entries[0][7] = cpu_to_le64(2ULL << 60);
	s->entries[0][8] = cpu_to_le64(sesparse_encode_gte(0));
	s->cells[7] = SESPARSE_CELL_ZERO;
	s->cells[8] = sesparse_cell(0, 0);
	if (!scene_build(s))
		return false;
	for (i = 0; i < ENTRIES; i++)
		if (!s->cells[i])
			s->cells[i] = SESPARSE_CELL_BAD;
	expect(sesparse_build_bad_table(&s->build, 0), 0);
	return scene_end(s, check_cells(&s->map, s->cells) &&
			    check_counts(&s->build, s->cells, 2 * ENTRIES));
}

static bool every_failed_allocation_is_told(void)
{
	struct scene *s;
	u64 grain;
	long after;
	int r = -ENOMEM;

	for (after = 0; r; after++) {
		s = calloc(1, sizeof(*s));
		for (grain = 0; grain < ENTRIES; grain++)
			s->entries[0][grain] = cpu_to_le64(
				sesparse_encode_gte(grain * 3 % 8191));
		s->entries[0][9] = s->entries[0][10];
		s->geo = geometry(2 * ENTRIES);
		unit_fail_allocation(after);
		r = sesparse_map_init(&s->map, 2 * ENTRIES, true, NULL);
		if (!r)
			r = sesparse_build_init(&s->build, &s->map);
		if (!r)
			r = sesparse_build_begin_layer(&s->build, 0, &s->geo);
		if (!r)
			r = sesparse_build_table(&s->build, 0, s->entries[0],
						 s->fault);
		if (!r)
			r = sesparse_build_end_layer(&s->build);
		unit_fail_allocation(-1);
		if (r)
			expect(r, -ENOMEM);
		scene_end(s, true);
		expect(after < 100, true);
	}
	/* The map's top, the cells, the two bitmaps and a leaf of each. */
	expect(after > 6, true);
	return true;
}

/* A hostile table: each entry wants a bitmap of its own. */
static bool scattered_grains_take_no_more_than_the_limit(void)
{
	struct sesparse_geometry geo = geometry(2 * ENTRIES);
	struct scene *s = calloc(1, sizeof(*s));
	struct sesparse_account account;
	atomic64_t used = { 0 };
	bool ok;
	u64 i;

	sesparse_account_init(&account, &used, 4 << 20);
	geo.max_grains = 1ULL << 30;
	geo.end = ~0ULL;
	for (i = 0; i < ENTRIES; i++)
		s->entries[0][i] = cpu_to_le64(sesparse_encode_gte(i << 14));
	expect(sesparse_map_init(&s->map, 2 * ENTRIES, true, &account), 0);
	expect(sesparse_build_init(&s->build, &s->map), 0);
	expect(sesparse_build_begin_layer(&s->build, 0, &geo), 0);
	expect(sesparse_build_table(&s->build, 0, s->entries[0], s->fault),
	       -ENOSPC);
	expect(atomic64_read(&used) <= 4 << 20, true);
	expect(account.need > 4 << 20, true);
	ok = scene_end(s, true);
	expect(account.held, 0);
	expect(atomic64_read(&used), 0);
	return ok;
}

/* As a failed load leaves it: the geometry is gone when the building ends. */
static bool begin_and_give_up(struct sesparse_build *b)
{
	const struct sesparse_geometry geo = geometry(2 * ENTRIES);
	__le64 entries[ENTRIES] = { cpu_to_le64(sesparse_encode_gte(5)) };
	struct sesparse_fault fault;

	expect(sesparse_build_begin_layer(b, 0, &geo), 0);
	expect(sesparse_build_table(b, 0, entries, &fault), 0);
	return true;
}

static bool a_layer_given_up_half_way_is_freed(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	expect(sesparse_map_init(&s->map, 2 * ENTRIES, true, NULL), 0);
	expect(sesparse_build_init(&s->build, &s->map), 0);
	return scene_end(s, begin_and_give_up(&s->build));
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "runs_of_every_length_are_taken",
		  runs_of_every_length_are_taken },
		{ "newer_layers_hide_older_ones", newer_layers_hide_older_ones },
		{ "a_deep_chain_takes_little_more_than_its_map",
		  a_deep_chain_takes_little_more_than_its_map },
		{ "corrupt_entries_become_errors", corrupt_entries_become_errors },
		{ "noise_beside_corrupt_entries_is_no_zeros",
		  noise_beside_corrupt_entries_is_no_zeros },
		{ "zeros_of_sound_tables_are_taken_as_they_are",
		  zeros_of_sound_tables_are_taken_as_they_are },
		{ "truncation_makes_no_noise_of_unmapped_grains",
		  truncation_makes_no_noise_of_unmapped_grains },
		{ "noise_spares_what_is_decided_and_hides_what_is_below",
		  noise_spares_what_is_decided_and_hides_what_is_below },
		{ "a_grain_mapped_twice_is_nobodys",
		  a_grain_mapped_twice_is_nobodys },
		{ "one_grain_all_over_a_table_is_nobodys",
		  one_grain_all_over_a_table_is_nobodys },
		{ "grains_alone_are_checked_each",
		  grains_alone_are_checked_each },
		{ "a_bad_table_spares_what_is_decided",
		  a_bad_table_spares_what_is_decided },
		{ "every_failed_allocation_is_told",
		  every_failed_allocation_is_told },
		{ "scattered_grains_take_no_more_than_the_limit",
		  scattered_grains_take_no_more_than_the_limit },
		{ "a_layer_given_up_half_way_is_freed",
		  a_layer_given_up_half_way_is_freed },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
