/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zeros among what has been read.
 */
#ifndef SESPARSE_RESTORE_ZEROS_H
#define SESPARSE_RESTORE_ZEROS_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

/**
 * struct zeros_found - bytes that were found to be zeros and so not written
 * @data: of a file or device
 * @gaps: of what is between those in a block: no source has them, or it could not
 *        be read
 */
struct zeros_found {
	u64 data;
	u64 gaps;
};

/**
 * struct zeros_block - what is looked into
 * @bytes: it
 * @size: their number, PLAN_BLOCK_BYTES at the most
 * @blank: of each PLAN_ALIGN of them, how many are known to be zeros; where that
 *         is all, they are not looked at
 */
struct zeros_block {
	const char *bytes;
	size_t size;
	const unsigned short *blank;
};

/**
 * struct zeros_run - a part of a block
 * @end: byte after its last
 * @is_zero: it is zeros; else it is taken to be data
 */
struct zeros_run {
	size_t end;
	bool is_zero;
};

/* Parts of a block at the most. */
#define ZEROS_MAX_RUNS 64

bool zeros_are(const char *bytes, size_t size);
size_t zeros_cut(const struct zeros_block *b, size_t least,
		 struct zeros_run runs[ZEROS_MAX_RUNS]);

#endif /* SESPARSE_RESTORE_ZEROS_H */
