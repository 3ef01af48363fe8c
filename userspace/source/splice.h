/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source of which some blocks come from memory: what it reads as is changed,
 * what it is read from is not.
 */
#ifndef SESPARSE_SOURCE_SPLICE_H
#define SESPARSE_SOURCE_SPLICE_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

struct source;

/* So aligned are the blocks, that devices of sectors of this size can have them. */
#define SPLICE_BLOCK 4096

int splice_begin(struct source *source);
void splice_allow_unreadable(struct source *source, u64 start, u64 end);
int splice_write(struct source *source, const void *data, size_t bytes, u64 at);
int splice_end(struct source *source);
struct source *splice_beneath(const struct source *source);
int splice_hash(const struct source *source, u64 *hash);
void splice_undo(struct source *source);
int splice_hold_disk(const struct source *source, struct source *held);

#endif /* SESPARSE_SOURCE_SPLICE_H */
