/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target's context, which the constructor fills and reads use.
 */
#ifndef DM_SESPARSE_TARGET_H
#define DM_SESPARSE_TARGET_H

#include <linux/device-mapper.h>

#include "build.h"

/**
 * struct sesparse_layer - a seSparse extent of the chain
 * @dev: the device it is on
 * @start: its first sector there
 * @grains: first sector of its grains there
 */
struct sesparse_layer {
	struct dm_dev *dev;
	sector_t start;
	sector_t grains;
};

/**
 * struct sesparse - the target's context
 * @map: where each grain is read
 * @account: the memory of the map and of its load
 * @counts: grains by what reads them
 * @nr_layers: layers in @layers, set as they are opened
 * @salvage: table option: corrupt entries are I/O errors
 * @ignore_dirty: table option: replayJournal does not matter
 * @parent: what no layer decides is read from here; NULL: zeros
 * @parent_start: where the disk begins on @parent
 * @parent_sectors: how much of the disk @parent has; the rest reads zeros
 * @layers: the chain, newest first
 *
 * Nothing that reads use changes after the constructor, so reads take no lock.
 */
struct sesparse {
	struct sesparse_map map;
	struct sesparse_account account;
	struct sesparse_counts counts;
	unsigned int nr_layers;
	bool salvage;
	bool ignore_dirty;
	struct dm_dev *parent;
	sector_t parent_start;
	sector_t parent_sectors;
	struct sesparse_layer layers[];
};

int sesparse_read(struct dm_target *ti, struct bio *bio);
int sesparse_read_init(void);
void sesparse_read_exit(void);

#endif /* DM_SESPARSE_TARGET_H */
