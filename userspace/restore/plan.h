/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk cut into steps in its order: long stretches of zeros, and blocks of at
 * most a buffer's size that are to be gathered from where their pieces are.
 */
#ifndef SESPARSE_RESTORE_PLAN_H
#define SESPARSE_RESTORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"
#include "source/holes.h"
#include "util/ranges.h"

struct disk;
struct source;

/* The largest block, in bytes. */
#define PLAN_BLOCK_BYTES (1024 * 1024)

/*
 * Steps begin and end at multiples of this many bytes, but for the disk's end:
 * direct I/O can write them, whatever the device.
 */
#define PLAN_ALIGN 4096

/*
 * Fewer zeros than this are read with what is around them: bytes are cheaper than
 * an operation more.
 */
#define PLAN_MIN_GAP_BYTES (32 * 1024)

/* A block's pieces are sectors at least. */
#define PLAN_MAX_FRAGMENTS (PLAN_BLOCK_BYTES / 512)

/**
 * struct fragment - a piece of a block
 * @source: the file or device that it is read from
 * @at: its first byte there
 * @offset: its first byte in the block
 * @bytes: its length
 */
struct fragment {
	const struct source *source;
	u64 at;
	size_t offset;
	size_t bytes;
};

/**
 * struct step - a stretch of the disk
 * @start: its first byte
 * @bytes: its length
 * @is_zero: it is zeros, however long; else a block
 * @fragments: the block's pieces, in their order; what is between is zeros
 * @nr_fragments: their number
 * @data: bytes in all fragments
 */
struct step {
	u64 start;
	u64 bytes;
	bool is_zero;
	struct fragment *fragments;
	size_t nr_fragments;
	size_t data;
};

/**
 * struct piece - a range of the disk that is kept in one place
 * @start: its first byte
 * @end: byte after the last
 * @source: what holds it; NULL: it is zeros
 * @at: its first byte there
 */
struct piece {
	u64 start;
	u64 end;
	const struct source *source;
	u64 at;
};

/**
 * struct plan - where the cutting has got to
 * @disk: the disk
 * @only: the parts of it that there are to be steps of, which begin and end where
 *        steps may; NULL: all of it
 * @window: which of them is gone through
 * @to: where the last step ends at the latest
 * @bytes: where the disk, or the part, is taken to end
 * @at: first byte of the next step
 * @piece: the last that was looked up
 * @zeros: the last that were looked for
 * @holes: of the files
 */
struct plan {
	const struct disk *disk;
	const struct ranges *only;
	size_t window;
	u64 to;
	u64 bytes;
	u64 at;
	struct piece piece;
	struct range zeros;
	struct holes_seen holes;
};

void plan_start(struct plan *p, const struct disk *disk,
		const struct ranges *only, u64 from, u64 to);
const struct piece *plan_look(struct plan *p, u64 at);
bool plan_next(struct plan *p, struct step *step);
void plan_zero_block(u64 from, u64 to, struct step *step);

#endif /* SESPARSE_RESTORE_PLAN_H */
