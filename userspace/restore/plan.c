// SPDX-License-Identifier: GPL-2.0-only
#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "restore/plan.h"
#include "source/source.h"

/* Shorter runs of data are not worth asking whether they are holes. */
#define MIN_HOLE_BYTES (64 * 1024)

static u64 round_down(u64 value)
{
	return value - value % PLAN_ALIGN;
}

static u64 round_up(u64 value)
{
	return round_down(value + PLAN_ALIGN - 1);
}

/**
 * plan_start() - begin to cut a disk
 * @p: the plan
 * @disk: the disk, which must outlive it
 * @only: parts of the disk, which must outlive it, too: their bytes alone are in
 *        steps; NULL: all are.  They begin and end where a step may
 * @from: byte to begin at, where a step may begin
 * @to: byte to end before, where a step may end
 */
void plan_start(struct plan *p, const struct disk *disk,
		const struct ranges *only, u64 from, u64 to)
{
	*p = (struct plan){
		.disk = disk,
		.only = only,
		.to = to,
		.bytes = only ? 0 : to,
		.at = from,
	};
}

/* Take the plan to the next part that has something left; false: none has. */
static bool enter_part(struct plan *p)
{
	const struct range *part;
	u64 end;

	for (; p->window < p->only->nr; p->window++) {
		part = &p->only->list[p->window];
		end = min_t(u64, part->end, p->to);
		if (p->at >= part->end)
			continue;
		p->at = max_t(u64, p->at, part->start);
		p->bytes = end;
		return p->at < end;
	}
	return false;
}

/* Take @p to what can be read at once, and cut it where that ends. */
static void place(struct piece *p, struct holes_seen *holes)
{
	const struct source_place place =
		source_place(p->source, p->at, p->at + (p->end - p->start),
			     MIN_HOLE_BYTES, holes);

	p->source = place.source;
	p->at = place.at;
	p->end = p->start + place.bytes;
}

/**
 * plan_look() - where a byte of the disk is kept
 * @p: the plan
 * @at: the byte, the first of a sector
 *
 * Holes of a file are zeros like any other.
 *
 * Return: the range that begins there; good until the next call.
 */
const struct piece *plan_look(struct plan *p, u64 at)
{
	struct piece *piece = &p->piece;
	struct disk_range range;

	if (at >= piece->start && at < piece->end) {
		piece->at += at - piece->start;
		piece->start = at;
		return piece;
	}
	disk_look(p->disk, at / SESPARSE_SECTOR_SIZE, &range);
	*piece = (struct piece){
		.start = at,
		.end = (range.start + range.sectors) * SESPARSE_SECTOR_SIZE,
		.source = range.kind == DISK_DATA ? range.source : NULL,
		.at = range.at * SESPARSE_SECTOR_SIZE,
	};
	if (piece->source)
		place(piece, &p->holes);
	return piece;
}

/*
 * The end of the zeros that begin at @at, which may be none.  Those of a large
 * disk take a while to go through, so once must do.
 */
static u64 end_of_zeros(struct plan *p, u64 at)
{
	const struct piece *piece;
	u64 end = at;

	if (at >= p->zeros.start && at < p->zeros.end)
		return p->zeros.end;
	while (end < p->bytes) {
		piece = plan_look(p, end);
		if (piece->source)
			break;
		end = piece->end;
	}
	end = min_t(u64, end, p->bytes);
	p->zeros = (struct range){ .start = at, .end = end };
	return end;
}

/*
 * The part of the zeros from @from to @to that is a step of its own: it begins
 * where this says, and ends at @end; if it is too short, both are @from.
 */
static u64 gap(const struct plan *p, u64 from, u64 to, u64 *end)
{
	u64 begin = round_up(from);

	*end = to == p->bytes ? to : round_down(to);
	if (*end > begin && (*end - begin >= PLAN_MIN_GAP_BYTES || to == p->bytes))
		return begin;
	*end = from;
	return from;
}

static void add_fragment(struct step *step, const struct piece *piece, u64 end)
{
	step->fragments[step->nr_fragments++] = (struct fragment){
		.source = piece->source,
		.at = piece->at,
		.offset = (size_t)(piece->start - step->start),
		.bytes = (size_t)(end - piece->start),
	};
	step->data += (size_t)(end - piece->start);
}

/* A block ends at a multiple of its size, at a gap, or with the disk. */
static u64 fill_block(struct plan *p, struct step *step)
{
	const u64 limit = min_t(u64, p->bytes, step->start + PLAN_BLOCK_BYTES -
				step->start % PLAN_BLOCK_BYTES);
	const struct piece *piece;
	u64 at = step->start, zeros, begin, end;

	while (at < limit) {
		zeros = end_of_zeros(p, at);
		begin = gap(p, at, zeros, &end);
		if (end > begin)
			return min_t(u64, begin, limit);
		at = zeros;
		if (at >= limit)
			break;
		piece = plan_look(p, at);
		at = min_t(u64, piece->end, limit);
		add_fragment(step, piece, at);
	}
	return limit;
}

/**
 * plan_next() - the next step
 * @p: the plan
 * @step: filled in; its fragments have room for PLAN_MAX_FRAGMENTS
 *
 * Return: false if the disk has ended.
 */
bool plan_next(struct plan *p, struct step *step)
{
	u64 end;

	if (p->at >= p->bytes && !(p->only && enter_part(p)))
		return false;
	step->start = p->at;
	step->nr_fragments = 0;
	step->data = 0;
	gap(p, p->at, end_of_zeros(p, p->at), &end);
	step->is_zero = end > p->at;
	if (!step->is_zero)
		end = fill_block(p, step);
	step->bytes = end - p->at;
	p->at = end;
	return true;
}

/**
 * plan_zero_block() - the first block of zeros that are to be handled as data are
 * @from: their first byte
 * @to: byte after their last
 * @step: set to the block
 */
void plan_zero_block(u64 from, u64 to, struct step *step)
{
	step->start = from;
	step->bytes = min_t(u64, to - from,
			    PLAN_BLOCK_BYTES - from % PLAN_BLOCK_BYTES);
	step->is_zero = false;
	step->nr_fragments = 0;
	step->data = 0;
}
