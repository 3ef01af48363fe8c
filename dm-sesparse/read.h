/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the read path share: read.c, plan.c, gather.c, children.c.
 *
 * Who has what when, of a bio that becomes several:
 *
 *             made by       held by            given back by        on which CPU
 *   bio       dm core       us, from the call  bio_endio(), when    any
 *                           on                 its batches ended
 *   plan      read.c        the call           read.c, when all is  the caller's
 *                                              sent
 *   batch     children.c    the plan, until    its last child to    any: where that
 *                           it is sent; then   end; or with a plan  one ends
 *                           its children       given up
 *   child     children.c,   its batch, which   with its batch       likewise
 *             in a batch    it lies in
 *
 *      sesparse_read()                        child_end_io()
 *   plan --> batch --> batch        sent       each child: left--
 *             |          |       --------->    the last of a batch: frees it,
 *           children  children                 and ends the bio's wait for it
 *
 * A batch is memory, first of all: as many children as fit lie in it, each followed
 * by what vectors it has of its own.  Until they are sent nobody but the plan knows
 * of it.  When they are, it counts those that have not ended, and the bio waits once
 * for each batch, not for each child.  Sending is the border: before it everything
 * can still be given up, after it nothing may be touched that a child may free.
 */
#ifndef DM_SESPARSE_READ_H
#define DM_SESPARSE_READ_H

#include <linux/bio.h>
#include <linux/sizes.h>

#include "compat.h"
#include "target.h"

#define SESPARSE_PLAN_GRAINS 256 /* looked at together: 1 MiB */
#define SESPARSE_PLAN_PIECES 256
#define SESPARSE_PLAN_SECTORS (SZ_16M >> SECTOR_SHIFT) /* zeros among them */

/* Grains are gathered if they fill a fourth of the range they lie in. */
#define SESPARSE_SPARSENESS 4
#define SESPARSE_PLAN_SLOTS (SESPARSE_PLAN_GRAINS * SESPARSE_SPARSENESS)

/**
 * struct sesparse_plan - what is to become of a bio
 * @sectors: of the bio, from its start, that the plan covers
 * @max: bios at the most
 * @nr: bios
 * @bios: which read what is not zeros, in the order they go down
 * @batches: their memory, newest first
 * @nr_cells: grains looked at
 * @cells: what the map says of them
 * @pages: to gather grains: where each one's data goes
 * @slots: and which is at each grain of the range that they lie in below
 */
struct sesparse_plan {
	unsigned int sectors;
	unsigned int max;
	unsigned int nr;
	struct bio_list bios;
	struct sesparse_batch *batches;
	unsigned int nr_cells;
	u64 cells[SESPARSE_PLAN_GRAINS];
	phys_addr_t pages[SESPARSE_PLAN_GRAINS];
	u16 slots[SESPARSE_PLAN_SLOTS];
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
	struct sesparse_run run;

	sesparse_map_lookup(
		&s->map, offset >> SESPARSE_GRAIN_SHIFT,
		DIV_ROUND_UP(skew + sectors, SESPARSE_GRAIN_SECTORS), &run);
	return sesparse_below_run(
		s, &run, offset,
		min_t(u64, sectors, (run.nr << SESPARSE_GRAIN_SHIFT) - skew));
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

void sesparse_plan_cells(const struct sesparse *s, struct sesparse_plan *plan,
			 sector_t at, sector_t end);
void sesparse_plan_pieces(const struct sesparse *s, struct bio *bio,
			  sector_t offset, struct sesparse_plan *plan);

bool sesparse_gather(const struct sesparse *s, struct bio *bio, sector_t offset,
		     struct sesparse_plan *plan);

struct bio *sesparse_child_add(const struct sesparse *s, struct bio *bio,
			       struct sesparse_plan *plan, u8 dev,
			       unsigned int nr_vecs);
struct sesparse_plan *sesparse_plan_get(void);
void sesparse_plan_put(struct sesparse_plan *plan);
void sesparse_children_drop(struct sesparse_plan *plan);
int sesparse_children_send(struct bio *bio, struct sesparse_plan *plan);

#endif /* DM_SESPARSE_READ_H */
