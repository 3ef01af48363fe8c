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
 * Grains that lie near each other below, but not in the bio's order, go down as one
 * bio for those side by side, with its pages in the order of the device.
 *
 * The bios that one becomes are made side by side, in a piece of memory that they
 * share and that the last of them to end gives back: to allocate and free each takes
 * longer, above all where kernels clear what they allocate.
 *
 * Nothing here waits.  All bios are made before the first is sent; where there is
 * no memory for the next, the runs before it are accepted, or the first alone rides
 * on the bio itself, and device mapper comes back with the rest, out of a pool of
 * its own.  So progress never hangs on our memory.
 *
 * What must not wait below, either, may have to stay one bio: see read_must_stay_one().
 */
#include <linux/blk-crypto.h>
#include <linux/blk-integrity.h>

#include "debug.h"
#include "read.h"

/*
 * Must the bio go down as one or not at all?  If it must not wait, and its reader is
 * not to hear late that it would have.  One that would become several ends at once,
 * before anything of it is on its way and while the reader is still submitting it,
 * as the block layer ends one that a device's limits would split.
 *
 * A polled one can't: device mapper would not tell the reader, but submit it again by
 * itself, from elsewhere.  Its children wait instead, see sesparse_clear_polled().
 */
static inline bool read_must_stay_one(const struct bio *bio)
{
	return !sesparse_late_eagain_is_fine() &&
	       (bio->bi_opf & (REQ_NOWAIT | REQ_POLLED)) == REQ_NOWAIT;
}

/*
 * Takes the first @sectors of the bio; device mapper comes back with the rest.  It is
 * told before the bio is touched, as 6.1 wants it.  False: the bio has ended.
 */
static inline bool read_accept(struct bio *bio, unsigned int sectors)
{
	if (likely(sectors == bio_sectors(bio)))
		return true;
	if (unlikely(read_must_stay_one(bio))) {
		bio_wouldblock_error(bio);
		return false;
	}
	dm_accept_partial_bio(bio, sectors);
	return true;
}

/* One run alone. */
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
static int read_send_single(struct bio *bio, struct sesparse_plan *plan)
{
	const struct bio *child = bio_list_peek(&plan->bios);

	if (!child) {
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio_set_dev(bio, child->bi_bdev);
	bio->bi_iter = child->bi_iter;
	sesparse_children_drop(plan);
	return DM_MAPIO_REMAPPED;
}

/* What is planned, or, where nothing could be, the first run alone, @below. */
static int read_send(const struct sesparse *s, struct bio *bio,
		     const struct sesparse_below *below,
		     struct sesparse_plan *plan, bool gathered)
{
	if (unlikely(!plan->sectors))
		return read_one_run(s, bio, below);
	if (unlikely(!read_accept(bio, plan->sectors))) {
		sesparse_children_drop(plan);
		return DM_MAPIO_SUBMITTED;
	}
	if (likely(gathered || plan->nr > 1))
		return sesparse_children_send(bio, plan);
	return read_send_single(bio, plan);
}

/*
 * Several runs; @below is the first of them.  Device mapper lets nothing through
 * that a bio may carry beside data; if it did, only the bio itself would have it.
 */
static int read_runs(const struct sesparse *s, struct bio *bio, sector_t offset,
		     const struct sesparse_below *below)
{
	struct sesparse_plan *plan;
	bool gathered;
	int r;

	if (unlikely(bio_has_crypt_ctx(bio) || bio_integrity(bio) ||
		     sesparse_debug_fail()))
		return read_one_run(s, bio, below);
	plan = sesparse_plan_get();
	if (unlikely(!plan))
		return read_one_run(s, bio, below);

	plan->sectors = 0;
	plan->max = read_must_stay_one(bio) ? 1 : SESPARSE_PLAN_PIECES;
	plan->nr = 0;
	plan->batches = NULL;
	bio_list_init(&plan->bios);
	sesparse_plan_cells(s, plan, offset,
			    offset + sesparse_sectors_at_once(bio));
	gathered = sesparse_gather(s, bio, offset, plan);
	if (!gathered)
		sesparse_plan_pieces(s, bio, offset, plan);
	r = read_send(s, bio, below, plan, gathered);
	sesparse_plan_put(plan);
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
	/* Device mapper's mark on the rest of a polled bio, not for those below. */
	bio->bi_opf &= ~REQ_DRV;
	below = sesparse_below(s, offset, sectors);
	if (below.sectors == sectors ||
	    unlikely(below.dev == SESPARSE_DEV_ERROR) ||
	    !sesparse_debug_way(SESPARSE_WAY_PIECES))
		return read_one_run(s, bio, &below);
	return read_runs(s, bio, offset, &below);
}
