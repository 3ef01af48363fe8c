/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The passes over a seSparse extent, one after the other.
 */
#ifndef SESPARSE_CHECK_PASSES_H
#define SESPARSE_CHECK_PASSES_H

#include "check/findings.h"
#include "dm-sesparse/bits.h"
#include "dm-sesparse/owners.h"
#include "sesparse/replay.h"
#include "sesparse/table-reader.h"

/**
 * struct check - a seSparse extent being checked
 * @findings: where findings go
 * @tables: the extent, and its geometry
 * @header: its first SESPARSE_HEADER_BYTES bytes
 * @replay: what would come of a replay of its journal, if it is dirty
 * @map: of the grains that its tables map
 * @owners: of each table in the file, which of the disk's it is
 * @cells: of the table at hand
 * @mapped: grains of the extent that an entry maps
 * @twice: those that more than one maps
 * @stale: those that an entry names as what it once mapped
 * @incomplete: some of the tables could not be read
 */
struct check {
	struct findings *findings;
	struct tables tables;
	u64 header[SESPARSE_HEADER_BYTES / sizeof(u64)];
	struct replay replay;
	struct sesparse_map map;
	struct sesparse_owners owners;
	u64 *cells;
	struct sesparse_bits mapped;
	struct sesparse_bits twice;
	struct sesparse_bits stale;
	bool incomplete;
};

bool check_header(struct check *c);
int check_tables(struct check *c);
int check_bitmap(struct check *c);
int check_backmap(struct check *c);

#endif /* SESPARSE_CHECK_PASSES_H */
