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

/* A child for the @nr runs that @run lists, side by side from the first on. */
static bool gather_add(struct sesparse_plan *plan, const u8 *run,
		       unsigned int nr, unsigned int nr_grains,
		       unsigned int nr_vecs)
{
	const u64 cell = plan->cells[plan->runs[*run].first];
	const unsigned int layer = sesparse_cell_layer(cell);
	struct bio *child = sesparse_child_add(plan, layer, nr_vecs);
	struct bio_vec *vec;

	if (unlikely(!child))
		return false;
	child->bi_vcnt = nr_vecs;
	child->bi_iter.bi_sector = plan->s->layers[layer].grains +
		(sesparse_cell_grain(cell) << SESPARSE_GRAIN_SHIFT);
	child->bi_iter.bi_size = nr_grains * SESPARSE_GRAIN_BYTES;
	for (vec = child->bi_io_vec; nr--; run++) {
		const struct sesparse_cells *r = &plan->runs[*run];

		vec = gather_set_vecs(plan, r, vec);
		plan->cells[r->first] = SESPARSE_CELL_PLANNED;
	}
	return true;
}

/*
 * Children for the @nr runs that @run lists and that lie side by side below, as few as
 * the device's limits allow; a run that has one to itself is left alone.  False: no
 * more children are to be had.
 */
static bool gather_join(struct sesparse_plan *plan, const u8 *run,
			unsigned int nr)
{
	const u64 cell = plan->cells[plan->runs[*run].first];
	const unsigned int layer = sesparse_cell_layer(cell);
	struct block_device *bdev = sesparse_device(plan->s, layer);
	const struct gather_limits max = gather_limits(bdev);
	unsigned int i, grains, vecs;

	for (; nr > 1; run += i, nr -= i) {
		grains = 0;
		vecs = 0;
		for (i = 0; i < nr; i++) {
			const struct sesparse_cells *r = &plan->runs[run[i]];
			const unsigned int v = gather_vecs(plan, r);

			if (i && (grains + r->nr > max.grains ||
				  vecs + v > max.vecs))
				break;
			grains += r->nr;
			vecs += v;
		}
		if (i > 1 && !gather_add(plan, run, i, grains, vecs))
			return false;
	}
	return true;
}

/*
 * What is known of a list of runs is that they lie side by side.  *@pages: it is known
 * where the data go.
 */
static inline bool gather_flush(struct sesparse_plan *plan, const u8 *run,
				unsigned int nr, const struct bvec_iter *iter,
				bool *pages)
{
	if (nr < 2)
		return true;
	if (!*pages && !gather_pages(plan, *iter))
		return false;
	*pages = true;
	return gather_join(plan, run, nr);
}

/* Children for the neighbours among a window's runs; likewise. */
static bool gather_window(struct sesparse_plan *plan,
			  const struct sesparse_window *w,
			  const struct bvec_iter *iter, bool *pages)
{
	unsigned int i, at, behind = 0, nr = 0;
	u8 run[SESPARSE_PLAN_GRAINS];
	unsigned long bits;

	for (i = 0; i < ARRAY_SIZE(w->taken); i++) {
		for (bits = w->taken[i]; bits; bits &= bits - 1) {
			at = i * BITS_PER_LONG + __ffs(bits);
			if (at != behind) {
				if (!gather_flush(plan, run, nr, iter, pages))
					return false;
				nr = 0;
			}
			run[nr++] = w->run[at];
			behind = at + plan->runs[w->run[at]].nr;
		}
	}
	return gather_flush(plan, run, nr, iter, pages);
}

/**
 * sesparse_gather() - plan children for neighbours below
 * @plan: the plan, with runs, which are whole grains
 * @iter: where in the bio they begin
 *
 * Their cells become SESPARSE_CELL_PLANNED.  Behind an error there are no runs left.
 *
 * Return: true if there are such children.
 */
bool sesparse_gather(struct sesparse_plan *plan, struct bvec_iter iter)
{
	const unsigned int before = plan->nr;
	const struct sesparse_window *w;
	bool pages = false;

	/* It must not end within the cells for having too many children. */
	if (before && before + plan->nr_runs > plan->max)
		return false;
	gather_mark(plan);
	for (w = plan->windows; w < plan->windows + plan->nr_windows; w++)
		if (!gather_window(plan, w, &iter, &pages))
			break;
	return plan->nr > before;
}
