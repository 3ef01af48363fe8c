// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the grain map from the grain tables of a chain.
 *
 * Layers come newest first and only fill what the layers above left open, so
 * that a finished map needs no second look-up whatever the chain's depth.  Every
 * entry of a table that comes in is checked, hidden ones too.
 *
 * A physical grain that two entries claim belongs to one of them, and nobody
 * knows to which: both are corrupt.  The first of them may be in the map when
 * the second is found, so the layer's end goes over the map again if that ever
 * happened.  What has been seen is noted in small bitmaps, made when one is first
 * needed and counted on the map's account: neither a forged size nor entries
 * scattered on purpose take more memory than the user allows.
 *
 * Where a table holds an entry that cannot be, it may have been written over, and
 * those of its entries that read zeros are looked at once more: noise is an error,
 * too.
 */
#include "build.h"

#define AHEAD 48 /* entries */
#define SHORT_RUNS 64 /* that are enough to tell */
#define CELLS_BYTES (SESPARSE_TABLE_ENTRIES * sizeof(u64))
#define RUNS_BYTES ((1 + SESPARSE_RUNS_MAX) * sizeof(u64))

static void build_forget_layer(struct sesparse_build *b)
{
	sesparse_bits_exit(&b->seen);
	sesparse_bits_exit(&b->twice);
	b->nr_twice = 0;
}

/**
 * sesparse_build_init() - begin to build
 * @b: the building
 * @map: the map, after sesparse_map_init()
 *
 * What it takes is counted on the map's account.
 *
 * Return: 0, -ENOMEM, or -ENOSPC when the account's limit is reached;
 * sesparse_build_exit() may follow in any case.
 */
int sesparse_build_init(struct sesparse_build *b, struct sesparse_map *map)
{
	int r;

	*b = (struct sesparse_build){ .map = map };
	b->cells = sesparse_zalloc(map->account, CELLS_BYTES, &r);
	if (!r)
		b->runs = sesparse_zalloc(map->account, RUNS_BYTES, &r);
	return r;
}

/**
 * sesparse_build_exit() - free all but the map
 * @b: the building, in whatever state
 */
void sesparse_build_exit(struct sesparse_build *b)
{
	build_forget_layer(b);
	if (b->runs)
		sesparse_free(b->map->account, b->runs, RUNS_BYTES);
	if (b->cells)
		sesparse_free(b->map->account, b->cells, CELLS_BYTES);
	b->runs = NULL;
	b->cells = NULL;
}

/**
 * sesparse_build_begin_layer() - go on to the next older layer
 * @b: the building
 * @layer: its number, newest 0
 * @geo: its geometry, of as many grains as the map
 *
 * Return: 0, -ENOMEM, or -ENOSPC when the account's limit is reached.
 */
int sesparse_build_begin_layer(struct sesparse_build *b, unsigned int layer,
			       const struct sesparse_geometry *geo)
{
	b->layer = layer;
	b->geo = *geo;
	b->nr_whole = min_t(u64, geo->max_grains,
			    (geo->end - geo->grains) >> SESPARSE_GRAIN_SHIFT);
	return sesparse_bits_init(&b->seen, geo->max_grains, b->map->account);
}

static void build_note_fault(struct sesparse_fault *fault, unsigned int index,
			     u64 entry, unsigned int nr, const char *why)
{
	fault->nr += nr;
	if (fault->nr != nr)
		return;
	fault->index = index;
	fault->entry = entry;
	fault->why = why;
}

/*
 * What is wrong with an entry that sesparse_decode_gte() calls corrupt.
 */
static const char *build_why_corrupt(u64 entry)
{
	switch (entry >> 60) {
	case 0x0:
		return "not allocated, yet not 0";
	case 0x3:
		return "a grain beyond the extent's end (truncated?)";
	default:
		return "of no known type (0 to 3)";
	}
}

/*
 * Can @nr allocated entries in a row, from grain @virt of the disk on, be taken in
 * together?  If all of their grains, from @grain on, can be right and are nobody's yet.
 */
static inline bool build_are_good(const struct sesparse_build *b, u64 virt,
				  u64 grain, unsigned int nr)
{
	const u64 last = nr - 1;
	const u64 *leaf;

	if (last >= b->geo.max_grains - grain ||
	    !sesparse_grain_fits(&b->geo, virt + last, grain + last))
		return false;
	leaf = *sesparse_bits_leaf(&b->seen, grain);
	return !leaf || !sesparse_bits_any(leaf, grain, nr);
}

/* Notes that a grain is claimed twice; out of line, for hardly one ever is. */
static noinline int build_note_twice(struct sesparse_build *b, u64 grain)
{
	int r = 0;

	if (!b->twice.leaves)
		r = sesparse_bits_init(&b->twice, b->geo.max_grains,
				       b->map->account);
	if (!r)
		r = sesparse_bits_add(&b->twice, grain, 1);
	if (r < 0)
		return r;
	b->nr_twice += !r;
	return 0;
}

/*
 * The cell of the first of @nr allocated entries in a row, which are good if there are
 * several; their grains are noted as taken.
 *
 * Returns 0 or an error; *@why says what is wrong with the one, if anything is.
 */
static inline int build_data_cell(struct sesparse_build *b, u64 virt, u64 grain,
				  unsigned int nr, u64 *cell, const char **why)
{
	int r;

	if (unlikely(!sesparse_grain_fits(&b->geo, virt, grain))) {
		*why = build_why_corrupt(3ULL << 60);
		*cell = SESPARSE_CELL_BAD;
		return 0;
	}
	*cell = sesparse_cell(b->layer, grain);
	r = sesparse_bits_add(&b->seen, grain, nr);
	if (likely(r != 1))
		return r;
	*why = "a grain that another entry maps too";
	return build_note_twice(b, grain);
}

/*
 * The cell of the first of @nr entries in a row, which are good if there are several.
 * Returns 0 or an error; *@why says what is wrong with the one, if anything is.
 */
static inline int build_decode_entry(struct sesparse_build *b, u64 virt,
				     u64 entry, unsigned int nr, u64 *cell,
				     const char **why)
{
	u64 grain = 0;

	switch (sesparse_decode_gte(&b->geo, entry, &grain)) {
	case SESPARSE_ABSENT:
		*cell = SESPARSE_CELL_HOLE;
		return 0;
	case SESPARSE_UNMAPPED:
	case SESPARSE_ZERO:
		*cell = SESPARSE_CELL_ZERO;
		return 0;
	case SESPARSE_ALLOCATED:
		return build_data_cell(b, virt, grain, nr, cell, why);
	default:
		*why = build_why_corrupt(entry);
		*cell = SESPARSE_CELL_BAD;
		return 0;
	}
}

static void build_count_cells(struct sesparse_counts *counts, u64 cell,
			      unsigned int nr)
{
	if (cell >= SESPARSE_CELL_DATA)
		counts->mapped += nr;
	else if (cell == SESPARSE_CELL_ZERO)
		counts->zero += nr;
	else if (cell == SESPARSE_CELL_BAD)
		counts->corrupt += nr;
}

static u64 build_count_decided(const struct sesparse_counts *counts)
{
	return counts->mapped + counts->zero + counts->corrupt;
}

/* How many entries, at the most @nr, are 0: most of them, where a disk is empty. */
static inline unsigned int build_empty_run(const __le64 *entries,
					   unsigned int nr)
{
	unsigned int i = 0;

	while (nr - i >= 8 && !(entries[i] | entries[i + 1] | entries[i + 2] |
				entries[i + 3] | entries[i + 4] |
				entries[i + 5] | entries[i + 6] |
				entries[i + 7]))
		i += 8;
	while (i < nr && !entries[i])
		i++;
	return i;
}

/*
 * How many entries, at the most @nr, say the same, or of allocated grains that
 * they follow each other: by one more in the low 12 bits, which stand on top.
 * Where those run over ends a run, and a bitmap too.
 */
static inline unsigned int build_entry_run(const __le64 *entries,
					   unsigned int nr)
{
	const u64 entry = le64_to_cpu(entries[0]);
	u64 step = 0, next = entry;
	unsigned int i;

	if (!entry)
		return build_empty_run(entries, nr);
	if (sesparse_gte_is_allocated(entry)) {
		step = SESPARSE_GTE_STEP;
		nr = min_t(unsigned int, nr, 4096 - (entry >> 48 & 0xfff));
	}
	for (i = 1; i < nr; i++) {
		next += step;
		if (le64_to_cpu(entries[i]) != next)
			break;
	}
	return i;
}

static_assert(SESPARSE_CELL_HOLE == 0);

/* Makes cells of a table's runs, none of which goes beyond its first @nr entries. */
static void build_runs_to_cells(struct sesparse_build *b, unsigned int nr)
{
	sesparse_runs_read(b->runs, 0, nr, b->cells);
	memset(b->cells + nr, 0, CELLS_BYTES - nr * sizeof(u64));
	b->as_runs = false;
}

/*
 * Are the runs of the first @nr entries so short that all of the table will hardly be
 * SESPARSE_RUNS_MAX?  Then it is not worth while to go on until they are too many.
 */
static inline bool build_are_short(const struct sesparse_build *b,
				   unsigned int nr)
{
	return b->runs[0] >= SHORT_RUNS &&
	       b->runs[0] > nr / (SESPARSE_TABLE_ENTRIES / SESPARSE_RUNS_MAX);
}

/* Takes a run into the cells that no layer above decided. */
static void build_fill_holes(struct sesparse_build *b, unsigned int i,
			     unsigned int nr, u64 cell)
{
	const u64 step = cell >= SESPARSE_CELL_DATA;
	const u64 first = cell;
	unsigned int filled = 0;

	if (cell == SESPARSE_CELL_HOLE)
		return;
	if (b->as_runs) {
		if (!build_are_short(b, i) &&
		    sesparse_runs_add(b->runs, i, nr, cell)) {
			build_count_cells(&b->counts, cell, nr);
			return;
		}
		build_runs_to_cells(b, i);
	}
	for (; nr--; i++, cell += step) {
		if (b->cells[i] != SESPARSE_CELL_HOLE)
			continue;
		b->cells[i] = cell;
		filled++;
	}
	build_count_cells(&b->counts, first, filled);
}

/*
 * Where the bit is of the grain that an entry names, if it is an allocated one; NULL if
 * that is not below @nr, or there is no bitmap yet.
 */
static inline u64 *build_seen_word(const struct sesparse_bits *seen, u64 nr,
				   u64 entry, u64 *grain)
{
	*grain = sesparse_gte_grain(entry);
	return *grain < nr ? sesparse_bits_word(seen, *grain) : NULL;
}

/*
 * Takes in entries from @i on, at the most to @last, as long as each is allocated, as
 * most are on a fragmented disk, and there is nothing about it to decide; one that
 * may begin a run is left, for runs are taken in quicker.  Their grains lie anywhere, so
 * that each would be waited for if it were not asked for ahead.  Returns the entry that
 * it came to.
 */
static unsigned int build_take_ones(struct sesparse_build *b,
				    const __le64 *entries, unsigned int i,
				    unsigned int last)
{
	/* None of these changes here, which the compiler can't know of @b's. */
	const struct sesparse_bits seen = b->seen;
	const u64 nr = b->nr_whole, cell = sesparse_cell(b->layer, 0);
	u64 *const cells = b->cells;
	u64 grain, bit, *word, entry = le64_to_cpu(entries[i]), next;
	unsigned int mapped = 0;

	for (; i < last; i++, entry = next) {
		next = le64_to_cpu(entries[min_t(unsigned int, i + AHEAD, last)]);
		prefetchw(build_seen_word(&seen, nr, next, &grain));
		next = le64_to_cpu(entries[i + 1]);
		word = build_seen_word(&seen, nr, entry, &grain);
		bit = 1ULL << grain % 64;
		if (!sesparse_gte_is_allocated(entry) || !word || *word & bit ||
		    next == entry + SESPARSE_GTE_STEP)
			break;
		*word |= bit;
		if (cells[i] == SESPARSE_CELL_HOLE) {
			cells[i] = cell | grain;
			mapped++;
		}
	}
	b->counts.mapped += mapped;
	return i;
}

/* Takes in @nr entries in a row; allocated ones are good if there are several. */
static int build_take_together(struct sesparse_build *b, u64 table,
			       unsigned int i, u64 entry, unsigned int nr,
			       struct sesparse_fault *fault)
{
	const char *why = NULL;
	u64 cell;
	int r;

	r = build_decode_entry(b, (table << SESPARSE_TABLE_SHIFT) + i, entry,
			       nr, &cell, &why);
	if (unlikely(r))
		return r;
	if (unlikely(why)) {
		build_note_fault(fault, i, entry, nr, why);
		fault->corrupt |= cell == SESPARSE_CELL_BAD;
	}
	build_fill_holes(b, i, nr, cell);
	return 0;
}

/* Takes in a run of entries: together, or one by one if some are not good. */
static int build_take_run(struct sesparse_build *b, u64 table,
			  const __le64 *entries, unsigned int i, unsigned int nr,
			  struct sesparse_fault *fault)
{
	const unsigned int end = i + nr;
	const u64 entry = le64_to_cpu(entries[i]);
	u64 grain;
	int r = 0;

	if (nr > 1 &&
	    sesparse_decode_gte(&b->geo, entry, &grain) == SESPARSE_ALLOCATED &&
	    !build_are_good(b, (table << SESPARSE_TABLE_SHIFT) + i, grain, nr))
		nr = 1;
	for (; i < end && !r; i += nr)
		r = build_take_together(b, table, i, le64_to_cpu(entries[i]),
					nr, fault);
	return r;
}

/*
 * Makes errors of zeros that are noise, but for what the layers above have decided,
 * as the map still has it.
 */
static void build_spoil_noise(struct sesparse_build *b, u64 table,
			      unsigned int nr, const __le64 *entries,
			      struct sesparse_fault *fault)
{
	const u64 first = table << SESPARSE_TABLE_SHIFT;
	unsigned int i;
	u64 above;

	if (b->as_runs)
		build_runs_to_cells(b, nr);
	for (i = 0; i < nr; i++) {
		if (!sesparse_gte_is_noise(&b->geo, le64_to_cpu(entries[i])))
			continue;
		fault->nr++;
		sesparse_map_read(b->map, first + i, 1, &above);
		if (above != SESPARSE_CELL_HOLE)
			continue;
		b->cells[i] = SESPARSE_CELL_BAD;
		b->counts.zero--;
		b->counts.corrupt++;
	}
}

/**
 * sesparse_build_table() - take in one grain table of the layer
 * @b: the building
 * @table: which 16 MiB of the disk it speaks for, below the map's nr_tables
 * @entries: its 4096 entries as they are on disk
 * @fault: the first entry that can't be right whatever stands beside it, and how
 *	   many there are
 *
 * Entries past the end of the disk are nobody's and are not looked at.
 * Corrupt entries become errors in the map; the caller decides whether it wants
 * such a map.
 *
 * Return: 0, -ENOMEM, or -ENOSPC when the account's limit is reached.
 */
int sesparse_build_table(struct sesparse_build *b, u64 table,
			 const __le64 *entries, struct sesparse_fault *fault)
{
	const unsigned int nr = sesparse_map_cells(b->map, table);
	const u64 decided = build_count_decided(&b->counts);
	unsigned int i, len;
	int r;

	*fault = (struct sesparse_fault){ 0 };
	b->as_runs = sesparse_map_is_hole(b->map, table);
	if (b->as_runs)
		b->runs[0] = 0;
	else
		sesparse_map_read(b->map, table << SESPARSE_TABLE_SHIFT, nr,
				  b->cells);
	for (i = 0; i < nr; i += len) {
		if (!b->as_runs)
			i = build_take_ones(b, entries, i, nr - 1);
		len = build_entry_run(entries + i, nr - i);
		r = build_take_run(b, table, entries, i, len, fault);
		if (unlikely(r))
			return r;
	}
	if (unlikely(fault->corrupt))
		build_spoil_noise(b, table, nr, entries, fault);
	if (build_count_decided(&b->counts) == decided)
		return 0;
	return b->as_runs ? sesparse_map_store_runs(b->map, table, b->runs,
						    b->cells) :
			    sesparse_map_store(b->map, table, b->cells);
}

/**
 * sesparse_build_bad_table() - take in a table that can't be read or trusted
 * @b: the building
 * @table: which 16 MiB of the disk it would have spoken for
 *
 * Whatever no layer above has decided becomes an error.
 *
 * Return: 0 or -ENOMEM.
 */
int sesparse_build_bad_table(struct sesparse_build *b, u64 table)
{
	const unsigned int nr = sesparse_map_cells(b->map, table);
	const u64 first = table << SESPARSE_TABLE_SHIFT;
	unsigned int i;

	if (sesparse_map_decided(b->map, table))
		return 0;
	sesparse_map_read(b->map, first, nr, b->cells);
	for (i = 0; i < nr; i++) {
		if (b->cells[i] != SESPARSE_CELL_HOLE)
			continue;
		b->cells[i] = SESPARSE_CELL_BAD;
		b->counts.corrupt++;
	}
	return sesparse_map_store(b->map, table, b->cells);
}

/* Makes errors of one table's cells whose grain of this layer is claimed twice. */
static int build_poison_table(struct sesparse_build *b, u64 table)
{
	const unsigned int nr = sesparse_map_cells(b->map, table);
	const u64 first = table << SESPARSE_TABLE_SHIFT;
	unsigned int i, poisoned = 0;

	if (!sesparse_map_has_data(b->map, table))
		return 0;
	sesparse_map_read(b->map, first, nr, b->cells);
	for (i = 0; i < nr; i++) {
		const u64 cell = b->cells[i];

		if (cell < SESPARSE_CELL_DATA ||
		    sesparse_cell_layer(cell) != b->layer ||
		    !sesparse_bits_has(&b->twice, sesparse_cell_grain(cell)))
			continue;
		b->cells[i] = SESPARSE_CELL_BAD;
		poisoned++;
	}
	b->counts.mapped -= poisoned;
	b->counts.corrupt += poisoned;
	return poisoned ? sesparse_map_store(b->map, table, b->cells) : 0;
}

/**
 * sesparse_build_end_layer() - all tables of the layer have been taken in
 * @b: the building
 *
 * Return: 0, -ENOMEM, or -EINTR.
 */
int sesparse_build_end_layer(struct sesparse_build *b)
{
	u64 table;
	int r = 0;

	for (table = 0; b->nr_twice && !r && table < b->map->nr_tables;
	     table++) {
		r = sesparse_interrupted() ? -EINTR :
					     build_poison_table(b, table);
	}
	build_forget_layer(b);
	if (!r)
		sesparse_map_trim(b->map);
	return r;
}
