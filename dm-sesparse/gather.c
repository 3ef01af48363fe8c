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
	return w;
}

static struct sesparse_window *gather_find(struct sesparse_plan *plan,
					   u64 cell)
{
	struct sesparse_window *w = plan->windows;
	struct sesparse_window *const behind = w + plan->nr_windows;

	for (; w < behind; w++)
		if (cell - w->base < w->size)
			return w;
	return gather_open(plan, cell);
}

/* Marks the runs of layers in windows. */
static void gather_mark(struct sesparse_plan *plan)
{
	struct sesparse_window *w = NULL;
	unsigned int i;

	plan->nr_windows = 0;
	for (i = 0; i < plan->nr_runs; i++) {
		const u64 cell = plan->runs[i].cell;

		if (cell < SESPARSE_CELL_DATA)
			continue;
		/* Mostly the one that the run before is in. */
		if (!w || cell - w->base >= w->size)
			w = gather_find(plan, cell);
		/* If two runs begin in one place, the second is left alone. */
		if (w && !__test_and_set_bit(cell - w->base, w->taken))
			w->run[cell - w->base] = i;
	}
}

/**
 * struct gather - runs that lie side by side below, on their way into children
 * @plan: the plan
 * @layer: that they are read from
 * @sector: where the child at hand begins there
 * @vecs: vectors that a child may have at the most
 * @bytes: likewise
 * @child: the child at hand
 * @vec: its next vector
 * @vecs_left: how many it may still have
 * @bytes_left: likewise
 */
struct gather {
	struct sesparse_plan *plan;
	u8 layer;
	sector_t sector;
	unsigned int vecs;
	unsigned int bytes;
	struct bio *child;
	struct bio_vec *vec;
	unsigned int vecs_left;
	unsigned int bytes_left;
};

/*
 * Before the first run, @i; false: the layer's device takes no joined ones.  A child
 * is what it takes at once; a border between chunks of a RAID may still split.
 */
static bool gather_begin(struct gather *g, struct sesparse_plan *plan,
			 unsigned int i)
{
	const struct sesparse_place *const place = &plan->places[i];
	const u64 cell = plan->runs[i].cell;
	struct request_queue *q;
	unsigned long gap;

	g->plan = plan;
	g->layer = sesparse_cell_layer(cell);
	g->sector = plan->s->layers[g->layer].grains +
		    (sesparse_cell_grain(cell) << SESPARSE_GRAIN_SHIFT);
	q = bdev_get_queue(sesparse_device(plan->s, g->layer));
	g->vecs = min_t(unsigned int, BIO_MAX_VECS, queue_max_segments(q));
	g->bytes = ALIGN_DOWN(queue_max_sectors(q) << SECTOR_SHIFT,
			      SESPARSE_GRAIN_BYTES);
	g->child = NULL;
	g->vecs_left = 0;
	g->bytes_left = 0;
	/* It may want vectors to end at a border that grains in memory do not keep. */
	gap = ~(SESPARSE_GRAIN_BYTES - 1UL) | place->skip |
	      plan->bio->bi_io_vec[place->vec].bv_offset;
	return g->vecs && g->bytes && !(queue_virt_boundary(q) & gap);
}

/* The child at hand has what it is to have. */
static void gather_end_child(struct gather *g)
{
	struct bio *const child = g->child;

	child->bi_vcnt = g->vecs - g->vecs_left;
	child->bi_iter.bi_sector = g->sector;
	child->bi_iter.bi_size = g->bytes - g->bytes_left;
	g->sector += bio_sectors(child);
	sesparse_child_trim(g->plan, child);
}

/* Goes on to another child; false: none is to be had. */
static bool gather_new_child(struct gather *g)
{
	if (g->child)
		gather_end_child(g);
	g->child = sesparse_child_add(g->plan, g->layer, g->vecs);
	if (unlikely(!g->child))
		return false;
	g->vec = g->child->bi_io_vec;
	g->vecs_left = g->vecs;
	g->bytes_left = g->bytes;
	return true;
}

/* Appends run @i; false: no child is to be had. */
static inline bool gather_run(struct gather *g, unsigned int i)
{
	struct sesparse_cells *const run = &g->plan->runs[i];
	const struct sesparse_place *const place = &g->plan->places[i];
	const struct bio_vec *from = g->plan->bio->bi_io_vec + place->vec;
	unsigned int left = run->nr * SESPARSE_GRAIN_BYTES;
	unsigned int skip = place->skip, offset, len;

	for (;;) {
		if (!g->vecs_left || !g->bytes_left) {
			if (!gather_new_child(g))
				return false;
		}
		offset = from->bv_offset + skip;
		len = min3(left, from->bv_len - skip, g->bytes_left);
		g->vec->bv_page = from->bv_page + (offset >> PAGE_SHIFT);
		g->vec->bv_offset = offset_in_page(offset);
		g->vec->bv_len = len;
		g->vec++;
		g->vecs_left--;
		g->bytes_left -= len;
		left -= len;
		if (!left)
			break;
		skip += len;
		if (skip == from->bv_len) {
			from++;
			skip = 0;
		}
	}
	run->cell = SESPARSE_CELL_PLANNED;
	g->plan->nr_joined++;
	return true;
}

/* Takes out of a window what begins at @at of it, if anything does. */
static inline bool gather_take(struct sesparse_window *w, unsigned int at)
{
	return at < w->size && __test_and_clear_bit(at, w->taken);
}

/*
 * Children for the run at @at of a window and those behind it, if there are any there;
 * false: no child is to be had.
 */
static bool gather_row(struct sesparse_plan *plan, struct sesparse_window *w,
		       unsigned int at)
{
	unsigned int run = w->run[at], behind = at + plan->runs[run].nr;
	struct gather g;

	__clear_bit(at, w->taken);
	if (behind >= w->size || !test_bit(behind, w->taken) ||
	    !gather_begin(&g, plan, run))
		return true;
	for (;;) {
		if (!gather_run(&g, run))
			return false;
		if (!gather_take(w, behind))
			break;
		run = w->run[behind];
		behind += plan->runs[run].nr;
	}
	gather_end_child(&g);
	return true;
}

/* Children for all neighbours among a window's runs; likewise. */
static bool gather_window(struct sesparse_plan *plan, struct sesparse_window *w)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(w->taken); i++)
		while (w->taken[i])
			if (!gather_row(plan, w, i * BITS_PER_LONG +
						 __ffs(w->taken[i])))
				return false;
	return true;
}

/**
 * sesparse_gather() - plan children for neighbours below
 * @plan: the plan, with runs, which are whole grains, and their places
 *
 * Their cells become SESPARSE_CELL_PLANNED, and @plan->nr_joined how many there are.
 *
 * Return: false if no more children are to be had, when some of the runs may be read
 * in part.
 */
bool sesparse_gather(struct sesparse_plan *plan)
{
	struct sesparse_window *w;

	gather_mark(plan);
	for (w = plan->windows; w < plan->windows + plan->nr_windows; w++)
		if (!gather_window(plan, w))
			return false;
	return true;
}
