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

/* The disk's ranges from sector @from to @to, cut there. */
static void walk_part(const struct disk *disk, u64 from, u64 to, walk_use *use,
		      void *private)
{
	struct disk_range range;
	struct walk walk;
	bool hole;

	walk_begin(&walk, disk, from, to);
	while (walk_next(&walk, &range, &hole))
		use(private, &range, hole);
}

/**
 * struct differing - what differs being told
 * @use: who it is told to
 * @private: for @use
 * @zeros: zeros that may go on behind their end; of no sectors: there are none
 */
struct differing {
	walk_use *use;
	void *private;
	struct disk_range zeros;
};

static void tell_zeros(struct differing *d)
{
	if (d->zeros.sectors)
		d->use(d->private, &d->zeros, false);
	d->zeros.sectors = 0;
}

/* A part of the zeros: does it read as zeros below, too? */
static void take_below(void *private, const struct disk_range *below, bool hole)
{
	struct differing *d = private;

	if (hole || below->kind == DISK_ABSENT || below->kind == DISK_ZERO) {
		tell_zeros(d);
		d->zeros.start = below->start + below->sectors;
		return;
	}
	d->zeros.sectors += below->sectors;
}

/*
 * What no layer decides is as it was; and so is what reads as zeros where zeros
 * were.  Data are not compared with what they took the place of.
 */
static void walk_difference(const struct disk *disk, walk_use *use,
			    void *private)
{
	struct differing d = { .use = use, .private = private };
	struct disk_range range;
	u64 at;

	for (at = 0; at < disk->capacity; at += range.sectors) {
		disk_look(disk, at, &range);
		if (range.kind == DISK_DATA || range.kind == DISK_ERROR)
			use(private, &range, false);
		if (range.kind != DISK_ZERO)
			continue;
		d.zeros = range;
		d.zeros.sectors = 0;
		walk_part(disk->since, at, at + range.sectors, take_below, &d);
		tell_zeros(&d);
	}
}

/**
 * walk_disk() - go through a disk from its start to its end
 * @disk: the disk
 * @use: takes its ranges, each as long as it is one thing in one place; where the
 *       disk is what has changed since another, only what has
 * @private: for @use
 */
void walk_disk(const struct disk *disk, walk_use *use, void *private)
{
	if (disk->since)
		walk_difference(disk, use, private);
	else
		walk_part(disk, 0, disk->capacity, use, private);
}
