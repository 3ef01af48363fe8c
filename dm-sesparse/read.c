// SPDX-License-Identifier: GPL-2.0-only
/*
 * The read path: a bio becomes as few bios below as its grains allow.
 *
 * Most bios lie in one run, and are remapped as they are.  Of the others, device
 * mapper could be told to split off one run after another, but each round through
 * it costs about as much as reading the run.  So one call plans many pieces: zeros
 * are cleared where they stand, and runs of data go down as bios of their own, for
 * which the bio waits.
 *
 * A guest's file system often writes neighbours in another order than theirs.
 * Grains that lie side by side below, but not in the bio's order, go down as one bio,
 * with its pages in the order of the device.
 *
 * Nothing here waits.  All bios are made before the first is sent; where there is
 * no memory for the next, the runs before it are accepted, or the first alone rides
 * on the bio itself, and device mapper comes back with the rest, out of a pool of
 * its own.  So progress never hangs on our memory.
 */
#include <linux/blk-crypto.h>
#include <linux/blk-integrity.h>
#include <linux/slab.h>

#include "debug.h"
#include "read.h"

static struct kmem_cache *read_plans;

/*
 * Device mapper keeps the rest of a polled bio that it split on a list of its own, and
 * marks it by REQ_DRV, which every clone of it inherits.  A mapping below would take
 * the mark for its own and follow a pointer that is none: so since commit b99fdcdc3636
 * ("dm: support bio polling").
 */
static inline void read_clear_inherited(struct bio *bio)
{
	bio->bi_opf &= ~REQ_DRV;
}

/*
 * Must the bio go down as one or not at all?  If it must not wait, and its reader is
 * not to hear late that it would have.  One that would become several ends at once,
 * before anything of it is on its way and while the reader is still submitting it,
 * as the block layer ends one that a device's limits would split.
 *
 * A polled one can't: device mapper would not tell the reader, but submit it again by
 * itself, from elsewhere.  Its children wait instead, see sesparse_child_add().
 */
static inline bool read_must_stay_one(const struct bio *bio)
{
	return !sesparse_late_eagain_is_fine() &&
	       (bio->bi_opf & (REQ_NOWAIT | REQ_POLLED)) == REQ_NOWAIT;
}

/*
 * Takes the first @sectors of the bio; device mapper comes back with the rest.  It must
 * be told before the bio is touched.
 */
static inline bool read_accept(struct bio *bio, unsigned int sectors)
{
	if (likely(sectors == bio_sectors(bio)))
		return true;
	if (unlikely(read_must_stay_one(bio))) {
		/* The bio has ended. */
		bio_wouldblock_error(bio);
		return false;
	}
	dm_accept_partial_bio(bio, sectors);
	return true;
}

/* Maps the first run alone; device mapper comes back with the rest of the bio. */
static int read_one_run(const struct sesparse *s, struct bio *bio,
			const struct sesparse_below *below)
{
	if (unlikely(!read_accept(bio, below->sectors)))
		return DM_MAPIO_SUBMITTED;
	if (unlikely(below->dev == SESPARSE_DEV_ERROR))
		return DM_MAPIO_KILL;
	if (below->dev == SESPARSE_DEV_ZEROS) {
		sesparse_clear_part(bio, bio->bi_iter);
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio_set_dev(bio, sesparse_device(s, below->dev));
	bio->bi_iter.bi_sector = below->sector;
	return DM_MAPIO_REMAPPED;
}

/* Zeros, and one run at the most: that one can ride on the bio itself. */
static int read_single(struct bio *bio, struct sesparse_plan *plan)
{
	const struct bio *child = bio_list_peek(&plan->children);

	if (!child) {
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio_set_dev(bio, child->bi_bdev);
	bio->bi_iter = child->bi_iter;
	sesparse_children_drop(plan);
	return DM_MAPIO_REMAPPED;
}

/* Is there a child that the bio itself can't stand for? */
static inline bool read_needs_children(const struct sesparse_plan *plan)
{
	return plan->nr > 1 ||
	       (plan->nr && !bio_flagged(plan->children.head, BIO_CLONED));
}

/* What is planned, or, where nothing could be, the first run alone, @below. */
static int read_send(struct sesparse_plan *plan,
		     const struct sesparse_below *below)
{
	struct bio *const bio = plan->bio;

	if (unlikely(!plan->sectors))
		return read_one_run(plan->s, bio, below);
	if (unlikely(!read_accept(bio, plan->sectors))) {
		sesparse_children_drop(plan);
		return DM_MAPIO_SUBMITTED;
	}
	if (likely(read_needs_children(plan)))
		return sesparse_children_send(plan);
	return read_single(bio, plan);
}

/* A plan with nothing in it; or NULL. */
static struct sesparse_plan *read_new_plan(const struct sesparse *s,
					   struct bio *bio, sector_t offset)
{
	struct sesparse_plan *plan;

	if (sesparse_debug_fail())
		return NULL;
	plan = kmem_cache_alloc(read_plans, SESPARSE_READ_GFP);
	if (unlikely(!plan))
		return NULL;
	plan->s = s;
	plan->bio = bio;
	plan->offset = offset;
	plan->end = offset + sesparse_sectors_at_once(bio);
	plan->sectors = 0;
	plan->max = read_must_stay_one(bio) ? 1 : SESPARSE_PLAN_CHILDREN;
	plan->nr = 0;
	bio_list_init(&plan->children);
	plan->batches = NULL;
	plan->gather = sesparse_debug_way(SESPARSE_WAY_GATHER) &&
		       !((offset | bio_sectors(bio)) &
			 (SESPARSE_GRAIN_SECTORS - 1));
	return plan;
}

/*
 * Several runs; @below is the first of them.  Device mapper lets nothing through
 * that a bio may carry beside data; if it did, only the bio itself would have it.
 */
static int read_runs(const struct sesparse *s, struct bio *bio, sector_t offset,
		     const struct sesparse_below *below)
{
	struct sesparse_plan *plan = NULL;
	int r;

	if (likely(!bio_has_crypt_ctx(bio) && !bio_integrity(bio)))
		plan = read_new_plan(s, bio, offset);
	if (unlikely(!plan))
		return read_one_run(s, bio, below);
	sesparse_plan_make(plan);
	r = read_send(plan, below);
	kmem_cache_free(read_plans, plan);
	return r;
}

/**
 * sesparse_read() - the target's .map
 * @ti: the target
 * @bio: device mapper's own clone of what came from above
 *
 * Context: Any in which bios are submitted; never waits.
 * Return: DM_MAPIO_REMAPPED, DM_MAPIO_SUBMITTED or DM_MAPIO_KILL.
 */
int sesparse_read(struct dm_target *ti, struct bio *bio)
{
	const struct sesparse *s = ti->private;
	const sector_t offset = dm_target_offset(ti, bio->bi_iter.bi_sector);
	const unsigned int sectors = sesparse_sectors_at_once(bio);
	struct sesparse_below below;

	if (unlikely(bio_op(bio) != REQ_OP_READ))
		return DM_MAPIO_KILL;
	read_clear_inherited(bio);
	below = sesparse_below(s, offset, sectors);
	if (below.sectors == sectors ||
	    unlikely(below.dev == SESPARSE_DEV_ERROR) ||
	    !sesparse_debug_way(SESPARSE_WAY_PIECES))
		return read_one_run(s, bio, &below);
	return read_runs(s, bio, offset, &below);
}

/* For the reason that child_clear_once() has: most of a plan goes unused. */
static void read_clear_once(void *plan)
{
	memset(plan, 0, sizeof(struct sesparse_plan));
}

/**
 * sesparse_read_init() - what all targets' reads share
 *
 * Return: 0 or -ENOMEM.
 */
int __init sesparse_read_init(void)
{
	int r = sesparse_children_init();

	if (r)
		return r;
	read_plans = kmem_cache_create("dm_sesparse_plan",
				       sizeof(struct sesparse_plan), 0, 0,
				       read_clear_once);
	if (read_plans)
		return 0;
	sesparse_children_exit();
	return -ENOMEM;
}

/**
 * sesparse_read_exit() - undo sesparse_read_init()
 */
void sesparse_read_exit(void)
{
	kmem_cache_destroy(read_plans);
	sesparse_children_exit();
}
