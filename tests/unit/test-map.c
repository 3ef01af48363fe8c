// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grain map against a plain array: whatever is stored is what a look-up
 * finds, in the longest run there is, and in no more memory than promised.
 */
#include <string.h>

#include "../../dm-sesparse/map.h"
#include "unit.h"

#define HOLE SESPARSE_CELL_HOLE
#define ZERO SESPARSE_CELL_ZERO
#define BAD SESPARSE_CELL_BAD

/**
 * struct model - what a map must say, a cell a grain
 * @nr: grains
 * @cells: theirs
 * @has_parent: as the map's
 */
struct model {
	u64 nr;
	u64 *cells;
	bool has_parent;
};

static enum sesparse_source source_of(const struct model *m, u64 grain)
{
	const u64 cell = m->cells[grain];

	if (cell == HOLE)
		return m->has_parent ? SESPARSE_READ_PARENT :
				       SESPARSE_READ_ZEROS;
	if (cell == ZERO)
		return SESPARSE_READ_ZEROS;
	return cell == BAD ? SESPARSE_READ_ERROR : SESPARSE_READ_LAYER;
}

/* Does the run at @grain go on, @nr behind it? */
static bool goes_on(const struct model *m, u64 grain, u64 nr)
{
	const enum sesparse_source source = source_of(m, grain);

	if (grain + nr >= m->nr || source_of(m, grain + nr) != source)
		return false;
	return source != SESPARSE_READ_LAYER ||
	       m->cells[grain + nr] == m->cells[grain] + nr;
}

static bool check_lookup(const struct sesparse_map *map, const struct model *m,
			 u64 grain, u64 max)
{
	struct sesparse_run run;
	u64 nr = 1;

	while (nr < max && goes_on(m, grain, nr))
		nr++;
	sesparse_map_lookup(map, grain, max, &run);
	expect(run.nr, nr);
	expect(run.source, source_of(m, grain));
	if (run.source == SESPARSE_READ_LAYER)
		expect(sesparse_cell(run.layer, run.grain), m->cells[grain]);
	return true;
}

/* Runs hold what the cells say, each as much as goes on. */
static bool check_cut(const struct sesparse_map *map, u64 grain,
		      const u64 *cells, unsigned int nr)
{
	struct sesparse_cells runs[700];
	unsigned int i, nr_runs, at = 0;

	memset(runs, 0x5a, sizeof(runs));
	nr_runs = sesparse_map_cut(map, grain, nr, runs);
	for (i = 0; i < nr_runs; i++) {
		expect(runs[i].first, at);
		expect(runs[i].cell, cells[at]);
		expect(runs[i].nr, sesparse_run_length(cells + at, nr - at));
		at += runs[i].nr;
	}
	expect(at, nr);
	return true;
}

/* Many cells at a time, over the borders of runs and tables. */
static bool check_read(const struct sesparse_map *map, const struct model *m,
		       u64 *seed)
{
	u64 cells[700];
	const u64 grain = unit_random(seed) % m->nr;
	const u64 nr = min_t(u64, 1 + unit_random(seed) % ARRAY_SIZE(cells),
			     m->nr - grain);
	u64 i;

	sesparse_map_read(map, grain, nr, cells);
	for (i = 0; i < nr; i++)
		expect(cells[i], m->cells[grain + i]);
	return check_cut(map, grain, cells, nr);
}

static bool check_map(const struct sesparse_map *map, const struct model *m,
		      u64 *seed)
{
	const unsigned int maxima[] = { 1, 2, 16, 256, 5000, 100000 };
	u64 grain, i;

	for (grain = 0; grain < m->nr; grain += 1 + unit_random(seed) % 7)
		if (!check_lookup(map, m, grain,
				  maxima[unit_random(seed) % 4]))
			return false;
	for (i = 0; i < 100; i++)
		if (!check_lookup(map, m, unit_random(seed) % m->nr,
				  maxima[unit_random(seed) % 6]) ||
		    !check_read(map, m, seed))
			return false;
	return check_lookup(map, m, m->nr - 1, 100);
}

static bool store_all(struct sesparse_map *map, const struct model *m)
{
	u64 table;

	for (table = 0; table < map->nr_tables; table++)
		expect(sesparse_map_store(map, table, m->cells +
					  (table << SESPARSE_TABLE_SHIFT)), 0);
	return true;
}

/* How a disk is filled, a run at a time. */
typedef u64 (*pick_cell)(u64 *seed, u64 grain, unsigned int *len);

static u64 pick_in_order(u64 *seed, u64 grain, unsigned int *len)
{
	(void)seed;
	*len = 4096;
	return sesparse_cell(0, grain);
}

/* 16 grains at a time from 8 streams. */
static u64 pick_streams(u64 *seed, u64 grain, unsigned int *len)
{
	(void)seed;
	*len = 16;
	return sesparse_cell(0, grain / 16 * 128 + grain / 131072 * 16);
}

static u64 pick_random_full(u64 *seed, u64 grain, unsigned int *len)
{
	(void)grain;
	*len = 1;
	return sesparse_cell(0, unit_random(seed) % (1 << 26));
}

static u64 pick_random_tenth(u64 *seed, u64 grain, unsigned int *len)
{
	if (unit_random(seed) % 10) {
		*len = 1;
		return HOLE;
	}
	return sesparse_cell(0, pick_random_full(seed, grain, len) % 6710886);
}

static u64 pick_mixed(u64 *seed, u64 grain, unsigned int *len)
{
	const u64 kinds[] = { HOLE, ZERO, BAD, HOLE };
	const u64 random = unit_random(seed);

	(void)grain;
	*len = 1 + random % 40;
	if (random >> 32 & 1)
		return kinds[random >> 33 & 3];
	return sesparse_cell((random >> 35) % SESPARSE_MAX_LAYERS, random >> 40 & 0xffffff);
}

/* One grain runs, so codes with every kind and layers far apart. */
static u64 pick_scattered(u64 *seed, u64 grain, unsigned int *len)
{
	const u64 cell = pick_mixed(seed, grain, len);

	*len = 1;
	return cell >= SESPARSE_CELL_DATA ?
		       sesparse_cell(sesparse_cell_layer(cell),
				     unit_random(seed) % SESPARSE_MAX_GRAINS) :
		       cell;
}

static u64 pick_mostly_zero(u64 *seed, u64 grain, unsigned int *len)
{
	const u64 cell = pick_mixed(seed, grain, len);

	*len = 1;
	return unit_random(seed) % 20 ? ZERO : cell;
}

/* Each 16 MiB has a band of layers of its own, to the last there may be. */
static u64 pick_deep(u64 *seed, u64 grain, unsigned int *len)
{
	const u64 random = unit_random(seed);
	const u64 band = grain / 4096 * 7 % 4 * 15;

	*len = 1;
	if (random % 5 == 0)
		return random >> 8 & 1 ? ZERO : HOLE;
	return sesparse_cell(SESPARSE_MAX_LAYERS - 1 - band -
			     (random >> 10) % 15, random >> 20 & 0xffff);
}

static void fill(struct model *m, pick_cell pick, u64 *seed)
{
	unsigned int len, i;
	u64 grain, cell;

	for (grain = 0; grain < m->nr; grain += len) {
		cell = pick(seed, grain, &len);
		for (i = 0; i < len && grain + i < m->nr; i++)
			m->cells[grain + i] = sesparse_cell_next(cell, i);
	}
}

static bool run_pattern(pick_cell pick, u64 nr, bool has_parent,
			struct sesparse_map *map)
{
	struct model m = { .nr = nr, .has_parent = has_parent };
	u64 seed = nr;
	bool ok;

	m.cells = calloc(nr, sizeof(u64));
	fill(&m, pick, &seed);
	expect(sesparse_map_init(map, nr, has_parent, NULL), 0);
	ok = store_all(map, &m);
	expect(sesparse_map_finish(map), 0);
	ok = ok && check_map(map, &m, &seed);
	free(m.cells);
	return ok;
}

/* Of tables that have not too many, the runs instead of the cells. */
static bool store_runs(struct sesparse_map *map, const struct model *m,
		       unsigned int *stored)
{
	static u64 runs[1 + SESPARSE_RUNS_MAX], cells[SESPARSE_TABLE_ENTRIES];
	unsigned int i, len, nr;
	const u64 *from;
	u64 table;
	bool fits;

	for (table = 0; table < map->nr_tables; table++) {
		from = m->cells + (table << SESPARSE_TABLE_SHIFT);
		nr = sesparse_map_cells(map, table);
		runs[0] = 0;
		fits = true;
		for (i = 0; i < nr; i += len) {
			len = sesparse_run_length(from + i, nr - i);
			if (from[i] == HOLE)
				continue;
			/* Two parts of a run are one again. */
			fits = fits && sesparse_runs_add(runs, i, 1, from[i]);
			if (len > 1)
				fits = fits &&
				       sesparse_runs_add(runs, i + 1, len - 1,
							 sesparse_cell_next(from[i], 1));
		}
		if (!fits || !runs[0]) {
			expect(sesparse_map_store(map, table, from), 0);
			continue;
		}
		expect(sesparse_map_store_runs(map, table, runs, cells), 0);
		++*stored;
	}
	return true;
}

static bool runs_are_stored_as_their_cells_are(void)
{
	static const pick_cell picks[] = { pick_in_order, pick_streams,
					   pick_mixed, pick_mostly_zero,
					   pick_deep, pick_random_full };
	static const u64 sizes[] = { 1, 2, 700, 4095, 4096, 4097, 20000 };
	struct sesparse_map map, other;
	unsigned int stored = 0;
	struct model m;
	bool ok = true;
	size_t i, j;
	u64 seed;

	for (i = 0; ok && i < ARRAY_SIZE(picks); i++) {
		for (j = 0; ok && j < ARRAY_SIZE(sizes); j++) {
			m = (struct model){ .nr = sizes[j] };
			m.cells = calloc(m.nr, sizeof(u64));
			seed = j;
			fill(&m, picks[i], &seed);
			expect(sesparse_map_init(&map, m.nr, false, NULL),
			       0);
			expect(sesparse_map_init(&other, m.nr, false, NULL),
			       0);
			ok = store_runs(&map, &m, &stored) &&
			     store_all(&other, &m) && check_map(&map, &m, &seed);
			expect(map.used, other.used);
			sesparse_map_exit(&map);
			sesparse_map_exit(&other);
			free(m.cells);
		}
	}
	if (stored < 30)
		return unit_differs(__FILE__, __LINE__, "tables of runs",
				    stored, 30);
	return ok;
}

static bool lookups_find_what_was_stored(void)
{
	static const pick_cell picks[] = { pick_in_order, pick_streams,
					   pick_random_full, pick_random_tenth,
					   pick_mixed, pick_scattered,
					   pick_mostly_zero, pick_deep };
	static const u64 sizes[] = { 1, 2, 4095, 4096, 4097, 20000, 65536 };
	struct sesparse_map map;
	size_t i, j;
	bool ok = true;

	for (i = 0; ok && i < ARRAY_SIZE(picks); i++) {
		for (j = 0; ok && j < 2 * ARRAY_SIZE(sizes); j++) {
			ok = run_pattern(picks[i], sizes[j / 2], j & 1, &map);
			sesparse_map_exit(&map);
		}
	}
	return ok;
}

static bool tables_are_as_small_as_promised(void)
{
	static const struct {
		pick_cell pick;
		u64 allocated_per_1000; /* grains */
		u64 most; /* bytes for 1000 allocated grains */
	} bounds[] = {
		{ pick_in_order, 1000, 10 },
		{ pick_streams, 1000, 550 },
		{ pick_random_full, 1000, 3400 },
		{ pick_random_tenth, 100, 5000 },
	};
	const u64 nr = 1 << 20;
	struct sesparse_map map;
	size_t i;
	u64 bytes;

	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (!run_pattern(bounds[i].pick, nr, false, &map))
			return false;
		bytes = map.used + map.nr_tables * sizeof(u64);
		sesparse_map_exit(&map);
		bytes = bytes * 1000000 / (nr * bounds[i].allocated_per_1000);
		if (bytes > bounds[i].most)
			return unit_differs(__FILE__, __LINE__,
					    "bytes for 1000 allocated grains",
					    bytes, bounds[i].most);
	}
	return true;
}

static bool zeros_run_over_holes_without_a_parent(void)
{
	u64 cells[3 * 4096];
	struct model m = { .nr = ARRAY_SIZE(cells), .cells = cells };
	struct sesparse_map map;
	size_t i;
	bool ok;

	for (i = 0; i < m.nr; i++)
		cells[i] = i % 3 ? HOLE : ZERO;
	cells[9000] = sesparse_cell(3, 7);
	expect(sesparse_map_init(&map, m.nr, false, NULL), 0);
	ok = store_all(&map, &m) && check_lookup(&map, &m, 0, 10000) &&
	     check_lookup(&map, &m, 9001, 10000);
	sesparse_map_exit(&map);
	return ok;
}

static bool replaced_tables_give_their_memory_back(void)
{
	const u64 nr = 64 * 4096;
	struct model m = { .nr = nr, .has_parent = true };
	u64 seed = 1, held;
	struct sesparse_map map;
	bool ok = true;
	int i;

	m.cells = calloc(nr, sizeof(u64));
	expect(sesparse_map_init(&map, nr, true, NULL), 0);
	for (i = 0; i < 5 && ok; i++) {
		fill(&m, pick_random_full, &seed);
		ok = store_all(&map, &m);
	}
	held = map.held;
	expect(sesparse_map_finish(&map), 0);
	expect(map.dropped, 0);
	if (map.held * 3 > held)
		return unit_differs(__FILE__, __LINE__, "held", map.held,
				    held / 3);
	ok = ok && check_map(&map, &m, &seed);
	sesparse_map_exit(&map);
	expect(map.held, 0);
	free(m.cells);
	return ok;
}

static bool a_map_over_its_limit_says_how_much_it_takes(void)
{
	const u64 nr = 64 * 4096;
	struct model m = { .nr = nr };
	struct sesparse_account account;
	struct sesparse_map map;
	atomic64_t used = { 0 };
	u64 seed = 1, need;
	bool ok;

	m.cells = calloc(nr, sizeof(u64));
	fill(&m, pick_random_full, &seed);
	expect(sesparse_map_init(&map, nr, false, NULL), 0);
	ok = store_all(&map, &m);
	need = map.used + 64 * sizeof(u64);
	sesparse_map_exit(&map);

	sesparse_account_init(&account, &used, need / 2);
	expect(sesparse_map_init(&map, nr, false, &account), 0);
	ok = ok && store_all(&map, &m);
	expect(sesparse_map_finish(&map), -ENOSPC);
	expect(map.held <= need / 2, true);
	expect(map.held, account.held);
	expect(map.held, atomic64_read(&used));
	expect(account.need * 10 / need, 10);
	sesparse_map_exit(&map);
	expect(atomic64_read(&used), 0);

	sesparse_account_init(&account, &used, 511);
	expect(sesparse_map_init(&map, nr, false, &account), -ENOSPC);
	expect(account.need, 512);
	sesparse_map_exit(&map);
	expect(atomic64_read(&used), 0);
	free(m.cells);
	return ok;
}

static bool failed_allocations_leave_the_map_as_it_was(void)
{
	const u64 nr = 256 * 4096;
	struct model m = { .nr = nr, .has_parent = true };
	struct sesparse_map map;
	u64 seed = 1, table, held, dropped;
	bool ok;

	m.cells = calloc(nr, sizeof(u64));
	unit_fail_allocation(0);
	expect(sesparse_map_init(&map, nr, true, NULL), -ENOMEM);
	sesparse_map_exit(&map);
	unit_fail_allocation(-1);
	expect(sesparse_map_init(&map, nr, true, NULL), 0);

	/* Every table twice, so that finish() has something to copy. */
	fill(&m, pick_random_full, &seed);
	ok = store_all(&map, &m);
	fill(&m, pick_random_full, &seed);
	for (table = 0; table < map.nr_tables - 1; table++)
		expect(sesparse_map_store(&map, table, m.cells + table * 4096),
		       0);
	unit_fail_allocation(0);
	while (!sesparse_map_store(&map, table, m.cells + table * 4096))
		;
	/* Of the memory for the copies, the first part is there. */
	held = map.held;
	dropped = map.dropped;
	expect(map.used >> 20 > 1, true);
	unit_fail_allocation(1);
	expect(sesparse_map_finish(&map), 0);
	expect(map.held, held);
	expect(map.dropped, dropped);
	unit_fail_allocation(-1);
	ok = ok && check_map(&map, &m, &seed);
	sesparse_map_exit(&map);
	free(m.cells);
	return ok;
}

/* The cell behind the last grain of a layer is not the next layer's first. */
static bool runs_end_with_their_layer(void)
{
	u64 cells[4096] = { 0 };
	struct model m = { .nr = ARRAY_SIZE(cells), .cells = cells };
	struct sesparse_map map;
	unsigned int i;
	bool ok;

	for (i = 0; i < 10; i++)
		cells[i] = sesparse_cell(0, SESPARSE_MAX_GRAINS - 10 + i);
	for (i = 10; i < 20; i++)
		cells[i] = sesparse_cell(1, i - 10);
	/* Behind the last layer's there is nothing that it could run into. */
	for (i = 20; i < 30; i++)
		cells[i] = sesparse_cell(SESPARSE_MAX_LAYERS - 1,
					 SESPARSE_MAX_GRAINS - 30 + i);
	expect(sesparse_map_init(&map, m.nr, false, NULL), 0);
	ok = store_all(&map, &m) && check_lookup(&map, &m, 0, 100);
	for (i = 0; i < 4096; i += 2)
		cells[i] = ZERO;
	ok = ok && store_all(&map, &m) && check_lookup(&map, &m, 9, 100);
	sesparse_map_exit(&map);
	return ok;
}

static bool decided_tables_have_no_holes(void)
{
	u64 cells[4096];
	struct sesparse_map map;
	size_t i;

	expect(sesparse_map_init(&map, 4096, true, NULL), 0);
	expect(sesparse_map_decided(&map, 0), false);
	for (i = 0; i < 4096; i++)
		cells[i] = i % 2 ? ZERO : sesparse_cell(0, i * 5);
	expect(sesparse_map_store(&map, 0, cells), 0);
	expect(sesparse_map_decided(&map, 0), true);
	cells[4095] = HOLE;
	expect(sesparse_map_store(&map, 0, cells), 0);
	expect(sesparse_map_decided(&map, 0), false);
	sesparse_map_exit(&map);
	return true;
}

/* Words of the least chunk, so that the last table's block ends with it. */
#define CHUNK_WORDS 510

/* Of codes there are none, and nothing but the block may be read. */
static bool a_table_of_one_cell_takes_one_word(void)
{
	static u64 cells[SESPARSE_TABLE_ENTRIES];
	struct sesparse_map map;
	struct sesparse_run run;
	u64 table;
	size_t i;

	expect(sesparse_map_init(&map, CHUNK_WORDS * 4096, false, NULL), 0);
	for (table = 0; table < CHUNK_WORDS; table++) {
		for (i = 0; i < ARRAY_SIZE(cells); i++)
			cells[i] = sesparse_cell(3, table);
		expect(sesparse_map_store(&map, table, cells), 0);
	}
	expect(map.used, CHUNK_WORDS * sizeof(u64));
	expect(map.held, map.nr_tables * sizeof(u64) + 4096);
	for (table = 0; table < CHUNK_WORDS; table++) {
		sesparse_map_read(&map, table * 4096, 4096, cells);
		for (i = 0; i < ARRAY_SIZE(cells); i++)
			expect(cells[i], sesparse_cell(3, table));
		if (!check_cut(&map, table * 4096 + 7, cells, 700))
			return false;
		sesparse_map_lookup(&map, table * 4096 + 7, 700, &run);
		expect(run.nr, 1);
		expect(sesparse_cell(run.layer, run.grain), cells[7]);
	}
	sesparse_map_exit(&map);
	return true;
}

/*
 * The last block of a chunk is sparse, with codes that end with a word: what is cut
 * from behind the last code on has none to be read.
 */
static bool grains_behind_the_last_code_read_none(void)
{
	static u64 cells[3 * SESPARSE_TABLE_ENTRIES];
	struct sesparse_map map;
	struct model m = { .nr = ARRAY_SIZE(cells), .cells = cells };
	unsigned int i;
	u64 seed = 1;

	/* 1 + 4096 * 6 / 64 words, 1 + 34, and 1 + 64 + 4 + 1344 / 64. */
	for (i = 0; i < 4096; i++)
		cells[i] = sesparse_cell(0, i * 37 % 64);
	for (i = 4096; i < 4096 + 68; i += 2)
		cells[i] = ZERO;
	for (i = 8192; i < 8192 + 1344; i++)
		cells[i] = i % 2 ? ZERO : BAD;
	expect(sesparse_map_init(&map, m.nr, false, NULL), 0);
	expect(store_all(&map, &m), true);
	expect(map.used, CHUNK_WORDS * sizeof(u64));
	for (i = 8192 + 1300; i < 8192 + 1400; i++)
		if (!check_cut(&map, i, cells + i, 100))
			return false;
	expect(check_map(&map, &m, &seed), true);
	sesparse_map_exit(&map);
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "runs_are_stored_as_their_cells_are",
		  runs_are_stored_as_their_cells_are },
		{ "lookups_find_what_was_stored", lookups_find_what_was_stored },
		{ "tables_are_as_small_as_promised",
		  tables_are_as_small_as_promised },
		{ "zeros_run_over_holes_without_a_parent",
		  zeros_run_over_holes_without_a_parent },
		{ "replaced_tables_give_their_memory_back",
		  replaced_tables_give_their_memory_back },
		{ "a_map_over_its_limit_says_how_much_it_takes",
		  a_map_over_its_limit_says_how_much_it_takes },
		{ "failed_allocations_leave_the_map_as_it_was",
		  failed_allocations_leave_the_map_as_it_was },
		{ "runs_end_with_their_layer", runs_end_with_their_layer },
		{ "decided_tables_have_no_holes", decided_tables_have_no_holes },
		{ "a_table_of_one_cell_takes_one_word",
		  a_table_of_one_cell_takes_one_word },
		{ "grains_behind_the_last_code_read_none",
		  grains_behind_the_last_code_read_none },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
