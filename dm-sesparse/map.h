/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grain map: for every grain of the disk, where a read finds it.
 *
 * Built once by build.c, layer by layer, then only looked up: no lock, no
 * reference, no allocation on the read path.  Counts in grains throughout.
 */
#ifndef DM_SESPARSE_MAP_H
#define DM_SESPARSE_MAP_H

#include "format.h"
#include "memory.h"

/*
 * A cell says in 40 bits what is known of one grain: a physical grain, and what it is,
 * its kind: a hole, zero, bad, or the data of a layer.  No grain is 2^34 - 1
 * (SESPARSE_MAX_GRAINS), so that the cell after a run of data is never another layer's.
 */
#define SESPARSE_CELL GENMASK_ULL(39, 0)
#define SESPARSE_CELL_KIND GENMASK_ULL(39, 34)
#define SESPARSE_CELL_GRAIN GENMASK_ULL(33, 0)
#define SESPARSE_KIND_DATA 3 /* of layer 0; layer 1's comes next */
#define SESPARSE_CELL_HOLE 0ULL /* no layer has decided */
#define SESPARSE_CELL_ZERO (SESPARSE_CELL_GRAIN + 1) /* kind 1 */
#define SESPARSE_CELL_BAD (2 * SESPARSE_CELL_ZERO) /* an I/O error */
#define SESPARSE_CELL_DATA (SESPARSE_KIND_DATA * SESPARSE_CELL_ZERO)
static_assert(SESPARSE_MAX_LAYERS + SESPARSE_KIND_DATA <=
	      SESPARSE_CELL_KIND / SESPARSE_CELL_ZERO + 1);

/* The cell of grain @grain, below SESPARSE_MAX_GRAINS, of layer @layer. */
static inline u64 sesparse_cell(unsigned int layer, u64 grain)
{
	return FIELD_PREP(SESPARSE_CELL_KIND,
			  (u64)layer + SESPARSE_KIND_DATA) | grain;
}

static inline unsigned int sesparse_cell_layer(u64 cell)
{
	return FIELD_GET(SESPARSE_CELL_KIND, cell) - SESPARSE_KIND_DATA;
}

static inline u64 sesparse_cell_grain(u64 cell)
{
	return FIELD_GET(SESPARSE_CELL_GRAIN, cell);
}

/* What a cell must be for its grain to be read on from @cell, @nr behind it. */
static inline u64 sesparse_cell_next(u64 cell, u64 nr)
{
	return cell >= SESPARSE_CELL_DATA ? cell + nr : cell;
}

/* Length of the run of cells that begins at @cells[0], at most @nr, 1 or more. */
static inline unsigned int sesparse_run_length(const u64 *cells,
					       unsigned int nr)
{
	const u64 step = cells[0] >= SESPARSE_CELL_DATA;
	u64 next = cells[0] + step;
	unsigned int i;

	for (i = 1; i < nr && cells[i] == next; i++)
		next += step;
	return i;
}

/*
 * What is known of a table's grains, as runs: a word that says how many, then sorted
 * words, a run each, holes left out.
 */
#define SESPARSE_RUN_FIRST GENMASK_ULL(63, 52) /* index of its first cell */
#define SESPARSE_RUN_MORE GENMASK_ULL(51, 40) /* its length, but for the first cell */
#define SESPARSE_RUN_CELL SESPARSE_CELL /* the first cell */

static inline u64 sesparse_run_word(unsigned int first, unsigned int nr, u64 cell)
{
	return FIELD_PREP(SESPARSE_RUN_FIRST, (u64)first) |
	       FIELD_PREP(SESPARSE_RUN_MORE, (u64)nr - 1) | cell;
}

static inline unsigned int sesparse_run_first(u64 run)
{
	return FIELD_GET(SESPARSE_RUN_FIRST, run);
}

static inline unsigned int sesparse_run_len(u64 run)
{
	return FIELD_GET(SESPARSE_RUN_MORE, run) + 1;
}

static inline u64 sesparse_run_cell(u64 run)
{
	return FIELD_GET(SESPARSE_RUN_CELL, run);
}

/* Runs that sesparse_runs_add() takes: of more, codes mostly take less memory. */
#define SESPARSE_RUNS_MAX 1023

/**
 * sesparse_runs_add() - append a run to those of a table
 * @runs: the runs, 1 + SESPARSE_RUNS_MAX words
 * @first: index of its first cell, behind those of all @runs
 * @nr: its length, 1 or more; @first + @nr is at most 4096
 * @cell: its first cell, no hole
 *
 * Return: false if there is no room for it.
 */
static inline bool sesparse_runs_add(u64 *runs, unsigned int first,
				     unsigned int nr, u64 cell)
{
	u64 *const last = runs + runs[0];
	const unsigned int len = sesparse_run_len(*last);

	if (runs[0] && sesparse_run_first(*last) + len == first &&
	    sesparse_cell_next(sesparse_run_cell(*last), len) == cell) {
		*last += FIELD_PREP(SESPARSE_RUN_MORE, (u64)nr);
		return true;
	}
	if (runs[0] == SESPARSE_RUNS_MAX)
		return false;
	runs[0]++;
	last[1] = sesparse_run_word(first, nr, cell);
	return true;
}

/**
 * struct sesparse_cells - grains in a row that one cell tells of
 * @cell: that of the first; of data, the others' follow it, else they are the same
 * @first: which grain that is of those asked for
 * @nr: how many there are
 */
struct sesparse_cells {
	u64 cell;
	unsigned int first;
	unsigned int nr;
};

/* Where a run of grains is read. */
enum sesparse_source {
	SESPARSE_READ_ZEROS,
	SESPARSE_READ_PARENT,
	SESPARSE_READ_LAYER,
	SESPARSE_READ_ERROR,
};

/**
 * struct sesparse_run - grains that one request can read
 * @source: where from
 * @layer: with SESPARSE_READ_LAYER, the layer, newest 0
 * @grain: with SESPARSE_READ_LAYER, the physical grain that the run begins at
 * @nr: length, in grains
 */
struct sesparse_run {
	enum sesparse_source source;
	unsigned int layer;
	u64 grain;
	u64 nr;
};

/**
 * struct sesparse_map - the map of a disk
 * @nr_grains: grains of the disk
 * @nr_tables: grain tables that it takes, 4096 grains each
 * @has_parent: what no layer decides is the parent's; else it reads zeros
 * @top: a tagged word for each table, see map.c
 * @chunk: newest piece of memory that the tables' blocks are cut from
 * @used: bytes in the blocks that @top points to
 * @dropped: bytes in blocks that newer ones took the place of
 * @held: bytes allocated: @top and all chunks
 * @account: what they are counted on, or NULL
 * @over: what did not fit; the map is then good for nothing
 */
struct sesparse_map {
	u64 nr_grains;
	u64 nr_tables;
	bool has_parent;
	u64 *top;
	struct sesparse_chunk *chunk;
	u64 used;
	u64 dropped;
	u64 held;
	struct sesparse_account *account;
	bool over;
};

int sesparse_map_init(struct sesparse_map *map, u64 nr_grains, bool has_parent,
		      struct sesparse_account *account);
void sesparse_map_exit(struct sesparse_map *map);
void sesparse_map_read(const struct sesparse_map *map, u64 grain,
		       unsigned int nr, u64 *cells);
unsigned int sesparse_map_cut(const struct sesparse_map *map, u64 grain,
			      unsigned int nr, struct sesparse_cells *runs);
int sesparse_map_store(struct sesparse_map *map, u64 table, const u64 *cells);
int sesparse_map_store_runs(struct sesparse_map *map, u64 table,
			    const u64 *runs, u64 *cells);
void sesparse_runs_read(const u64 *runs, unsigned int first, unsigned int nr,
			u64 *cells);
bool sesparse_map_decided(const struct sesparse_map *map, u64 table);
bool sesparse_map_has_data(const struct sesparse_map *map, u64 table);
void sesparse_map_trim(struct sesparse_map *map);
int sesparse_map_finish(struct sesparse_map *map);
void sesparse_map_lookup(const struct sesparse_map *map, u64 grain, u64 max,
			 struct sesparse_run *run);

/**
 * sesparse_map_source() - where a cell's grain is read
 * @map: the map
 * @cell: the cell
 *
 * Return: the source; of SESPARSE_READ_LAYER the cell says which and where.
 */
static inline enum sesparse_source
sesparse_map_source(const struct sesparse_map *map, u64 cell)
{
	if (cell >= SESPARSE_CELL_DATA)
		return SESPARSE_READ_LAYER;
	if (cell == SESPARSE_CELL_BAD)
		return SESPARSE_READ_ERROR;
	if (cell == SESPARSE_CELL_HOLE && map->has_parent)
		return SESPARSE_READ_PARENT;
	return SESPARSE_READ_ZEROS;
}

/**
 * sesparse_map_run() - what a run of cells reads
 * @map: the map
 * @cell: its first cell
 * @nr: its length
 *
 * Return: the run.
 */
static inline struct sesparse_run
sesparse_map_run(const struct sesparse_map *map, u64 cell, u64 nr)
{
	return (struct sesparse_run){
		.source = sesparse_map_source(map, cell),
		.layer = sesparse_cell_layer(cell),
		.grain = sesparse_cell_grain(cell),
		.nr = nr,
	};
}

/**
 * sesparse_map_is_hole() - has no layer yet decided any of a table's grains?
 * @map: the map
 * @table: the table, below @map->nr_tables
 *
 * Return: true if all its cells are holes.
 */
static inline bool sesparse_map_is_hole(const struct sesparse_map *map,
					u64 table)
{
	return !map->top[table];
}

/**
 * sesparse_map_cells() - grains of a table that the disk has
 * @map: the map
 * @table: the table, below @map->nr_tables
 *
 * Return: 4096, or less for the last table.
 */
static inline unsigned int sesparse_map_cells(const struct sesparse_map *map,
					      u64 table)
{
	return min_t(u64, SESPARSE_TABLE_ENTRIES,
		     map->nr_grains - (table << SESPARSE_TABLE_SHIFT));
}

#endif /* DM_SESPARSE_MAP_H */
