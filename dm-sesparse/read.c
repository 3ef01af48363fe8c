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
 * What must not wait below, either, may have to stay one bio: see must_stay_one().
 */
#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blk-crypto.h>
#include <linux/blk-integrity.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat.h"
#include "target.h"

#define MAX_GRAINS 256 /* looked at together: 1 MiB */
#define MAX_PIECES 256
#define MAX_SECTORS (SZ_16M >> SECTOR_SHIFT) /* of one call, zeros among them */

/* Grains are gathered if they fill a fourth of the range they lie in. */
#define SPARSENESS 4
#define MAX_SLOTS (MAX_GRAINS * SPARSENESS)
#define NO_GRAIN MAX_GRAINS
#define LONG_RUN 16

#define PLAN_PIECES 1
#define GATHER_GRAINS 2

static unsigned int ways = PLAN_PIECES | GATHER_GRAINS;
module_param(ways, uint, 0600);
MODULE_PARM_DESC(ways, "For tests: 0 for one run at a time, 1 to plan pieces, or 3 to gather grains too");

static unsigned int fail_every;
module_param(fail_every, uint, 0600);
MODULE_PARM_DESC(fail_every, "For tests: which allocations of the read path fail, every n-th");

#define SPARES 4

/**
 * struct spares - what was given back on a CPU
 * @slot: each a piece of memory, or NULL
 */
struct spares {
	void *slot[SPARES];
};

/**
 * struct pool - memory of one size, got and given back often
 * @cache: where it is from
 * @spares: some of it, kept until the module goes
 */
struct pool {
	struct kmem_cache *cache;
	struct spares __percpu *spares;
};

static struct pool plans, batches;

/**
 * struct batch - memory of bios that read parts of one bio
 * @older: the batch filled before
 * @parent: the bio, which waits for the batch; set when its bios are sent
 * @left: bios in it that have not ended; likewise
 * @nr: bios in it
 * @used: how much of @memory they take
 * @memory: the bios, each followed by its vectors if it has vectors of its own
 */
struct batch {
	struct batch *older;
	struct bio *parent;
	atomic_t left;
	unsigned int nr;
	unsigned int used;
	u8 memory[] ____cacheline_aligned;
};

#define BATCH_BYTES 8192
#define BATCH_ROOM (BATCH_BYTES - sizeof(struct batch))
static_assert(BATCH_ROOM >=
	      sizeof(struct bio) + BIO_MAX_VECS * sizeof(struct bio_vec));

/**
 * struct plan - what is to become of a bio
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
struct plan {
	unsigned int sectors;
	unsigned int max;
	unsigned int nr;
	struct bio_list bios;
	struct batch *batches;
	unsigned int nr_cells;
	u64 cells[MAX_GRAINS];
	phys_addr_t pages[MAX_GRAINS];
	u16 slots[MAX_SLOTS];
};

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

/* Where the @sectors from @offset of the disk on are read, all of them in @run. */
static inline struct below find_below(const struct sesparse *s,
				      const struct sesparse_run *run,
				      sector_t offset, unsigned int sectors)
{
	struct below below = { .dev = DEV_ZEROS, .sectors = sectors };

	if (run->source == SESPARSE_READ_LAYER) {
		below.dev = run->layer;
		below.sector = s->layers[run->layer].grains +
			       (run->grain << SESPARSE_GRAIN_SHIFT) +
			       (offset & (SESPARSE_GRAIN_SECTORS - 1));
	} else if (run->source == SESPARSE_READ_PARENT) {
		look_at_parent(s, offset, &below);
	} else if (run->source == SESPARSE_READ_ERROR) {
		below.dev = DEV_ERROR;
	}
	return below;
}

/* The run at @offset of the disk, at the most @sectors of it. */
static inline struct below look_up(const struct sesparse *s, sector_t offset,
				   unsigned int sectors)
{
	const unsigned int skew = offset & (SESPARSE_GRAIN_SECTORS - 1);
	struct sesparse_run run;

	sesparse_map_lookup(&s->map, offset >> SESPARSE_GRAIN_SHIFT,
			    DIV_ROUND_UP(skew + sectors, SESPARSE_GRAIN_SECTORS),
			    &run);
	return find_below(s, &run, offset,
			  min_t(u64, sectors,
				(run.nr << SESPARSE_GRAIN_SHIFT) - skew));
}

static void clear_part(struct bio *bio, struct bvec_iter part)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	__bio_for_each_segment(bv, bio, iter, part)
		memzero_bvec(&bv);
}

/*
 * Must the bio go down as one or not at all?  If it must not wait, and its reader is
 * not to hear late that it would have.  One that would become several ends at once,
 * before anything of it is on its way and while the reader is still submitting it,
 * as the block layer ends one that a device's limits would split.
 *
 * A polled one can't: device mapper would not tell the reader, but submit it again by
 * itself, from elsewhere.  Its children wait instead, see sesparse_clear_polled().
 */
static inline bool must_stay_one(const struct bio *bio)
{
	return !sesparse_late_eagain_is_fine() &&
	       (bio->bi_opf & (REQ_NOWAIT | REQ_POLLED)) == REQ_NOWAIT;
}

/*
 * Takes the first @sectors of the bio; device mapper comes back with the rest.  It is
 * told before the bio is touched, as 6.1 wants it.  False: the bio has ended.
 */
static inline bool accept(struct bio *bio, unsigned int sectors)
{
	if (likely(sectors == bio_sectors(bio)))
		return true;
	if (unlikely(must_stay_one(bio))) {
		bio_wouldblock_error(bio);
		return false;
	}
	dm_accept_partial_bio(bio, sectors);
	return true;
}

/* One run alone. */
static int read_run(const struct sesparse *s, struct bio *bio,
		    const struct below *below)
{
	if (unlikely(!accept(bio, below->sectors)))
		return DM_MAPIO_SUBMITTED;
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

/* A bio may be of GiB, which would keep the CPU for long. */
static inline unsigned int sectors_at_once(const struct bio *bio)
{
	return min_t(unsigned int, bio_sectors(bio), MAX_SECTORS);
}

/* Does a test want this allocation to fail? */
static bool must_fail(void)
{
	const unsigned int n = READ_ONCE(fail_every);
	static atomic_t count;

	return unlikely(n) && !((unsigned int)atomic_inc_return(&count) % n);
}

/*
 * What the map says of the grains from sector @at of the disk on, up to @end.  If
 * they are too many, then up to a multiple of 1 MiB, since what can be gathered
 * often lies between such.
 */
static void read_cells(const struct sesparse *s, struct plan *plan,
		       sector_t at, sector_t end)
{
	const u64 first = at >> SESPARSE_GRAIN_SHIFT;
	const u64 wanted = DIV_ROUND_UP_ULL(end, SESPARSE_GRAIN_SECTORS) - first;

	plan->nr_cells = wanted <= MAX_GRAINS ? wanted :
			 MAX_GRAINS - (first & (MAX_GRAINS - 1));
	sesparse_map_read(&s->map, first, plan->nr_cells, plan->cells);
}

/* Whatever comes between, an interrupt or another CPU, a slot has one taker. */
static void *pool_get(struct pool *pool)
{
	unsigned int i;
	void *p;

	for (i = 0; i < SPARES; i++) {
		p = this_cpu_xchg(pool->spares->slot[i], NULL);
		if (likely(p))
			return p;
	}
	return kmem_cache_alloc(pool->cache, GFP_NOWAIT | __GFP_NOWARN);
}

static void pool_put(struct pool *pool, void *p)
{
	unsigned int i;

	for (i = 0; i < SPARES; i++)
		if (likely(!this_cpu_cmpxchg(pool->spares->slot[i], NULL, p)))
			return;
	kmem_cache_free(pool->cache, p);
}

/* A part of a bio has been read; the last of its batch ends the bio's wait for it. */
static void child_end_io(struct bio *child)
{
	struct batch *batch = child->bi_private;
	struct bio *bio = batch->parent;

	if (unlikely(child->bi_status))
		cmpxchg(&bio->bi_status, BLK_STS_OK, child->bi_status);
	bio_uninit(child);
	if (!atomic_dec_and_test(&batch->left))
		return;
	pool_put(&batches, batch);
	bio_endio(bio);
}

/*
 * Memory for a bio with @nr_vecs vectors of its own, in the newest batch or in a new
 * one; or NULL.
 */
static struct bio *child_memory(struct plan *plan, unsigned int nr_vecs)
{
	const unsigned int bytes =
		ALIGN(sizeof(struct bio) + nr_vecs * sizeof(struct bio_vec), 8);
	struct batch *batch = plan->batches;

	if (must_fail())
		return NULL;
	if (!batch || BATCH_ROOM - batch->used < bytes) {
		batch = pool_get(&batches);
		if (unlikely(!batch))
			return NULL;
		batch->older = plan->batches;
		batch->nr = 0;
		batch->used = 0;
		plan->batches = batch;
	}
	batch->nr++;
	batch->used += bytes;
	return (void *)batch->memory + batch->used - bytes;
}

/*
 * Adds to the plan a bio for @dev, the vectors of which are to be set, or NULL.  It
 * joins a cgroup only when it is sent.  Who polls would look for the bio itself at
 * the device, so children are not polled.
 */
static inline struct bio *add_child(const struct sesparse *s, struct bio *bio,
				    struct plan *plan, u8 dev,
				    unsigned int nr_vecs)
{
	struct bio *child = child_memory(plan, nr_vecs);

	if (unlikely(!child))
		return NULL;
	bio_init(child, NULL, (struct bio_vec *)(child + 1), nr_vecs,
		 bio->bi_opf);
	if (child->bi_opf & REQ_POLLED)
		sesparse_clear_polled(child);
	child->bi_bdev = device(s, dev);
	child->bi_ioprio = bio->bi_ioprio;
	child->bi_end_io = child_end_io;
	child->bi_private = plan->batches;
	bio_list_add(&plan->bios, child);
	plan->nr++;
	return child;
}

/* Gives up all bios of a plan. */
static void drop_children(struct plan *plan)
{
	struct batch *batch;

	bio_list_init(&plan->bios);
	while ((batch = plan->batches)) {
		plan->batches = batch->older;
		pool_put(&batches, batch);
	}
	plan->nr = 0;
}

/* A bio for @part of the bio; false: it can't be had. */
static inline bool add_piece(const struct sesparse *s, struct bio *bio,
			     struct plan *plan, const struct bvec_iter *part,
			     u8 dev)
{
	struct bio *child;

	if (unlikely(plan->nr == plan->max))
		return false;
	child = add_child(s, bio, plan, dev, 0);
	if (unlikely(!child))
		return false;
	bio_set_flag(child, BIO_CLONED);
	child->bi_io_vec = bio->bi_io_vec;
	child->bi_iter = *part;
	return true;
}

/* Takes a run into the plan; false: the plan must end before it. */
static inline bool plan_run(const struct sesparse *s, struct bio *bio,
			    struct plan *plan, struct bvec_iter *iter,
			    const struct below *below)
{
	const unsigned int bytes = below->sectors << SECTOR_SHIFT;
	struct bvec_iter part = *iter;

	if (unlikely(below->dev == DEV_ERROR))
		return false;
	part.bi_sector = below->sector;
	part.bi_size = bytes;
	if (below->dev == DEV_ZEROS)
		clear_part(bio, part);
	else if (unlikely(!add_piece(s, bio, plan, &part, below->dev)))
		return false;
	bvec_iter_advance(bio->bi_io_vec, iter, bytes);
	plan->sectors += below->sectors;
	return true;
}

/*
 * Takes the runs that begin in the cells, which begin at sector @at of the disk,
 * at the most up to sector @end; false: the plan must end.
 */
static bool plan_cells(const struct sesparse *s, struct bio *bio,
		       struct plan *plan, struct bvec_iter *iter, sector_t at,
		       sector_t end)
{
	const u64 *cell = plan->cells, *const behind = cell + plan->nr_cells;
	struct sesparse_run run;
	struct below below;
	sector_t next;

	for (; cell < behind; cell += run.nr, at = next) {
		run = sesparse_map_run(&s->map, *cell,
				       sesparse_run_length(cell, behind - cell));
		next = min_t(u64, end, ((at >> SESPARSE_GRAIN_SHIFT) + run.nr)
					       << SESPARSE_GRAIN_SHIFT);
		/* The last one may be longer than the cells tell. */
		if (unlikely(cell + run.nr == behind && next < end))
			below = look_up(s, at, end - at);
		else
			below = find_below(s, &run, at, next - at);
		if (!plan_run(s, bio, plan, iter, &below))
			return false;
		/* The parent ends in the run, or it goes on: begin anew. */
		if (unlikely(below.sectors != next - at))
			break;
	}
	return true;
}

static bool has_long_runs(const struct plan *plan)
{
	return plan->nr * LONG_RUN <= plan->sectors >> SESPARSE_GRAIN_SHIFT;
}

/*
 * Plans run after run up to the end of the bio, an error, or as many pieces as a
 * plan holds; while they are short not past the cells, for the next may be worth
 * gathering.  Zeros are cleared at once: should the plan be given up, they are
 * cleared again.
 */
static void plan_pieces(const struct sesparse *s, struct bio *bio,
			sector_t offset, struct plan *plan)
{
	const sector_t end = offset + sectors_at_once(bio);
	struct bvec_iter iter = bio->bi_iter;

	while (plan_cells(s, bio, plan, &iter, offset + plan->sectors, end) &&
	       offset + plan->sectors < end && has_long_runs(plan))
		read_cells(s, plan, offset + plan->sectors, end);
}

/*
 * How many grains the range below has that those of the bio lie in, some of them
 * perhaps zeros; 0: they can't or need not be gathered.  @low is set to its first
 * cell.
 */
static unsigned int range_below(const struct sesparse *s,
				const struct plan *plan, u64 *low)
{
	const u64 *cell = plan->cells, *const end = cell + plan->nr_cells;
	const u64 limit = plan->nr_cells * SPARSENESS;
	u64 high = 0, next = 1; /* no cell is 1 */
	unsigned int runs = 0;

	for (*low = ~0ULL; cell < end; cell++) {
		if (*cell == next) {
			next++;
			continue;
		}
		if (sesparse_map_source(&s->map, *cell) == SESPARSE_READ_ZEROS)
			continue;
		high = max(high, next);
		next = *cell + 1;
		*low = min(*low, *cell);
		if (*cell < SESPARSE_CELL_DATA ||
		    max(high, next) - *low > limit)
			return 0;
		runs++;
	}
	high = max(high, next);
	/* Long runs are better off as pieces. */
	if (runs < 2 || runs * LONG_RUN < plan->nr_cells ||
	    high - *low > limit ||
	    sesparse_cell_layer(high - 1) != sesparse_cell_layer(*low))
		return 0;
	return high - *low;
}

/* Where each grain's data goes; false: not all of them to a piece of one page. */
static bool find_pages(struct bio *bio, struct plan *plan)
{
	phys_addr_t *page = plan->pages, *const end = page + plan->nr_cells;
	struct bvec_iter iter;
	struct bio_vec bv;
	phys_addr_t at;
	unsigned int i;

	__bio_for_each_bvec(bv, bio, iter, bio->bi_iter) {
		if (page == end)
			break;
		if ((bv.bv_offset | bv.bv_len) & (SESPARSE_GRAIN_BYTES - 1))
			return false;
		at = page_to_phys(bv.bv_page) + bv.bv_offset;
		for (i = 0; i < bv.bv_len && page < end;
		     i += SESPARSE_GRAIN_BYTES)
			*page++ = at + i;
	}
	return page == end;
}

/*
 * Puts the number of each grain into the slot that is its place in the range, and
 * clears the zeros.  Returns how many slots are taken.
 */
static unsigned int fill_slots(struct plan *plan, u64 low, unsigned int range)
{
	const u64 *const cells = plan->cells;
	const phys_addr_t *page = plan->pages;
	u16 *const slots = plan->slots;
	unsigned int i, zeros = 0;

	memset16(slots, NO_GRAIN, range);
	for (i = 0; i < plan->nr_cells; i++, page++) {
		if (likely(cells[i] >= SESPARSE_CELL_DATA)) {
			slots[cells[i] - low] = i;
			continue;
		}
		memzero_page(pfn_to_page(PHYS_PFN(*page)),
			     offset_in_page(*page), SESPARSE_GRAIN_BYTES);
		zeros++;
	}
	return plan->nr_cells - zeros;
}

/*
 * A bio for @nr grains, which are in adjacent slots from @slot on, from sector
 * @sector on of the layer's device; false: it can't be had.
 */
static bool add_gathered(const struct sesparse *s, struct bio *bio,
			 struct plan *plan, const u16 *slot, unsigned int nr,
			 u8 layer, sector_t sector)
{
	struct bio *child = add_child(s, bio, plan, layer, nr);
	struct bio_vec *vec;

	if (unlikely(!child))
		return false;
	child->bi_vcnt = nr;
	child->bi_iter.bi_sector = sector;
	child->bi_iter.bi_size = nr * SESPARSE_GRAIN_BYTES;
	for (vec = child->bi_io_vec; nr--; vec++) {
		const phys_addr_t page = plan->pages[*slot++];

		vec->bv_page = pfn_to_page(PHYS_PFN(page));
		vec->bv_len = SESPARSE_GRAIN_BYTES;
		vec->bv_offset = offset_in_page(page);
	}
	return true;
}

/*
 * As many grains as the device takes in one bio; a border between chunks of a RAID
 * may still split it.
 */
static unsigned int max_gathered(struct block_device *bdev)
{
	struct request_queue *q = bdev_get_queue(bdev);

	if (queue_virt_boundary(q) & ~(SESPARSE_GRAIN_BYTES - 1UL))
		return 0;
	return min3((unsigned int)BIO_MAX_VECS,
		    (unsigned int)queue_max_segments(q),
		    queue_max_sectors(q) >> SESPARSE_GRAIN_SHIFT);
}

/* How many slots from @slot on are taken, at the most @max. */
static unsigned int taken_slots(const u16 *slot, unsigned int max)
{
	unsigned int nr = 0;

	while (nr < max && slot[nr] != NO_GRAIN)
		nr++;
	return nr;
}

/*
 * Bios for the @todo grains in @range slots, the first of them for cell @low;
 * false: not all of them could be had.
 */
static bool gather_slots(const struct sesparse *s, struct bio *bio,
			 struct plan *plan, u64 low, unsigned int range,
			 unsigned int todo)
{
	const u8 layer = sesparse_cell_layer(low);
	const sector_t sector = s->layers[layer].grains +
		(sesparse_cell_grain(low) << SESPARSE_GRAIN_SHIFT);
	const unsigned int max = max_gathered(device(s, layer));
	unsigned int i, nr;

	for (i = 0; i < range; i += nr ?: 1) {
		nr = taken_slots(plan->slots + i, min(max, range - i));
		if (!nr)
			continue;
		if (!add_gathered(s, bio, plan, plan->slots + i, nr, layer,
				  sector + (i << SESPARSE_GRAIN_SHIFT)))
			return false;
		todo -= nr;
	}
	/* Two cells with one grain would be a mistake of the map's. */
	return !WARN_ON_ONCE(todo);
}

/*
 * Bios for the bio's grains in the order of the device, if that is worth a try;
 * false: take them as pieces.
 */
static bool gather(const struct sesparse *s, struct bio *bio, sector_t offset,
		   struct plan *plan)
{
	unsigned int range, todo;
	u64 low;

	if (!(READ_ONCE(ways) & GATHER_GRAINS) || plan->max < 2 ||
	    (offset | bio_sectors(bio)) & (SESPARSE_GRAIN_SECTORS - 1))
		return false;
	range = range_below(s, plan, &low);
	if (!range || !find_pages(bio, plan) ||
	    max_gathered(device(s, sesparse_cell_layer(low))) < 2)
		return false;
	todo = fill_slots(plan, low, range);
	if (!gather_slots(s, bio, plan, low, range, todo)) {
		drop_children(plan);
		return false;
	}
	plan->sectors = plan->nr_cells << SESPARSE_GRAIN_SHIFT;
	return true;
}

/* Zeros, and one run at the most: that one can ride on the bio itself. */
static int send_single(struct bio *bio, struct plan *plan)
{
	const struct bio *child = bio_list_peek(&plan->bios);

	if (!child) {
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio_set_dev(bio, child->bi_bdev);
	bio->bi_iter = child->bi_iter;
	drop_children(plan);
	return DM_MAPIO_REMAPPED;
}

/*
 * From here on nothing can fail.  The bio stays here until its children are
 * done: some drivers set a bio's status though all is well, and would wipe out
 * the error of a child of theirs.
 */
static int send_all(struct bio *bio, struct plan *plan)
{
	struct batch *batch;
	struct bio *child;

	for (batch = plan->batches; batch; batch = batch->older) {
		batch->parent = bio;
		atomic_set(&batch->left, batch->nr);
		bio_inc_remaining(bio);
	}
	/*
	 * A batch may be gone when the last of its bios is sent.  Newer kernels set
	 * the cgroup to the reader's here; older ones leave it to the target.
	 */
	while ((child = bio_list_pop(&plan->bios))) {
		bio_set_dev(child, child->bi_bdev);
		dm_submit_bio_remap(bio, child);
	}
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

/* What is planned, or, where nothing could be, the first run alone, @below. */
static int send(const struct sesparse *s, struct bio *bio,
		const struct below *below, struct plan *plan, bool gathered)
{
	if (unlikely(!plan->sectors))
		return read_run(s, bio, below);
	if (unlikely(!accept(bio, plan->sectors))) {
		drop_children(plan);
		return DM_MAPIO_SUBMITTED;
	}
	if (likely(gathered || plan->nr > 1))
		return send_all(bio, plan);
	return send_single(bio, plan);
}

/*
 * Several runs; @below is the first of them.  Device mapper lets nothing through
 * that a bio may carry beside data; if it did, only the bio itself would have it.
 */
static int read_runs(const struct sesparse *s, struct bio *bio,
		     sector_t offset, const struct below *below)
{
	struct plan *plan;
	bool gathered;
	int r;

	if (unlikely(bio_has_crypt_ctx(bio) || bio_integrity(bio) ||
		     must_fail()))
		return read_run(s, bio, below);
	plan = pool_get(&plans);
	if (unlikely(!plan))
		return read_run(s, bio, below);

	plan->sectors = 0;
	plan->max = must_stay_one(bio) ? 1 : MAX_PIECES;
	plan->nr = 0;
	plan->batches = NULL;
	bio_list_init(&plan->bios);
	read_cells(s, plan, offset, offset + sectors_at_once(bio));
	gathered = gather(s, bio, offset, plan);
	if (!gathered)
		plan_pieces(s, bio, offset, plan);
	r = send(s, bio, below, plan, gathered);
	pool_put(&plans, plan);
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
	const unsigned int sectors = sectors_at_once(bio);
	struct below below;

	if (unlikely(bio_op(bio) != REQ_OP_READ))
		return DM_MAPIO_KILL;
	/* Device mapper's mark on the rest of a polled bio, not for those below. */
	bio->bi_opf &= ~REQ_DRV;
	below = look_up(s, offset, sectors);
	if (below.sectors == sectors ||
	    unlikely(below.dev == DEV_ERROR) ||
	    unlikely(!(READ_ONCE(ways) & PLAN_PIECES)))
		return read_run(s, bio, &below);
	return read_runs(s, bio, offset, &below);
}

static int __init pool_init(struct pool *pool, const char *name,
			    unsigned int size)
{
	pool->cache = kmem_cache_create(name, size, 0, 0, NULL);
	if (!pool->cache)
		return -ENOMEM;
	pool->spares = alloc_percpu(struct spares);
	if (pool->spares)
		return 0;
	kmem_cache_destroy(pool->cache);
	return -ENOMEM;
}

static void pool_exit(struct pool *pool)
{
	struct spares *spares;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		spares = per_cpu_ptr(pool->spares, cpu);
		for (i = 0; i < SPARES; i++)
			if (spares->slot[i])
				kmem_cache_free(pool->cache, spares->slot[i]);
	}
	free_percpu(pool->spares);
	kmem_cache_destroy(pool->cache);
}

/**
 * sesparse_read_init() - what all targets' reads share
 *
 * Return: 0 or -ENOMEM.
 */
int __init sesparse_read_init(void)
{
	int r;

	r = pool_init(&plans, "dm_sesparse_plan", sizeof(struct plan));
	if (r)
		return r;
	r = pool_init(&batches, "dm_sesparse_batch", BATCH_BYTES);
	if (r)
		pool_exit(&plans);
	return r;
}

/**
 * sesparse_read_exit() - undo sesparse_read_init()
 */
void sesparse_read_exit(void)
{
	pool_exit(&batches);
	pool_exit(&plans);
}
