/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads an extent's metadata from its block device into the map.
 */
#ifndef DM_SESPARSE_LOAD_H
#define DM_SESPARSE_LOAD_H

#include <linux/blkdev.h>

#include "build.h"

/* What ti->error says when an account's limit is reached. */
#define SESPARSE_TOO_MUCH \
	"Map takes too much memory: raise max_map_bytes or remove devices (see the kernel log)"

/**
 * struct sesparse_source_dev - an extent to load
 * @bdev: the device it is on
 * @start: its first sector there
 * @layer: its number in the table line, newest 0
 * @where: how messages name it: layer, device, start
 * @salvage: what is corrupt becomes an I/O error instead of failing the load
 * @ignore_dirty: take it although its journal was not replayed
 */
struct sesparse_source_dev {
	struct block_device *bdev;
	sector_t start;
	unsigned int layer;
	char where[80];
	bool salvage;
	bool ignore_dirty;
};

int sesparse_load_header(const struct sesparse_source_dev *src,
			 struct sesparse_geometry *geo, char **error);
int sesparse_load_tables(const struct sesparse_source_dev *src,
			 const struct sesparse_geometry *geo,
			 struct sesparse_build *build, char **error);

#endif /* DM_SESPARSE_LOAD_H */
