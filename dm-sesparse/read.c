// SPDX-License-Identifier: GPL-2.0-only
/*
 * The read path: a bio becomes as few bios below as its grains allow.
 *
 * Most bios lie in one run, and are remapped as they are.  Of the others, device
 * mapper could be told to split off one run after another, but each round through
 * it costs about as much as reading the run.  So one call plans many pieces: zeros
 * are cleared where they stand, and runs of data go down as clones chained to the
 * bio.
 *
 * A guest's file system often writes neighbours in another order than theirs.
 * Pieces that lie side by side below, but not in the bio, go down as one bio with
 * its pages in the order of the device.
 *
 * Nothing here waits.  All bios are allocated before the first is sent; where
 * one can't be had, the first run alone is accepted and device mapper comes back
 * with the rest, out of a pool of its own.  So progress never hangs on ours, and
 * it may be shared by targets that are stacked.
 */
#include <linux/bio.h>
#include <linux/blk-crypto.h>
#include <linux/blk-integrity.h>
#include <linux/blkdev.h>
#include <linux/module.h>

#include "target.h"

#define MAX_PIECES 256 /* grains of 1 MiB */
#define NO_PIECE MAX_PIECES

/* Pieces are gathered if they fill a fourth of the range they lie in. */
#define SPARSENESS 4
#define MAX_SLOTS 1008 /* some MAX_PIECES times that; a plan is two pages */

#define PLAN_PIECES 1
#define GATHER_PIECES 2

static unsigned int ways = PLAN_PIECES | GATHER_PIECES;
module_param(ways, uint, 0600);
MODULE_PARM_DESC(ways, "For tests: 1 to plan pieces, 2 to gather them, or 3 for both");

static unsigned int fail_every;
module_param(fail_every, uint, 0600);
MODULE_PARM_DESC(fail_every, "For tests: which allocations of the read path fail, every n-th");

static struct bio_set read_bios;
static struct kmem_cache *plan_cache;

/**
 * struct piece - a part of a bio that goes down on its own
 * @iter: the part; its bi_sector is where it is read below
 * @next: the piece that follows on the device and goes down with it
 * @dev: number of the layer; the parent's is behind them
 * @joined: it is another's @next
 */
struct piece {
	struct bvec_iter iter;
	u16 next;
	u8 dev;
	bool joined;
};

/**
 * struct plan - what is to become of a bio
 * @sectors: of the bio, from its start, that the plan covers
 * @nr: pieces
 * @one_dev: they are all read from one device
 * @pieces: they, in the bio's order
 * @slots: while gathering, the piece at each grain of the range they lie in
 */
struct plan {
	unsigned int sectors;
	unsigned int nr;
	bool one_dev;
	struct piece pieces[MAX_PIECES];
	u16 slots[MAX_SLOTS];
};

static_assert(sizeof(struct plan) <= 8192);

/* What a look-up can come to, beside the number of a device. */
#define DEV_ZEROS 254
#define DEV_ERROR 255

/**
 * struct below - where a run is read
 * @dev: number of the layer; the parent's is behind them; or DEV_*
 * @sectors: how long it is
 * @sector: where it begins on the device
 */
struct below {
	u8 dev;
	unsigned int sectors;
	sector_t sector;
};

static struct block_device *device(const struct sesparse *s, u8 dev)
{
	return dev < s->nr_layers ? s->layers[dev].dev->bdev : s->parent->bdev;
}

/* The parent's part of a run; what it is too short for reads zeros. */
static void look_at_parent(const struct sesparse *s, sector_t offset,
			   struct below *below)
{
	if (offset >= s->parent_sectors)
		return;
	below->dev = s->nr_layers;
	below->sector = s->parent_start + offset;
	below->sectors = min_t(sector_t, below->sectors,
			       s->parent_sectors - offset);
}

/* The run at @offset of the disk, at the most @sectors of it. */
static struct below look_up(const struct sesparse *s, sector_t offset,
			    unsigned int sectors)
{
	const unsigned int skew = offset & (SESPARSE_GRAIN_SECTORS - 1);
	struct below below = { .dev = DEV_ZEROS };
	struct sesparse_run run;

	sesparse_map_lookup(&s->map, offset >> SESPARSE_GRAIN_SHIFT,
			    DIV_ROUND_UP(skew + sectors, SESPARSE_GRAIN_SECTORS),
			    &run);
	below.sectors = min_t(u64, sectors,
			      (run.nr << SESPARSE_GRAIN_SHIFT) - skew);
	if (run.source == SESPARSE_READ_LAYER) {
		below.dev = run.layer;
		below.sector = s->layers[run.layer].grains +
			       (run.grain << SESPARSE_GRAIN_SHIFT) + skew;
	} else if (run.source == SESPARSE_READ_PARENT) {
		look_at_parent(s, offset, &below);
	} else if (run.source == SESPARSE_READ_ERROR) {
		below.dev = DEV_ERROR;
	}
	return below;
}

static void clear_part(struct bio *bio, struct bvec_iter part)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	__bio_for_each_segment(bv, bio, iter, part)
		memzero_bvec(&bv);
}

/* One run alone; device mapper comes back with the rest. */
static int read_run(const struct sesparse *s, struct bio *bio,
		    const struct below *below)
{
	if (below->sectors < bio_sectors(bio))
		dm_accept_partial_bio(bio, below->sectors);
	if (unlikely(below->dev == DEV_ERROR))
		return DM_MAPIO_KILL;
	if (below->dev == DEV_ZEROS) {
		clear_part(bio, bio->bi_iter);
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio_set_dev(bio, device(s, below->dev));
	bio->bi_iter.bi_sector = below->sector;
	return DM_MAPIO_REMAPPED;
}

static void add_piece(struct plan *plan, struct bvec_iter iter,
		      const struct below *below)
{
	struct piece *p = &plan->pieces[plan->nr++];

	p->iter = iter;
	p->iter.bi_sector = below->sector;
	p->next = NO_PIECE;
	p->dev = below->dev;
	p->joined = false;
	if (below->dev != plan->pieces[0].dev)
		plan->one_dev = false;
}

/*
 * Looks up run after run, up to the end of the bio, an error, or as many pieces
 * as a plan holds.  Zeros are cleared at once: should the plan be given up, they
 * are cleared again.
 */
static void make_plan(const struct sesparse *s, struct bio *bio,
		      sector_t offset, struct below below, struct plan *plan)
{
	const unsigned int sectors = bio_sectors(bio);
	struct bvec_iter iter = bio->bi_iter, part;

	plan->nr = 0;
	plan->sectors = 0;
	plan->one_dev = true;
	for (;;) {
		part = iter;
		part.bi_size = below.sectors << SECTOR_SHIFT;
		if (below.dev == DEV_ZEROS)
			clear_part(bio, part);
		else
			add_piece(plan, part, &below);
		plan->sectors += below.sectors;
		if (plan->sectors == sectors || plan->nr == MAX_PIECES)
			return;
		below = look_up(s, offset + plan->sectors,
				sectors - plan->sectors);
		if (unlikely(below.dev == DEV_ERROR))
			return;
		bio_advance_iter(bio, &iter, part.bi_size);
	}
}

static sector_t piece_start(const struct piece *p)
{
	return p->iter.bi_sector;
}

static sector_t piece_end(const struct piece *p)
{
	return p->iter.bi_sector + (p->iter.bi_size >> SECTOR_SHIFT);
}

/*
 * Puts each piece at its grain of the range that all of them lie in, if they fill
 * enough of it.  Returns how many grains that has, or 0.  All pieces but the
 * bio's first begin where a grain does, and no grain is in two of them.
 */
static unsigned int fill_slots(struct plan *plan)
{
	const sector_t limit =
		min_t(sector_t, (sector_t)plan->sectors * SPARSENESS,
		      MAX_SLOTS << SESPARSE_GRAIN_SHIFT);
	sector_t first = ~(sector_t)0, last = 0;
	unsigned int i, nr, slot;

	for (i = 0; i < plan->nr; i++) {
		first = min(first, piece_start(&plan->pieces[i]));
		last = max(last, piece_start(&plan->pieces[i]));
	}
	first -= (first - piece_start(&plan->pieces[1])) &
		 (SESPARSE_GRAIN_SECTORS - 1);
	if (last - first >= limit)
		return 0;
	nr = ((last - first) >> SESPARSE_GRAIN_SHIFT) + 1;
	memset16(plan->slots, NO_PIECE, nr);
	for (i = 0; i < plan->nr; i++) {
		slot = (piece_start(&plan->pieces[i]) - first) >>
		       SESPARSE_GRAIN_SHIFT;
		if (WARN_ON_ONCE(plan->slots[slot] != NO_PIECE))
			return 0;
		plan->slots[slot] = i;
	}
	return nr;
}

static unsigned int piece_vecs(struct bio *bio, const struct piece *p)
{
	struct bvec_iter iter;
	unsigned int nr = 0;
	struct bio_vec bv;

	__bio_for_each_bvec(bv, bio, iter, p->iter)
		nr++;
	return nr;
}

/* Is it worth a try, and do all pieces come without baggage? */
static bool may_gather(struct bio *bio, const struct plan *plan)
{
	return plan->one_dev && !bio_has_crypt_ctx(bio) &&
	       !bio_integrity(bio) && READ_ONCE(ways) & GATHER_PIECES;
}

/**
 * struct joint - what a gathered bio may come to, so that it is not split again
 * @max_vecs: vectors
 * @max_sectors: sectors
 * @gap_mask: bits that must be clear where vectors meet
 * @vecs: vectors so far
 * @sectors: sectors so far
 * @last: its last piece
 */
struct joint {
	unsigned int max_vecs;
	unsigned int max_sectors;
	unsigned long gap_mask;
	unsigned int vecs;
	unsigned int sectors;
	struct piece *last;
};

static bool has_gap(struct bio *bio, const struct piece *p, unsigned long mask)
{
	return (mp_bvec_iter_bvec(bio->bi_io_vec, p->iter).bv_offset |
		p->iter.bi_size) & mask;
}

/* Puts @p behind the last piece if it follows there, or begins anew with it. */
static void join(struct joint *j, struct bio *bio, struct plan *plan,
		 struct piece *p)
{
	const unsigned int vecs = piece_vecs(bio, p);
	const unsigned int sectors = p->iter.bi_size >> SECTOR_SHIFT;

	if (j->last && piece_end(j->last) == piece_start(p) &&
	    j->vecs + vecs <= j->max_vecs &&
	    j->sectors + sectors <= j->max_sectors &&
	    !has_gap(bio, j->last, j->gap_mask) &&
	    !has_gap(bio, p, j->gap_mask)) {
		j->last->next = p - plan->pieces;
		p->joined = true;
	} else {
		j->vecs = 0;
		j->sectors = 0;
	}
	j->vecs += vecs;
	j->sectors += sectors;
	j->last = p;
}

/* Joins pieces that lie side by side on the device. */
static void gather(const struct sesparse *s, struct bio *bio,
		   struct plan *plan)
{
	struct request_queue *q =
		bdev_get_queue(device(s, plan->pieces[0].dev));
	struct joint j = {
		.max_vecs = min_t(unsigned int, BIO_MAX_VECS,
				  queue_max_segments(q)),
		.max_sectors = queue_max_sectors(q),
		.gap_mask = queue_virt_boundary(q),
	};
	const unsigned int nr = fill_slots(plan);
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (plan->slots[i] != NO_PIECE)
			join(&j, bio, plan, &plan->pieces[plan->slots[i]]);
}

/* Does a test want this allocation to fail? */
static bool must_fail(void)
{
	const unsigned int n = READ_ONCE(fail_every);
	static atomic_t count;

	return unlikely(n) && !((unsigned int)atomic_inc_return(&count) % n);
}

/* Several pieces as one bio, its pages in the order of the device. */
static struct bio *gathered_bio(const struct sesparse *s, struct bio *bio,
				const struct plan *plan, const struct piece *p)
{
	unsigned int vecs = 0, i;
	const struct piece *q;
	struct bvec_iter iter;
	struct bio_vec bv;
	struct bio *child;

	for (q = p; ; q = &plan->pieces[q->next]) {
		vecs += piece_vecs(bio, q);
		if (q->next == NO_PIECE)
			break;
	}
	child = bio_alloc_bioset(device(s, p->dev), vecs, bio->bi_opf,
				 GFP_NOWAIT | __GFP_NOWARN, &read_bios);
	if (!child)
		return NULL;
	child->bi_ioprio = bio->bi_ioprio;
	child->bi_iter.bi_sector = piece_start(p);
	for (i = p - plan->pieces; i != NO_PIECE; i = plan->pieces[i].next)
		__bio_for_each_bvec(bv, bio, iter, plan->pieces[i].iter)
			__bio_add_page(child, bv.bv_page, bv.bv_len,
				       bv.bv_offset);
	return child;
}

static struct bio *piece_bio(const struct sesparse *s, struct bio *bio,
			     const struct plan *plan, const struct piece *p)
{
	struct bio *child;

	if (must_fail())
		return NULL;
	if (p->next != NO_PIECE)
		return gathered_bio(s, bio, plan, p);
	child = bio_alloc_clone(device(s, p->dev), bio,
				GFP_NOWAIT | __GFP_NOWARN, &read_bios);
	if (child)
		child->bi_iter = p->iter;
	return child;
}

/* Bios for all pieces; false: not all of them could be had. */
static bool make_bios(const struct sesparse *s, struct bio *bio,
		      const struct plan *plan, struct bio_list *bios)
{
	const struct piece *p;
	struct bio *child;

	for (p = plan->pieces; p < plan->pieces + plan->nr; p++) {
		if (p->joined)
			continue;
		child = piece_bio(s, bio, plan, p);
		if (unlikely(!child)) {
			while ((child = bio_list_pop(bios)))
				bio_put(child);
			return false;
		}
		bio_list_add(bios, child);
	}
	return true;
}

/* Device mapper is told before the bio is touched, as 6.1 wants it. */
static void accept(struct bio *bio, const struct plan *plan)
{
	if (plan->sectors < bio_sectors(bio))
		dm_accept_partial_bio(bio, plan->sectors);
}

/* Zeros, and one run at the most: that one can ride on the bio itself. */
static int send_single(const struct sesparse *s, struct bio *bio,
		       const struct plan *plan)
{
	const struct piece *p = plan->pieces;

	accept(bio, plan);
	if (!plan->nr) {
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio_set_dev(bio, device(s, p->dev));
	bio->bi_iter = p->iter;
	return DM_MAPIO_REMAPPED;
}

/*
 * From here on nothing can fail.  The bio stays here until its children are
 * done: some drivers set a bio's status though all is well, and would wipe out
 * the error of a child of theirs.
 */
static int send_all(struct bio *bio, const struct plan *plan,
		    struct bio_list *bios)
{
	struct bio *child;

	accept(bio, plan);
	while ((child = bio_list_pop(bios))) {
		bio_chain(child, bio);
		dm_submit_bio_remap(bio, child);
	}
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

/* Several runs; @below is the first of them. */
static int read_runs(const struct sesparse *s, struct bio *bio,
		     sector_t offset, const struct below *below)
{
	struct bio_list bios = BIO_EMPTY_LIST;
	struct plan *plan;
	int r;

	if (must_fail())
		return read_run(s, bio, below);
	plan = kmem_cache_alloc(plan_cache, GFP_NOWAIT | __GFP_NOWARN);
	if (unlikely(!plan))
		return read_run(s, bio, below);

	make_plan(s, bio, offset, *below, plan);
	if (plan->nr > 1 && may_gather(bio, plan))
		gather(s, bio, plan);
	if (plan->nr <= 1)
		r = send_single(s, bio, plan);
	else if (likely(make_bios(s, bio, plan, &bios)))
		r = send_all(bio, plan, &bios);
	else
		r = read_run(s, bio, below);
	kmem_cache_free(plan_cache, plan);
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
	struct below below;

	if (unlikely(bio_op(bio) != REQ_OP_READ))
		return DM_MAPIO_KILL;
	below = look_up(s, offset, bio_sectors(bio));
	/* Who polls must find the bio itself at the device. */
	if (below.sectors == bio_sectors(bio) || bio->bi_opf & REQ_POLLED ||
	    unlikely(below.dev == DEV_ERROR) ||
	    unlikely(!(READ_ONCE(ways) & PLAN_PIECES)))
		return read_run(s, bio, &below);
	return read_runs(s, bio, offset, &below);
}

/**
 * sesparse_read_init() - what all targets' reads share
 *
 * Return: 0 or -ENOMEM.
 */
int __init sesparse_read_init(void)
{
	int r;

	plan_cache = kmem_cache_create("dm_sesparse_plan", sizeof(struct plan),
				       0, 0, NULL);
	if (!plan_cache)
		return -ENOMEM;
	r = bioset_init(&read_bios, BIO_POOL_SIZE, 0, BIOSET_NEED_BVECS);
	if (r)
		kmem_cache_destroy(plan_cache);
	return r;
}

/**
 * sesparse_read_exit() - undo sesparse_read_init()
 */
void sesparse_read_exit(void)
{
	bioset_exit(&read_bios);
	kmem_cache_destroy(plan_cache);
}
