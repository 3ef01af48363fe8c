// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs that lie side by side below, but not in the bio's order, or with zeros or
 * another device's grains between them there: joined to one child, with the bio's
 * pages in the order of the device.
 *
 * Where runs begin is marked in windows, ranges of a layer's grains of which there are
 * a few, opened around the first run that is in none.  Marked runs come out of a
 * window in the order of the device.  What is in no window, the parent's runs, and
 * those with no neighbour are left to plan.c.
 */
#include <linux/blkdev.h>

#include "read.h"

/* One bit for all cells of half a window's length, and for those of some others. */
static inline u64 gather_near(u64 cell)
{
	return BIT_ULL(cell / (SESPARSE_WINDOW_GRAINS / 2) % 64);
}

/* A window around @cell, up to where others are; NULL: no more are to be had. */
static struct sesparse_window *gather_open(struct sesparse_plan *plan, u64 cell)
{
	u64 low = cell - SESPARSE_WINDOW_GRAINS / 2;
	u64 high = cell + SESPARSE_WINDOW_GRAINS / 2;
	struct sesparse_window *const w = plan->windows + plan->nr_windows;
	const struct sesparse_window *other;

	if (plan->nr_windows == SESPARSE_PLAN_WINDOWS)
		return NULL;
	for (other = plan->windows; other < w; other++) {
		if (other->base > cell)
			high = min(high, other->base);
		else
			low = max(low, other->base + other->size);
	}
	w->base = low;
	w->size = high - low;
	memset(w->taken, 0, sizeof(w->taken));
	plan->nr_windows++;
	plan->near |= gather_near(low) | gather_near(cell) |
		      gather_near(high - 1);
	return w;
}

/*
 * The window that a cell is in, perhaps a new one; NULL if it is not of a layer, or no
 * more are to be had.  Called seldom: out of line it leaves gather_mark() the registers.
 */
static noinline struct sesparse_window *gather_find(struct sesparse_plan *plan,
						    u64 cell)
{
	struct sesparse_window *w = plan->windows;
	struct sesparse_window *const behind = w + plan->nr_windows;

	if (cell < SESPARSE_CELL_DATA)
		return NULL;
	for (; w < behind; w++)
		if (cell - w->base < w->size)
			return w;
	return gather_open(plan, cell);
}

/* The same, but at once NULL where no more are to be had and none is near @cell. */
static inline struct sesparse_window *gather_seek(struct sesparse_plan *plan,
						  u64 cell)
{
	if (plan->nr_windows == SESPARSE_PLAN_WINDOWS &&
	    !(plan->near & gather_near(cell)))
		return NULL;
	return gather_find(plan, cell);
}

/* Has a place with bytes left be in the vector that has the next, past empty ones. */
static inline void gather_settle(struct sesparse_place *place)
{
	while (place->done >= place->vec->bv_len)
		place->done -= place->vec++->bv_len;
}

/*
 * Says where in the bio the runs are, from @iter on, and marks those of layers in
 * windows.  The plan ends before an error: there the runs end.
 */
static void gather_mark(struct sesparse_plan *plan,
			const struct bvec_iter *iter)
{
	const struct sesparse_cells *run = plan->runs;
	const struct sesparse_cells *const behind = run + plan->nr_runs;
	const struct bio_vec *const vecs = plan->bio->bi_io_vec;
	/* The bio may begin within a vector: by what each kernel calls that. */
	struct sesparse_place next = {
		.vec = vecs + iter->bi_idx,
		.done = mp_bvec_iter_offset(vecs, *iter) -
			vecs[iter->bi_idx].bv_offset,
	};
	struct sesparse_place *place = plan->places;
	struct sesparse_window *w;
	u64 base = 0, size = 0, at;
	unsigned long *taken = NULL;
	u8 *at_run = NULL;
	unsigned int i;

	for (i = 0; run < behind; run++, place++, i++) {
		gather_settle(&next);
		next.bytes = run->nr * SESPARSE_GRAIN_BYTES;
		*place = next;
		next.done += next.bytes;
		/*
		 * Mostly in the window that the run before is in.  None comes
		 * near the cells of what is in no layer.
		 */
		at = run->cell - base;
		if (at >= size) {
			if (unlikely(run->cell == SESPARSE_CELL_BAD))
				break;
			w = gather_seek(plan, run->cell);
			if (!w) {
				__set_bit(i, plan->alone);
				continue;
			}
			base = w->base;
			size = w->size;
			taken = w->taken;
			at_run = w->run;
			at = run->cell - base;
		}
		/* If two runs begin in one place, the second is alone. */
		if (likely(!__test_and_set_bit(at, taken)))
			at_run[at] = i;
		else
			__set_bit(i, plan->alone);
	}
	plan->nr_runs = i;
}

/**
 * struct gather - what is at hand while a row of runs goes into children
 * @layer: that they are read from
 * @sector: where the child begins there
 * @vecs: vectors that a child may have at the most
 * @bytes: likewise
 * @block: of as many bytes the device's blocks are
 * @child: the child, NULL before the first
 * @vec: its next vector
 * @end: the one that it can't have
 * @left: bytes that it may still have
 */
struct gather {
	u8 layer;
	sector_t sector;
	unsigned int vecs;
	unsigned int bytes;
	unsigned int block;
	struct bio *child;
	struct bio_vec *vec;
	struct bio_vec *end;
	unsigned int left;
};

/*
 * Before the first run, @i; false: the layer's device takes no joined ones.  A child
 * is what it takes at once; a border between chunks of a RAID may still split.
 */
static bool gather_begin(const struct sesparse_plan *plan, unsigned int i,
			 struct gather *g)
{
	const u64 cell = plan->runs[i].cell;
	const unsigned int layer = sesparse_cell_layer(cell);
	struct request_queue *q =
		bdev_get_queue(sesparse_device(plan->s, layer));
	/* A device without a limit says UINT_MAX; a plan has one. */
	const unsigned int sectors = min_t(unsigned int, queue_max_sectors(q),
					   SESPARSE_PLAN_SECTORS);
	/*
	 * It may want vectors to end at a border that grains in memory do not keep.
	 * The first vector stands for all: mostly the others lie as it does, and if
	 * not, the block layer splits the child there.
	 */
	const unsigned long gap = ~(SESPARSE_GRAIN_BYTES - 1UL) |
		(plan->places[i].vec->bv_offset + plan->places[i].done);

	*g = (struct gather){
		.layer = layer,
		.sector = plan->s->layers[layer].grains +
			  (sesparse_cell_grain(cell) << SESPARSE_GRAIN_SHIFT),
		.vecs = min_t(unsigned int, BIO_MAX_VECS, queue_max_segments(q)),
		.bytes = ALIGN_DOWN(sectors << SECTOR_SHIFT,
				    SESPARSE_GRAIN_BYTES),
		.block = queue_logical_block_size(q),
	};
	return g->bytes && !(queue_virt_boundary(q) & gap);
}

/* The child has all that it is to have. */
static void gather_end_child(struct sesparse_plan *plan, const struct gather *g)
{
	struct bio *const child = g->child;

	child->bi_vcnt = g->vec - child->bi_io_vec;
	child->bi_iter.bi_sector = g->sector;
	child->bi_iter.bi_size = g->bytes - g->left;
	sesparse_child_trim(plan, child);
}

/*
 * The next child, the one before being full; without one if it can't be had, or if the
 * one before ends within a block of the device, as it may where vectors do.
 *
 * @g is passed by value, and returned, so that gather_part() keeps it in registers.
 */
static struct gather gather_next_child(struct sesparse_plan *plan,
				       struct gather g)
{
	if (g.child) {
		if (unlikely((g.bytes - g.left) & (g.block - 1))) {
			g.child = NULL;
			return g;
		}
		gather_end_child(plan, &g);
		g.sector += bio_sectors(g.child);
	}
	g.child = sesparse_child_add(plan, g.layer, g.vecs);
	if (unlikely(!g.child))
		return g;
	g.vec = g.child->bi_io_vec;
	g.end = g.vec + g.vecs;
	g.left = g.bytes;
	return g;
}

/* The child's next vector: @len bytes at @place, within one vector of the bio. */
static inline void gather_append(struct gather *g, struct sesparse_place place,
				 unsigned int len)
{
	const unsigned int offset = place.vec->bv_offset + place.done;

	/* Whole pages are the easiest to split where that must be. */
	*g->vec++ = (struct bio_vec){
		.bv_page = place.vec->bv_page + offset / PAGE_SIZE,
		.bv_len = len,
		.bv_offset = offset % PAGE_SIZE,
	};
	g->left -= len;
}

/*
 * Appends what is at @place in the bio; false: no child for it is to be had.  Mostly it
 * is in one vector, and there is room.  Always inline, so that @g is the caller's own
 * variable.
 */
static __always_inline bool gather_part(struct sesparse_plan *plan,
					struct sesparse_place place,
					struct gather *g)
{
	unsigned int len;

	if (likely(g->vec != g->end && place.bytes <= g->left &&
		   place.bytes <= place.vec->bv_len - place.done)) {
		gather_append(g, place, place.bytes);
		return true;
	}
	for (; place.bytes; place.bytes -= len) {
		gather_settle(&place);
		if (g->vec == g->end || !g->left) {
			*g = gather_next_child(plan, *g);
			if (unlikely(!g->child))
				return false;
		}
		len = min3(place.bytes, g->left,
			   place.vec->bv_len - place.done);
		gather_append(g, place, len);
		place.done += len;
	}
	return true;
}

/*
 * Children for the run at @at of a window and those that lie behind it, if there are
 * any there; false: they can't be had.
 */
static bool gather_row(struct sesparse_plan *plan, struct sesparse_window *w,
		       unsigned int at)
{
	const struct sesparse_place *const places = plan->places;
	const u8 *const at_run = w->run;
	unsigned int i = at_run[at], behind;
	struct sesparse_place place = places[i];
	struct gather g;

	behind = at + place.bytes / SESPARSE_GRAIN_BYTES;
	__clear_bit(at, w->taken);
	if (!test_bit(behind, w->taken) || !gather_begin(plan, i, &g)) {
		__set_bit(i, plan->alone);
		return true;
	}
	plan->joined = true;
	for (;;) {
		if (unlikely(!gather_part(plan, place, &g)))
			return false;
		if (!__test_and_clear_bit(behind, w->taken))
			break;
		i = at_run[behind];
		place = places[i];
		behind += place.bytes / SESPARSE_GRAIN_BYTES;
	}
	gather_end_child(plan, &g);
	return true;
}

/* Children for all neighbours among a window's runs; false: they can't be had. */
static bool gather_window(struct sesparse_plan *plan, struct sesparse_window *w)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(SESPARSE_WINDOW_GRAINS); i++)
		while (w->taken[i])
			if (!gather_row(plan, w, i * BITS_PER_LONG +
						 __ffs(w->taken[i])))
				return false;
	return true;
}

/**
 * sesparse_gather() - plan children for neighbours below
 * @plan: the plan, with runs, which are whole grains
 * @iter: where they begin in the bio
 *
 * Sets @plan->alone to the runs that are not joined, @plan->joined if any are, and
 * @plan->nr_runs to how many there are before an error.
 *
 * Return: false if they can't be had, when some of the runs may be read in part: there
 * are no more, or one would end within a block of its device.
 */
bool sesparse_gather(struct sesparse_plan *plan, const struct bvec_iter *iter)
{
	struct sesparse_window *w;

	plan->nr_windows = 0;
	plan->near = 0;
	bitmap_zero(plan->alone, SESPARSE_PLAN_GRAINS);
	gather_mark(plan, iter);
	for (w = plan->windows; w < plan->windows + plan->nr_windows; w++)
		if (!gather_window(plan, w))
			return false;
	return true;
}
