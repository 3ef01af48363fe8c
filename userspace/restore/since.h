/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A target that holds an older disk, and gets only what changed since.
 */
#ifndef SESPARSE_RESTORE_SINCE_H
#define SESPARSE_RESTORE_SINCE_H

#include <stdbool.h>
#include <stddef.h>

#include "disk/changed.h"
#include "util/ranges.h"

struct chain;
struct copy;
struct log;

/**
 * struct since - what changed; not to be moved
 * @depth: the link of the newer disk's chain that is the older disk
 * @changed: what changed, and what the older disk reads as
 * @parts: of the disk, in which all that changed lies, in whole steps
 * @bytes: how much changed
 */
struct since {
	size_t depth;
	struct changed changed;
	struct ranges parts;
	u64 bytes;
};

int since_read(const struct log *log, const struct chain *chain, size_t depth,
	       bool salvage, struct since *since);
int since_check_target(const struct since *since, const struct copy *copy);
void since_free(struct since *since);

#endif /* SESPARSE_RESTORE_SINCE_H */
