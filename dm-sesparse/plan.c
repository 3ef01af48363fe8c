// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is to become of a bio: from what the map says of its grains to zeros, which
 * are cleared where they stand, and to a child for each run, but for runs that
 * gather.c joins.
 */
#include "read.h"

/* Grains to a child from which on children are few enough to go on planning. */
#define PLAN_LONG_RUN 16

/*
 * Has the map say what the grains are from sector @at of the disk on, up to @end, and
 * cuts them into runs.  If they are too many, then up to a multiple of 1 MiB, since
 * what can be joined often lies between such.
 */
static void plan_look(struct sesparse_plan *plan, sector_t at, sector_t end)
{
	const u64 first = at >> SESPARSE_GRAIN_SHIFT;
	const u64 wanted = DIV_ROUND_UP_ULL(end, SESPARSE_GRAIN_SECTORS) - first;
	struct sesparse_cells *run = plan->runs;
	unsigned int i, nr = wanted;

	if (wanted > SESPARSE_PLAN_GRAINS)
		nr = SESPARSE_PLAN_GRAINS - (first & (SESPARSE_PLAN_GRAINS - 1));
	sesparse_map_read(&plan->s->map, first, nr, plan->cells);
	for (i = 0; i < nr; i += run->nr, run++) {
		run->first = i;
		run->nr = sesparse_run_length(plan->cells + i, nr - i);
	}
	plan->nr_cells = nr;
	plan->nr_runs = run - plan->runs;
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

/* Takes what is next into the plan; false: the plan must end before it. */
static inline bool plan_take(struct sesparse_plan *plan, struct bvec_iter *iter,
			     const struct sesparse_below *below)
{
	const unsigned int bytes = below->sectors << SECTOR_SHIFT;
	struct bvec_iter part = *iter;

	if (unlikely(below->dev == SESPARSE_DEV_ERROR))
		return false;
	part.bi_sector = below->sector;
	part.bi_size = bytes;
	if (below->dev == SESPARSE_DEV_ZEROS)
		sesparse_clear_part(plan->bio, part);
	else if (unlikely(!plan_add_piece(plan, &part, below->dev)))
		return false;
	bvec_iter_advance(plan->bio->bi_io_vec, iter, bytes);
	plan->sectors += below->sectors;
	return true;
}

/*
 * Takes a run, of which the cells tell up to sector @next of the disk; the bio begins
 * at @offset.  The parent may end in it; then it takes several steps, the last of
 * zeros.  False: the plan must end.
 */
static inline bool plan_run(struct sesparse_plan *plan, struct bvec_iter *iter,
			    const struct sesparse_run *run, sector_t offset,
			    sector_t next)
{
	struct sesparse_below below;
	sector_t at;

	for (at = offset + plan->sectors; at < next; at += below.sectors) {
		below = sesparse_below_run(plan->s, run, at, next - at);
		if (!plan_take(plan, iter, &below))
			return false;
	}
	return true;
}

/*
 * Likewise the last run of the cells, where the bio goes on behind them up to @end:
 * how long it is, only the map knows.  It is one piece, whatever its length.
 */
static bool plan_last_run(struct sesparse_plan *plan, struct bvec_iter *iter,
			  sector_t offset, sector_t next, sector_t end)
{
	struct sesparse_below below;
	sector_t at;

	for (at = offset + plan->sectors; at < next; at += below.sectors) {
		below = sesparse_below(plan->s, at, end - at);
		if (!plan_take(plan, iter, &below))
			return false;
	}
	return true;
}

/* Passes over grains that have a child. */
static inline void plan_pass(struct sesparse_plan *plan, struct bvec_iter *iter,
			     unsigned int grains)
{
	bvec_iter_advance(plan->bio->bi_io_vec, iter,
			  grains * SESPARSE_GRAIN_BYTES);
	plan->sectors += grains << SESPARSE_GRAIN_SHIFT;
}

/*
 * Takes all runs of the cells that have no child yet, at the most up to sector @end;
 * the bio begins at @offset.  False: the plan must end before one of them.
 */
static bool plan_runs(struct sesparse_plan *plan, struct bvec_iter *iter,
		      sector_t offset, sector_t end)
{
	const u64 first = (offset + plan->sectors) >> SESPARSE_GRAIN_SHIFT;
	const struct sesparse_cells *cells = plan->runs;
	const struct sesparse_cells *const behind = cells + plan->nr_runs;
	unsigned int planned = 0;
	struct sesparse_run run;
	sector_t next;
	bool ok;

	for (; cells < behind; cells++) {
		const u64 cell = plan->cells[cells->first];

		if (cell == SESPARSE_CELL_PLANNED) {
			planned += cells->nr;
			continue;
		}
		if (planned) {
			plan_pass(plan, iter, planned);
			planned = 0;
		}
		next = (first + cells->first + cells->nr)
		       << SESPARSE_GRAIN_SHIFT;
		if (cells + 1 == behind && next < end) {
			ok = plan_last_run(plan, iter, offset, next, end);
		} else {
			run = sesparse_map_run(&plan->s->map, cell, cells->nr);
			ok = plan_run(plan, iter, &run, offset,
				      min(next, end));
		}
		if (!ok)
			return false;
	}
	if (planned)
		plan_pass(plan, iter, planned);
	return true;
}

static bool plan_has_long_runs(const struct sesparse_plan *plan)
{
	return plan->nr * PLAN_LONG_RUN <=
	       plan->sectors >> SESPARSE_GRAIN_SHIFT;
}

/*
 * Plans up to the end of the bio, an error, or where no child can be had; not past
 * the cells if children are many, for a plan holds no more than so many.  False: there
 * are children for grains behind that.
 */
static bool plan_all(struct sesparse_plan *plan, sector_t offset)
{
	const sector_t end = offset + sesparse_sectors_at_once(plan->bio);
	struct bvec_iter iter = plan->bio->bi_iter;
	unsigned int joined;

	do {
		plan_look(plan, offset + plan->sectors, end);
		joined = plan->gather ? sesparse_gather(plan, iter) : 0;
		if (joined == plan->nr_cells)
			plan_pass(plan, &iter, joined);
		else if (!plan_runs(plan, &iter, offset, end))
			return !joined;
	} while (offset + plan->sectors < end && plan_has_long_runs(plan));
	return true;
}

/**
 * sesparse_plan_make() - plan what becomes of a bio
 * @plan: the plan, with nothing in it
 * @offset: sector of the disk that the bio begins at
 *
 * What the plan covers may be less than the bio, or nothing.  Zeros are cleared at
 * once; where a plan is given up they are cleared again.
 */
void sesparse_plan_make(struct sesparse_plan *plan, sector_t offset)
{
	if (likely(plan_all(plan, offset)))
		return;
	/*
	 * Then run after run, so that what there is memory for is the bio's begin; but
	 * a bio that must stay one is over.
	 */
	sesparse_children_drop(plan);
	plan->sectors = 0;
	plan->gather = false;
	if (plan->max > 1)
		plan_all(plan, offset);
}
