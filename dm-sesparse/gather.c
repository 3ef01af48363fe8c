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
#include <linux/io.h>
#include <linux/pfn.h>

#include "read.h"

/**
 * struct gather_limits - what one child may be
 * @grains: at the most
 * @vecs: likewise, in vectors
 */
struct gather_limits {
	unsigned int grains;
	unsigned int vecs;
};

/* What the device takes at once; a border between chunks of a RAID may still split. */
static struct gather_limits gather_limits(struct block_device *bdev)
{
	struct request_queue *q = bdev_get_queue(bdev);

	/* One that takes no gap between grains takes no joined ones. */
	if (queue_virt_boundary(q) & ~(SESPARSE_GRAIN_BYTES - 1UL))
		return (struct gather_limits){ 0, 0 };
	return (struct gather_limits){
		.grains = queue_max_sectors(q) >> SESPARSE_GRAIN_SHIFT,
		.vecs = min_t(unsigned int, BIO_MAX_VECS, queue_max_segments(q)),
	};
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

/*
 * Marks the runs of layers in windows.  The plan ends before an error, so nothing
 * behind one is to be taken: there the cells end.
 */
static void gather_mark(struct sesparse_plan *plan)
{
	struct sesparse_window *w = NULL;
	unsigned int i, at;

	plan->nr_windows = 0;
	for (i = 0; i < plan->nr_runs; i++) {
		const u64 cell = plan->cells[plan->runs[i].first];

		if (cell < SESPARSE_CELL_DATA) {
			if (likely(cell != SESPARSE_CELL_BAD))
				continue;
			plan->nr_runs = max(i, 1U);
			return;
		}
		/* Mostly the one that the run before is in. */
		if (!w || cell - w->base >= w->size)
			w = gather_find(plan, cell);
		if (!w)
			continue;
		at = cell - w->base;
		/* If two runs begin in one place, the second is left alone. */
		if (!__test_and_set_bit(at, w->taken))
			w->run[at] = i;
	}
}

/* Where each grain's data goes; false: not all of them to a piece of one page. */
static bool gather_pages(struct sesparse_plan *plan, struct bvec_iter start)
{
	phys_addr_t *page = plan->pages, *const end = page + plan->nr_cells;
	struct bvec_iter iter;
	struct bio_vec bv;
	phys_addr_t at;
	unsigned int i;

	__bio_for_each_bvec(bv, plan->bio, iter, start) {
		if ((bv.bv_offset | bv.bv_len) & (SESPARSE_GRAIN_BYTES - 1))
			return false;
		at = page_to_phys(bv.bv_page) + bv.bv_offset;
		*page++ = at;
		for (i = SESPARSE_GRAIN_BYTES; i < bv.bv_len && page < end;
		     i += SESPARSE_GRAIN_BYTES)
			*page++ = (at + i) | SESPARSE_SAME_VEC;
		if (page == end)
			return true;
	}
	return false;
}

/* How many vectors a run takes. */
static inline unsigned int gather_vecs(const struct sesparse_plan *plan,
				       const struct sesparse_cells *run)
{
	const phys_addr_t *page = plan->pages + run->first;
	unsigned int i, nr = 1;

	if (run->nr == 1)
		return 1;
	for (i = 1; i < run->nr; i++)
		nr += !(page[i] & SESPARSE_SAME_VEC);
	return nr;
}

/* Sets the vectors of a run, from @vec on; returns the one behind them. */
static inline struct bio_vec *gather_set_vecs(const struct sesparse_plan *plan,
					      const struct sesparse_cells *run,
					      struct bio_vec *vec)
{
	const phys_addr_t *page = plan->pages + run->first;
	const phys_addr_t *const end = page + run->nr;

	do {
		vec->bv_page = pfn_to_page(PHYS_PFN(*page));
		vec->bv_len = SESPARSE_GRAIN_BYTES;
		vec->bv_offset = offset_in_page(*page) & ~SESPARSE_SAME_VEC;
		while (++page < end && *page & SESPARSE_SAME_VEC)
			vec->bv_len += SESPARSE_GRAIN_BYTES;
		vec++;
	} while (page < end);
	return vec;
}

/**
 * struct gather_list - runs that lie side by side below
 * @nr: how many
 * @grains: of all of them together
 * @vecs: that they take
 * @max: what one child may be, if there are any
 * @run: which ones, in the order of the device
 */
struct gather_list {
	unsigned int nr;
	unsigned int grains;
	unsigned int vecs;
	struct gather_limits max;
	u8 run[SESPARSE_PLAN_GRAINS];
};

/* A child for the runs of a list. */
static bool gather_add(struct sesparse_plan *plan,
		       const struct gather_list *list)
{
	const u64 cell = plan->cells[plan->runs[list->run[0]].first];
	const unsigned int layer = sesparse_cell_layer(cell);
	struct bio *child = sesparse_child_add(plan, layer, list->vecs);
	struct bio_vec *vec;
	unsigned int i;

	if (unlikely(!child))
		return false;
	child->bi_vcnt = list->vecs;
	child->bi_iter.bi_sector = plan->s->layers[layer].grains +
		(sesparse_cell_grain(cell) << SESPARSE_GRAIN_SHIFT);
	child->bi_iter.bi_size = list->grains * SESPARSE_GRAIN_BYTES;
	for (vec = child->bi_io_vec, i = 0; i < list->nr; i++) {
		const struct sesparse_cells *run = &plan->runs[list->run[i]];

		vec = gather_set_vecs(plan, run, vec);
		plan->cells[run->first] = SESPARSE_CELL_PLANNED;
	}
	plan->nr_joined += list->grains;
	return true;
}

/* Empties a list; a run that would have a child to itself is left alone. */
static inline bool gather_flush(struct sesparse_plan *plan,
				struct gather_list *list)
{
	if (list->nr > 1 && !gather_add(plan, list))
		return false;
	list->nr = 0;
	list->grains = 0;
	list->vecs = 0;
	return true;
}

/* Appends run @i, in a new list if the device does not take it with the others. */
static inline bool gather_append(struct sesparse_plan *plan,
				 struct gather_list *list, unsigned int i)
{
	const struct sesparse_cells *run = &plan->runs[i];
	const unsigned int vecs = gather_vecs(plan, run);

	if (!list->nr) {
		const u64 cell = plan->cells[run->first];
		const unsigned int layer = sesparse_cell_layer(cell);

		list->max = gather_limits(sesparse_device(plan->s, layer));
	} else if (list->grains + run->nr > list->max.grains ||
		   list->vecs + vecs > list->max.vecs) {
		if (!gather_flush(plan, list))
			return false;
	}
	list->run[list->nr++] = i;
	list->grains += run->nr;
	list->vecs += vecs;
	return true;
}

/*
 * Children for the neighbours among a window's runs, which begin at @iter; false: no
 * more are to be had.  *@pages: it is known where the data go, which need not be known
 * while no two runs are neighbours.
 */
static bool gather_window(struct sesparse_plan *plan,
			  const struct sesparse_window *w,
			  const struct bvec_iter *iter, bool *pages)
{
	unsigned int i, at, run, last = 0, behind = 0;
	struct gather_list list;
	unsigned long bits;

	list.nr = 0;
	list.grains = 0;
	list.vecs = 0;
	for (i = 0; i < ARRAY_SIZE(w->taken); i++) {
		for (bits = w->taken[i]; bits; bits &= bits - 1) {
			at = i * BITS_PER_LONG + __ffs(bits);
			run = w->run[at];
			if (at != behind || !behind) {
				if (!gather_flush(plan, &list))
					return false;
			} else {
				if (!*pages && !gather_pages(plan, *iter))
					return false;
				*pages = true;
				if (!list.nr && !gather_append(plan, &list, last))
					return false;
				if (!gather_append(plan, &list, run))
					return false;
			}
			behind = at + plan->runs[run].nr;
			last = run;
		}
	}
	return gather_flush(plan, &list);
}

/**
 * sesparse_gather() - plan children for neighbours below
 * @plan: the plan, with runs, which are whole grains
 * @iter: where in the bio they begin
 *
 * Their cells become SESPARSE_CELL_PLANNED.  Behind an error there are no runs left.
 *
 * Return: how many grains have such children.
 */
unsigned int sesparse_gather(struct sesparse_plan *plan, struct bvec_iter iter)
{
	const struct sesparse_window *w;
	bool pages = false;

	plan->nr_joined = 0;
	/* It must not end within the cells for having too many children. */
	if (plan->nr && plan->nr + plan->nr_runs > plan->max)
		return 0;
	gather_mark(plan);
	for (w = plan->windows; w < plan->windows + plan->nr_windows; w++)
		if (!gather_window(plan, w, &iter, &pages))
			break;
	return plan->nr_joined;
}
