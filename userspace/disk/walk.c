// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grain that a snapshot holds was written; a base's file has holes where
 * nobody ever wrote.  Whoever copies the disk wants to know of these as well,
 * and qemu-img tells them apart in just the same places.
 */
#include <errno.h>
#include <unistd.h>

#include "disk/walk.h"
#include "vmdk/blocks.h"
#include "vmdk/chain.h"

/* Sectors from the range's start on that are a hole, or that are none. */
static u64 split(const struct disk_range *range, bool *hole)
{
	const off_t start = (off_t)(range->at * SESPARSE_SECTOR_SIZE);
	const int fd = range->source->fd;
	off_t end = lseek(fd, start, SEEK_DATA);
	u64 sectors;

	*hole = end < 0 && errno == ENXIO;
	if (end < 0)
		return range->sectors;
	sectors = (u64)(end - start) / SESPARSE_SECTOR_SIZE;
	*hole = sectors;
	if (!sectors) {
		end = lseek(fd, end, SEEK_HOLE);
		if (end < 0)
			return range->sectors;
		sectors = DIV_ROUND_UP_ULL((u64)(end - start),
					   SESPARSE_SECTOR_SIZE);
	}
	return min_t(u64, sectors, range->sectors);
}

static void split_range(const struct disk_range *range, entry_use *use,
			void *private)
{
	struct disk_range left = *range, part;
	bool hole;

	while (left.sectors) {
		part = left;
		part.sectors = split(&left, &hole);
		use(private, &part, hole);
		left.start += part.sectors;
		left.at += part.sectors;
		left.sectors -= part.sectors;
	}
}

/**
 * entries_walk() - go through a disk from its start to its end
 * @disk: the disk
 * @use: takes its ranges, each as long as it is one thing in one place
 * @private: for @use
 */
void entries_walk(const struct disk *disk, entry_use *use, void *private)
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
