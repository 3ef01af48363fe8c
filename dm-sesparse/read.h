/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the read path share: read.c, plan.c, gather.c, children.c.
 *
 * Who has what when, of a bio that becomes several:
 *
 *          made by        held by                 given back by          on which CPU
 *   bio    device mapper  us, from .map on        bio_endio(), when all  any
 *                                                 its batches have ended
 *   plan   read.c         the call                the call               the caller's
 *   batch  children.c     the plan until it is    the plan, if given up;  any: where
 *                         sent, then its          else the last of its    that child
 *                         children                children to end         ends
 *   child  children.c     the batch it lies in    with its batch          likewise
 *
 *     sesparse_read()                   |    child_end_io()
 *                                       |
 *     plan --> batch ----> batch     (sent)   each child counts its batch down;
 *                |           |          |     the last frees it, and ends what the
 *             children    children      |     bio waits for because of it
 *
 * Until sesparse_children_send() nobody but the plan knows of the batches, so that
 * everything can be given up; from then on nothing may be touched that a child may free.
 * The bio waits once for each batch, not for each child.
 */
#ifndef DM_SESPARSE_READ_H
#define DM_SESPARSE_READ_H

#include <linux/bio.h>
#include <linux/bitmap.h>
#include <linux/sizes.h>

#include "compat.h"
#include "target.h"

/* Memory that reads can do without, and must not take from those who can't. */
#define SESPARSE_READ_GFP (GFP_NOWAIT | __GFP_NOMEMALLOC | __GFP_NOWARN)

#define SESPARSE_PLAN_GRAINS 256 /* looked at together: 1 MiB */
#define SESPARSE_PLAN_ENOUGH 128 /* children: no further look */
#define SESPARSE_PLAN_CHILDREN (SESPARSE_PLAN_ENOUGH + SESPARSE_PLAN_GRAINS)
#define SESPARSE_PLAN_SECTORS (SZ_16M >> SECTOR_SHIFT) /* zeros among them */

#define SESPARSE_WINDOW_GRAINS 512
#define SESPARSE_WINDOW_BITS                                                   \
	(SESPARSE_WINDOW_GRAINS + SESPARSE_PLAN_SECTORS / SESPARSE_GRAIN_SECTORS)
#define SESPARSE_PLAN_WINDOWS 4

/**
 * struct sesparse_window - which runs begin where, in a range of a layer's grains
 * @base: cell of the range's first grain
 * @size: its length, at most SESPARSE_WINDOW_GRAINS
 * @taken: bit n, which is below @size, is set if a run begins at cell @base + n; there
 *	   are bits for wherever a run may end, as none is longer than a plan
 * @run: and which one, for the bits that are set
 */
struct sesparse_window {
	u64 base;
	unsigned int size;
	DECLARE_BITMAP(taken, SESPARSE_WINDOW_BITS);
	u8 run[SESPARSE_WINDOW_GRAINS];
};

static_assert(SESPARSE_PLAN_GRAINS - 1 <= U8_MAX);

/**
 * struct sesparse_place - where a run is in a bio
 * @vec: the bio's vector that it begins in
 * @done: bytes of that before it
 * @bytes: its length
 */
struct sesparse_place {
	const struct bio_vec *vec;
	unsigned int done;
	unsigned int bytes;
};

/**
 * struct sesparse_plan - what is to become of a bio
 * @s: the target's context
 * @bio: the bio
 * @offset: sector of the disk that it begins at
 * @end: sector of the disk that the plan goes to at the most
 * @sectors: of the bio, from its start, that the plan covers
 * @max: children at the most
 * @nr: children
 * @children: which read what is not zeros, in the order they go down
 * @batches: their memory, newest first
 * @gather: runs may be taken out of the bio's order
 * @first: which grain is the first of those looked at together
 * @nr_runs: how many runs they are
 * @nr_windows: how many of @windows are open
 * @near: the bits that gather_near() gives for cells in these
 * @joined: some of them have a child that they share with others
 * @alone: which have none
 * @runs: the runs; without @gather, errors and what is behind may be among them
 * @places: with @gather, where each is in the bio
 * @windows: of those ranges that the runs lie in below, no two of which overlap
 *
 * The arrays are as they were left by whoever had the memory before.
 */
struct sesparse_plan {
	const struct sesparse *s;
	struct bio *bio;
	sector_t offset;
	sector_t end;
	unsigned int sectors;
	unsigned int max;
	unsigned int nr;
	struct bio_list children;
	struct sesparse_batch *batches;
	bool gather;
	u64 first;
	unsigned int nr_runs;
	unsigned int nr_windows;
	u64 near;
	bool joined;
	DECLARE_BITMAP(alone, SESPARSE_PLAN_GRAINS);
	struct sesparse_cells runs[SESPARSE_PLAN_GRAINS];
	struct sesparse_place places[SESPARSE_PLAN_GRAINS];
	struct sesparse_window windows[SESPARSE_PLAN_WINDOWS];
};

/* What a look-up can come to, beside the number of a device. */
#define SESPARSE_DEV_ZEROS 254
#define SESPARSE_DEV_ERROR 255

/**
 * struct sesparse_below - where a run is read
 * @dev: number of the layer; the parent's is behind them; or SESPARSE_DEV_*
 * @sectors: how long it is
 * @sector: where it begins on the device
 */
struct sesparse_below {
	u8 dev;
	unsigned int sectors;
	sector_t sector;
};

/**
 * sesparse_device() - a device below
 * @s: the target's context
 * @dev: number of the layer, or of the parent behind them
 *
 * Return: the device.
 */
static inline struct block_device *sesparse_device(const struct sesparse *s,
						   u8 dev)
{
	return dev < s->nr_layers ? s->layers[dev].dev->bdev : s->parent->bdev;
}

/* The parent's part of a run; what it is too short for reads zeros. */
static inline void sesparse_below_parent(const struct sesparse *s,
					 sector_t offset,
					 struct sesparse_below *below)
{
	if (offset >= s->parent_sectors)
		return;
	below->dev = s->nr_layers;
	below->sector = s->parent_start + offset;
	below->sectors =
		min_t(sector_t, below->sectors, s->parent_sectors - offset);
}

/**
 * sesparse_below_run() - where a part of a run is read
 * @s: the target's context
 * @run: the run, as of the map
 * @offset: sector of the disk that the part begins at
 * @sectors: its length
 *
 * Return: where; less of it than @sectors if the parent ends in it.
 */
static inline struct sesparse_below
sesparse_below_run(const struct sesparse *s, const struct sesparse_run *run,
		   sector_t offset, unsigned int sectors)
{
	struct sesparse_below below = { .dev = SESPARSE_DEV_ZEROS,
					.sectors = sectors };

	if (run->source == SESPARSE_READ_LAYER) {
		below.dev = run->layer;
		below.sector = s->layers[run->layer].grains +
			       (run->grain << SESPARSE_GRAIN_SHIFT) +
			       (offset & (SESPARSE_GRAIN_SECTORS - 1));
	} else if (run->source == SESPARSE_READ_PARENT) {
		sesparse_below_parent(s, offset, &below);
	} else if (run->source == SESPARSE_READ_ERROR) {
		below.dev = SESPARSE_DEV_ERROR;
	}
	return below;
}

/**
 * sesparse_below() - the run at a sector
 * @s: the target's context
 * @offset: sector of the disk
 * @sectors: how many are wanted from there on
 *
 * Return: where it is read, at most @sectors of it.
 */
static inline struct sesparse_below
sesparse_below(const struct sesparse *s, sector_t offset, unsigned int sectors)
{
	const unsigned int skew = offset & (SESPARSE_GRAIN_SECTORS - 1);
	const u64 max = DIV_ROUND_UP(skew + sectors, SESPARSE_GRAIN_SECTORS);
	struct sesparse_run run;

	sesparse_map_lookup(&s->map, offset >> SESPARSE_GRAIN_SHIFT, max, &run);
	sectors = min_t(u64, sectors, (run.nr << SESPARSE_GRAIN_SHIFT) - skew);
	return sesparse_below_run(s, &run, offset, sectors);
}

/**
 * sesparse_clear_part() - make a part of a bio's memory zeros
 * @bio: the bio
 * @part: the part
 */
static inline void sesparse_clear_part(struct bio *bio, struct bvec_iter part)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	__bio_for_each_segment(bv, bio, iter, part)
		memzero_bvec(&bv);
}

/**
 * sesparse_sectors_at_once() - how much of a bio one call takes
 * @bio: the bio, which may be of GiB, which would keep the CPU for long
 *
 * Return: sectors, from its start.
 */
static inline unsigned int sesparse_sectors_at_once(const struct bio *bio)
{
	return min_t(unsigned int, bio_sectors(bio), SESPARSE_PLAN_SECTORS);
}

void sesparse_plan_make(struct sesparse_plan *plan);
bool sesparse_gather(struct sesparse_plan *plan, const struct bvec_iter *iter);
struct bio *sesparse_child_add(struct sesparse_plan *plan, u8 dev,
			       unsigned int nr_vecs);
void sesparse_child_trim(struct sesparse_plan *plan, struct bio *child);
void sesparse_children_drop(struct sesparse_plan *plan);
int sesparse_children_send(struct sesparse_plan *plan);
int sesparse_children_init(void);
void sesparse_children_exit(void);

#endif /* DM_SESPARSE_READ_H */
