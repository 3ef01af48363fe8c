// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grain that a snapshot holds was written; a base's file has holes where
 * nobody ever wrote.  Whoever copies the disk wants to know of these as well,
 * and qemu-img tells them apart in just the same places.
 */
#include "disk/walk.h"
#include "source/source.h"
#include "vmdk/chain.h"

static void split_range(const struct disk_range *range, walk_use *use,
			void *private)
{
	const u64 end = (range->at + range->sectors) * SESPARSE_SECTOR_SIZE;
	struct disk_range left = *range, part;
	struct stretch stretch;

	while (left.sectors) {
		stretch = source_stretch(range->source,
					 left.at * SESPARSE_SECTOR_SIZE, end,
					 SESPARSE_SECTOR_SIZE);
		part = left;
		part.sectors = stretch.end / SESPARSE_SECTOR_SIZE - left.at;
		use(private, &part, stretch.is_hole);
		left.start += part.sectors;
		left.at += part.sectors;
		left.sectors -= part.sectors;
	}
}

/**
 * walk_disk() - go through a disk from its start to its end
 * @disk: the disk
 * @use: takes its ranges, each as long as it is one thing in one place
 * @private: for @use
 */
void walk_disk(const struct disk *disk, walk_use *use, void *private)
{
	struct disk_range range;
	u64 at;

	for (at = 0; at < disk->capacity; at += range.sectors) {
		disk_look(disk, at, &range);
		if (range.kind == DISK_DATA && !range.source->is_block &&
		    range.depth >= disk->chain->nr_layers)
			split_range(&range, use, private);
		else
			use(private, &range, false);
	}
}
