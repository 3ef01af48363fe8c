// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grains that lie near each other below, but not in the bio's order, as one bio for
 * those side by side, with its pages in the order of the device.
 */
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/pfn.h>

#include "debug.h"
#include "read.h"

#define NO_GRAIN SESPARSE_PLAN_GRAINS
#define LONG_RUN 16

/*
 * How many grains the range below has that those of the bio lie in, some of them
 * perhaps zeros; 0: they can't or need not be gathered.  @low is set to its first
 * cell.
 */
static unsigned int gather_range(const struct sesparse *s,
				 const struct sesparse_plan *plan, u64 *low)
{
	const u64 *cell = plan->cells, *const end = cell + plan->nr_cells;
	const u64 limit = plan->nr_cells * SESPARSE_SPARSENESS;
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
static bool gather_pages(struct bio *bio, struct sesparse_plan *plan)
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
static unsigned int gather_fill(struct sesparse_plan *plan, u64 low,
				unsigned int range)
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
static bool gather_add(const struct sesparse *s, struct bio *bio,
		       struct sesparse_plan *plan, const u16 *slot,
		       unsigned int nr, u8 layer, sector_t sector)
{
	struct bio *child = sesparse_child_add(s, bio, plan, layer, nr);
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
static unsigned int gather_max(struct block_device *bdev)
{
	struct request_queue *q = bdev_get_queue(bdev);

	if (queue_virt_boundary(q) & ~(SESPARSE_GRAIN_BYTES - 1UL))
		return 0;
	return min3((unsigned int)BIO_MAX_VECS,
		    (unsigned int)queue_max_segments(q),
		    queue_max_sectors(q) >> SESPARSE_GRAIN_SHIFT);
}

/* How many slots from @slot on are taken, at the most @max. */
static unsigned int gather_taken(const u16 *slot, unsigned int max)
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
static bool gather_send(const struct sesparse *s, struct bio *bio,
			struct sesparse_plan *plan, u64 low, unsigned int range,
			unsigned int todo)
{
	const u8 layer = sesparse_cell_layer(low);
	const sector_t sector =
		s->layers[layer].grains +
		(sesparse_cell_grain(low) << SESPARSE_GRAIN_SHIFT);
	const unsigned int max = gather_max(sesparse_device(s, layer));
	unsigned int i, nr;

	for (i = 0; i < range; i += nr ?: 1) {
		nr = gather_taken(plan->slots + i, min(max, range - i));
		if (!nr)
			continue;
		if (!gather_add(s, bio, plan, plan->slots + i, nr, layer,
				sector + (i << SESPARSE_GRAIN_SHIFT)))
			return false;
		todo -= nr;
	}
	/* Two cells with one grain would be a mistake of the map's. */
	return !WARN_ON_ONCE(todo);
}

/**
 * sesparse_gather() - plan bios for grains in the order of the device
 * @s: the target's context
 * @bio: the bio
 * @offset: sector of the disk that it begins at
 * @plan: the plan, with cells from there on and no children
 *
 * Return: false if that is not possible, or worth nothing: take them as pieces.
 */
bool sesparse_gather(const struct sesparse *s, struct bio *bio, sector_t offset,
		     struct sesparse_plan *plan)
{
	unsigned int range, todo;
	u64 low;

	if (!sesparse_debug_way(SESPARSE_WAY_GATHER) ||
	    plan->max < 2 ||
	    (offset | bio_sectors(bio)) & (SESPARSE_GRAIN_SECTORS - 1))
		return false;
	range = gather_range(s, plan, &low);
	if (!range || !gather_pages(bio, plan) ||
	    gather_max(sesparse_device(s, sesparse_cell_layer(low))) < 2)
		return false;
	todo = gather_fill(plan, low, range);
	if (!gather_send(s, bio, plan, low, range, todo)) {
		sesparse_children_drop(plan);
		return false;
	}
	plan->sectors = plan->nr_cells << SESPARSE_GRAIN_SHIFT;
	return true;
}
