/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the grain map from the grain tables of a chain, newest layer first.
 */
#ifndef DM_SESPARSE_BUILD_H
#define DM_SESPARSE_BUILD_H

#include "bits.h"
#include "format.h"
#include "map.h"

/**
 * struct sesparse_counts - grains of the disk by what a read does
 * @mapped: read from a layer
 * @zero: zeros that hide whatever lies below
 * @corrupt: an error
 *
 * The rest is absent.
 */
struct sesparse_counts {
	u64 mapped;
	u64 zero;
	u64 corrupt;
};

/**
 * struct sesparse_fault - a table entry that can't be right
 * @index: entry of the table, 0 to 4095
 * @entry: what stands there, in the CPU's byte order
 * @why: what is wrong with it
 * @nr: how many such entries the table has, noise among them
 * @corrupt: some are no entry at all, so that others may be noise
 */
struct sesparse_fault {
	unsigned int index;
	u64 entry;
	const char *why;
	unsigned int nr;
	bool corrupt;
};

/**
 * struct sesparse_build - the building of a map
 * @map: the map
 * @counts: of all that has been decided so far
 * @layer: number of the layer at hand, newest 0
 * @geo: its geometry
 * @nr_whole: its physical grains that lie on the device as a whole
 * @seen: which of its physical grains are mapped
 * @twice: which of them are mapped more than once
 * @nr_twice: how many grains @twice holds
 * @as_runs: the table at hand is in @runs, else in @cells
 * @runs: as sesparse_runs_add() makes them
 * @cells: 4096 cells; between two tables of no meaning
 */
struct sesparse_build {
	struct sesparse_map *map;
	struct sesparse_counts counts;
	unsigned int layer;
	struct sesparse_geometry geo;
	u64 nr_whole;
	struct sesparse_bits seen;
	struct sesparse_bits twice;
	u64 nr_twice;
	bool as_runs;
	u64 *runs;
	u64 *cells;
};

int sesparse_build_init(struct sesparse_build *b, struct sesparse_map *map);
void sesparse_build_exit(struct sesparse_build *b);
int sesparse_build_begin_layer(struct sesparse_build *b, unsigned int layer,
			       const struct sesparse_geometry *geo);
int sesparse_build_table(struct sesparse_build *b, u64 table,
			 const __le64 *entries, struct sesparse_fault *fault);
int sesparse_build_bad_table(struct sesparse_build *b, u64 table);
int sesparse_build_end_layer(struct sesparse_build *b);

#endif /* DM_SESPARSE_BUILD_H */
