// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grain that a snapshot holds was written; a base's file has holes where
 * nobody ever wrote.  Whoever copies the disk wants to know of these as well,
 * and qemu-img tells them apart in just the same places.
 */
#include "disk/walk.h"
#include "source/source.h"
#include "vmdk/chain.h"

/* Cut where data begin or end in the file; return whether it is a hole there. */
static bool cut(struct disk_range *range)
{
	const struct stretch stretch =
		source_stretch(range->source, range->at * SESPARSE_SECTOR_SIZE,
			       (range->at + range->sectors) *
			       SESPARSE_SECTOR_SIZE, SESPARSE_SECTOR_SIZE);

	range->sectors = stretch.end / SESPARSE_SECTOR_SIZE - range->at;
	return stretch.is_hole;
}

/**
 * walk_begin() - begin to go through a part of a disk
 * @walk: filled in
 * @disk: the disk, which must outlive it
 * @from: sector to begin at
 * @to: sector to end before, at most the capacity
 */
void walk_begin(struct walk *walk, const struct disk *disk, u64 from, u64 to)
{
	*walk = (struct walk){ .disk = disk, .end = to, .left.start = from };
}

/**
 * walk_next() - go on to the next range
 * @walk: where it has got to
 * @range: set to the range, as long as it is one thing in one place
 * @hole: set to whether it is DISK_DATA, but a hole in the file
 *
 * Return: false if there is none.
 */
bool walk_next(struct walk *walk, struct disk_range *range, bool *hole)
{
	struct disk_range *left = &walk->left;

	if (!left->sectors && left->start >= walk->end)
		return false;
	if (!left->sectors)
		disk_look_until(walk->disk, left->start, walk->end, left);
	*range = *left;
	*hole = range->kind == DISK_DATA && !range->source->is_block &&
		range->depth >= walk->disk->chain->nr_layers && cut(range);
	left->start += range->sectors;
	left->at += range->sectors;
	left->sectors -= range->sectors;
	return true;
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
	struct walk walk;
	bool hole;

	walk_begin(&walk, disk, 0, disk->capacity);
	while (walk_next(&walk, &range, &hole))
		use(private, &range, hole);
}
