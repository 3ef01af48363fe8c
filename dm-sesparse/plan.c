// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what the map says of a bio's grains to pieces: one for each run.
 */
#include "read.h"

#define LONG_RUN 16

/**
 * sesparse_plan_cells() - have the map say what grains are
 * @s: the target's context
 * @plan: the plan, of which @nr_cells and @cells are set
 * @at: sector of the disk
 * @end: sector behind those wanted
 *
 * If the grains are too many, then up to a multiple of 1 MiB, since what can be
 * gathered often lies between such.
 */
void sesparse_plan_cells(const struct sesparse *s, struct sesparse_plan *plan,
			 sector_t at, sector_t end)
{
	const u64 first = at >> SESPARSE_GRAIN_SHIFT;
	const u64 wanted =
		DIV_ROUND_UP_ULL(end, SESPARSE_GRAIN_SECTORS) - first;

	plan->nr_cells = wanted <= SESPARSE_PLAN_GRAINS
				 ? wanted
				 : SESPARSE_PLAN_GRAINS -
					   (first & (SESPARSE_PLAN_GRAINS - 1));
	sesparse_map_read(&s->map, first, plan->nr_cells, plan->cells);
}

/* A bio for @part of the bio; false: it can't be had. */
static inline bool plan_add_piece(const struct sesparse *s, struct bio *bio,
				  struct sesparse_plan *plan,
				  const struct bvec_iter *part, u8 dev)
{
	struct bio *child;

	if (unlikely(plan->nr == plan->max))
		return false;
	child = sesparse_child_add(s, bio, plan, dev, 0);
	if (unlikely(!child))
		return false;
	bio_set_flag(child, BIO_CLONED);
	child->bi_io_vec = bio->bi_io_vec;
	child->bi_iter = *part;
	return true;
}

/* Takes a run into the plan; false: the plan must end before it. */
static inline bool plan_run(const struct sesparse *s, struct bio *bio,
			    struct sesparse_plan *plan, struct bvec_iter *iter,
			    const struct sesparse_below *below)
{
	const unsigned int bytes = below->sectors << SECTOR_SHIFT;
	struct bvec_iter part = *iter;

	if (unlikely(below->dev == SESPARSE_DEV_ERROR))
		return false;
	part.bi_sector = below->sector;
	part.bi_size = bytes;
	if (below->dev == SESPARSE_DEV_ZEROS)
		sesparse_clear_part(bio, part);
	else if (unlikely(!plan_add_piece(s, bio, plan, &part, below->dev)))
		return false;
	bvec_iter_advance(bio->bi_io_vec, iter, bytes);
	plan->sectors += below->sectors;
	return true;
}

/*
 * Takes the runs that begin in the cells, which begin at sector @at of the disk,
 * at the most up to sector @end; false: the plan must end.
 */
static bool plan_runs(const struct sesparse *s, struct bio *bio,
		      struct sesparse_plan *plan, struct bvec_iter *iter,
		      sector_t at, sector_t end)
{
	const u64 *cell = plan->cells, *const behind = cell + plan->nr_cells;
	struct sesparse_run run;
	struct sesparse_below below;
	sector_t next;

	for (; cell < behind; cell += run.nr, at = next) {
		run = sesparse_map_run(
			&s->map, *cell,
			sesparse_run_length(cell, behind - cell));
		next = min_t(u64, end,
			     ((at >> SESPARSE_GRAIN_SHIFT) + run.nr)
				     << SESPARSE_GRAIN_SHIFT);
		/* The last one may be longer than the cells tell. */
		if (unlikely(cell + run.nr == behind && next < end))
			below = sesparse_below(s, at, end - at);
		else
			below = sesparse_below_run(s, &run, at, next - at);
		if (!plan_run(s, bio, plan, iter, &below))
			return false;
		/* The parent ends in the run, or it goes on: begin anew. */
		if (unlikely(below.sectors != next - at))
			break;
	}
	return true;
}

static bool plan_has_long_runs(const struct sesparse_plan *plan)
{
	return plan->nr * LONG_RUN <= plan->sectors >> SESPARSE_GRAIN_SHIFT;
}

/**
 * sesparse_plan_pieces() - plan run after run
 * @s: the target's context
 * @bio: the bio
 * @offset: sector of the disk that it begins at
 * @plan: the plan, with cells from there on
 *
 * Up to the end of the bio, an error, or as many pieces as a plan holds; while they
 * are short not past the cells, for the next may be worth gathering.  Zeros are
 * cleared at once: should the plan be given up, they are cleared again.
 */
void sesparse_plan_pieces(const struct sesparse *s, struct bio *bio,
			  sector_t offset, struct sesparse_plan *plan)
{
	const sector_t end = offset + sesparse_sectors_at_once(bio);
	struct bvec_iter iter = bio->bi_iter;

	while (plan_runs(s, bio, plan, &iter, offset + plan->sectors, end) &&
	       offset + plan->sectors < end && plan_has_long_runs(plan))
		sesparse_plan_cells(s, plan, offset + plan->sectors, end);
}
