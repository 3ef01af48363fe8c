/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk written to a target, and read back.
 */
#ifndef SESPARSE_RESTORE_COPY_H
#define SESPARSE_RESTORE_COPY_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct disk;
struct log;
struct progress;
struct ranges;
struct state;
struct target;
struct zeros_found;

/**
 * struct copy - a disk and its target
 * @log: how much to tell
 * @disk: the disk
 * @only: the parts of it that are copied, as of plan_start(); NULL: all
 * @target: the target
 * @salvage: what cannot be read is zeros
 * @bad: if so, the bytes of the disk that this is true of
 * @zeros: what was found to be zeros, and so not written, is added to it
 * @resume: where to write down how far it has got; NULL: nowhere
 * @progress: of the blocks, and of zeros where they take as long
 */
struct copy {
	const struct log *log;
	const struct disk *disk;
	const struct ranges *only;
	struct target *target;
	bool salvage;
	struct ranges *bad;
	struct zeros_found *zeros;
	struct state *resume;
	struct progress *progress;
};

int copy_write(const struct copy *c, u64 from, u64 to);
int copy_compare(const struct copy *c, u64 from, u64 to);
int copy_find_begun(const struct copy *c, u64 bytes, bool *is_begun);

#endif /* SESPARSE_RESTORE_COPY_H */
