/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each grain of a chain must read as, found out entry by entry.
 */
#ifndef TESTS_FUZZ_SLOW_CHAIN_H
#define TESTS_FUZZ_SLOW_CHAIN_H

#include "slow.h"

#define SLOW_LAYERS 4
#define SLOW_TABLES 3 /* of the disk */
#define SLOW_SLOTS 4 /* for tables, of an extent */
#define SLOW_SECTORS (SLOW_TABLES * SESPARSE_TABLE_SPAN)

/*
 * Where an extent's parts lie, in sectors.  Between tables and grains there is room for
 * all that counts the grains, which nobody reads.
 */
#define SLOW_JOURNAL_HEADER_AT 2
#define SLOW_JOURNAL_AT 4
#define SLOW_DIRECTORY_AT 8
#define SLOW_TABLES_AT 16
#define SLOW_BITMAP_SECTORS 8
#define SLOW_GRAINS_AT \
	(SLOW_TABLES_AT + SLOW_SLOTS * SESPARSE_TABLE_SECTORS + 256)

/**
 * struct slow_layer - an extent as it was drawn
 * @number: of the layer
 * @slots: tables that it has room for
 * @region: sectors of the region of its grains
 * @end: sectors of its device
 * @directory: its entries
 * @tables: theirs
 */
struct slow_layer {
	unsigned int number;
	u64 slots;
	u64 region;
	u64 end;
	u64 directory[SLOW_TABLES];
	u64 tables[SLOW_SLOTS][SESPARSE_TABLE_ENTRIES];
};

/**
 * struct slow_disk - a chain as it was drawn
 * @capacity: sectors
 * @nr_grains: that cover it
 * @nr_tables: that cover those
 * @salvage: what is corrupt becomes an error
 * @nr_layers: layers of the chain
 * @layers: newest first
 */
struct slow_disk {
	u64 capacity;
	u64 nr_grains;
	u64 nr_tables;
	bool salvage;
	unsigned int nr_layers;
	struct slow_layer layers[SLOW_LAYERS];
};

bool slow_read(const struct slow_disk *disk, struct slow_grain *grains);

#endif /* TESTS_FUZZ_SLOW_CHAIN_H */
