// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is to become of a bio: from what the map says of its grains to zeros, which
 * are cleared where they stand, and to a child for each run, but for runs that
 * gather.c joins.
 *
 * Grains are looked at 1 MiB at a time.  There are runs at the most as there are
 * grains, and without joining a child for each at the most, but that the parent may
 * end in one.  So a plan that goes on only while it has no more than
 * SESPARSE_PLAN_ENOUGH children never has more than it may.  Of joined runs there may
 * be more children than runs, where a device takes few vectors or bytes at once: a
 * plan that comes to its limit so is given up, and made again without joining.
 */
#include "read.h"

/*
 * Has the map cut the grains that are next into runs.  If the bio has more, then up
 * to a multiple of 1 MiB, since what can be joined often lies between such; but the
 * last run to its own end, for it is one piece, whatever its length.
 */
static void plan_look(struct sesparse_plan *plan)
{
	const struct sesparse_map *map = &plan->s->map;
	const u64 behind = DIV_ROUND_UP_ULL(plan->end, SESPARSE_GRAIN_SECTORS);
	struct sesparse_cells *last;
	struct sesparse_run run;
	u64 nr;

	plan->first = (plan->offset + plan->sectors) >> SESPARSE_GRAIN_SHIFT;
	nr = behind - plan->first;
	if (nr > SESPARSE_PLAN_GRAINS)
		nr = SESPARSE_PLAN_GRAINS -
		     (plan->first & (SESPARSE_PLAN_GRAINS - 1));
	plan->nr_runs = sesparse_map_cut(map, plan->first, nr, plan->runs);
	if (plan->first + nr == behind)
		return;
	last = &plan->runs[plan->nr_runs - 1];
	sesparse_map_lookup(map, plan->first + last->first,
			    behind - plan->first - last->first, &run);
	last->nr = run.nr;
}

/* Sector of the disk that a run begins at, or the bio, if that begins in it. */
static inline sector_t plan_begin(const struct sesparse_plan *plan,
				  const struct sesparse_cells *run)
{
	return max(plan->offset, (plan->first + run->first)
				 << SESPARSE_GRAIN_SHIFT);
}

/* Sector of the disk that a run ends before, or the plan, if that ends in it. */
static inline sector_t plan_behind(const struct sesparse_plan *plan,
				   const struct sesparse_cells *run)
{
	return min(plan->end, (plan->first + run->first + run->nr)
			      << SESPARSE_GRAIN_SHIFT);
}

/* Goes on in the bio to what is for sector @at of the disk. */
static inline void plan_seek(const struct sesparse_plan *plan,
			     struct bvec_iter *iter, sector_t at)
{
	const unsigned int left = (plan->end - at) << SECTOR_SHIFT;

	bvec_iter_advance(plan->bio->bi_io_vec, iter, iter->bi_size - left);
}

/* A child for @part of the bio; false: it can't be had. */
static inline bool plan_add_piece(struct sesparse_plan *plan,
				  const struct bvec_iter *part, u8 dev)
{
	struct bio *child = sesparse_child_add(plan, dev, 0);

	if (unlikely(!child))
		return false;
	bio_set_flag(child, BIO_CLONED);
	child->bi_io_vec = plan->bio->bi_io_vec;
	child->bi_iter = *part;
	return true;
}

/*
 * Takes a run into the plan; false: the plan must end before it.  The parent may end
 * in it; then it takes two steps, the second of zeros.
 */
static bool plan_run(struct sesparse_plan *plan,
		     const struct sesparse_cells *cells, struct bvec_iter *iter)
{
	const struct sesparse_run run =
		sesparse_map_run(&plan->s->map, cells->cell, cells->nr);
	const sector_t behind = plan_behind(plan, cells);
	sector_t at = plan_begin(plan, cells);
	struct sesparse_below below;
	struct bvec_iter part;

	for (; at < behind; at += below.sectors) {
		below = sesparse_below_run(plan->s, &run, at, behind - at);
		if (unlikely(below.dev == SESPARSE_DEV_ERROR))
			return false;
		plan_seek(plan, iter, at);
		part = *iter;
		part.bi_sector = below.sector;
		part.bi_size = below.sectors << SECTOR_SHIFT;
		if (below.dev == SESPARSE_DEV_ZEROS)
			sesparse_clear_part(plan->bio, part);
		else if (unlikely(!plan_add_piece(plan, &part, below.dev)))
			return false;
	}
	return true;
}

/* Takes a run that is alone; false: the plan must end before it. */
static inline bool plan_alone(struct sesparse_plan *plan,
			      const struct sesparse_cells *run,
			      struct bvec_iter *iter)
{
	if (likely(plan_run(plan, run, iter)))
		return true;
	plan->sectors = plan_begin(plan, run) - plan->offset;
	return false;
}

/* Takes all runs of @plan->alone; false: the plan must end before one. */
static bool plan_runs(struct sesparse_plan *plan, struct bvec_iter *iter)
{
	unsigned int at;
	unsigned long bits;

	for (at = 0; at < plan->nr_runs; at += BITS_PER_LONG)
		for (bits = plan->alone[at / BITS_PER_LONG]; bits;
		     bits &= bits - 1)
			if (!plan_alone(plan, plan->runs + at + __ffs(bits),
					iter))
				return false;
	return true;
}

/* Joins runs where it may; false: some may be read in part, as sesparse_gather() says. */
static bool plan_join(struct sesparse_plan *plan, const struct bvec_iter *iter)
{
	plan->joined = false;
	if (plan->gather)
		return sesparse_gather(plan, iter);
	bitmap_zero(plan->alone, SESPARSE_PLAN_GRAINS);
	bitmap_set(plan->alone, 0, plan->nr_runs);
	return true;
}

/*
 * Plans up to the end of the bio, an error, where no child can be had, or where there
 * are enough.  False: there are children for grains behind that.
 */
static bool plan_all(struct sesparse_plan *plan)
{
	const unsigned int sectors = plan->end - plan->offset;
	struct bvec_iter iter = plan->bio->bi_iter;

	iter.bi_size = sectors << SECTOR_SHIFT;
	do {
		plan_look(plan);
		plan_seek(plan, &iter, plan->offset + plan->sectors);
		if (!plan_join(plan, &iter))
			return false;
		if (!plan_runs(plan, &iter))
			return !plan->joined;
		if (!plan->nr_runs)
			break;
		plan->sectors = plan_behind(plan, plan->runs + plan->nr_runs - 1) -
				plan->offset;
	} while (plan->sectors < sectors && plan->nr <= SESPARSE_PLAN_ENOUGH);
	return true;
}

/**
 * sesparse_plan_make() - plan what becomes of a bio
 * @plan: the plan, with nothing in it
 *
 * What the plan covers may be less than the bio, or nothing.  Zeros are cleared at
 * once; where a plan is given up they are cleared again.
 */
void sesparse_plan_make(struct sesparse_plan *plan)
{
	if (likely(plan_all(plan)))
		return;
	sesparse_children_drop(plan);
	plan->sectors = 0;
	/* Such a bio may have one child only: read_send() ends it. */
	if (plan->max == 1)
		return;
	/* Run after run, so that what there is memory for is the bio's begin. */
	plan->gather = false;
	plan_all(plan);
}
