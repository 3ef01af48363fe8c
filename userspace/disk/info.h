/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to know of a chain as a whole and of each of its links.
 */
#ifndef SESPARSE_DISK_INFO_H
#define SESPARSE_DISK_INFO_H

#include "disk/usage.h"

struct chain;
struct log;

/**
 * struct info_link - a link of a chain by itself
 * @size: bytes that its files take, its descriptor's among them
 * @dirty: an extent was not closed cleanly
 * @replayed: the journal of one was replayed in memory
 * @changed: its parent's content ID is not the one it was made for
 * @share: what it holds, hidden or not
 * @errors: sectors that its tables make I/O errors
 */
struct info_link {
	u64 size;
	bool dirty;
	bool replayed;
	bool changed;
	struct share share;
	u64 errors;
};

/**
 * struct info - a chain
 * @chain: the chain
 * @links: each of its links
 * @share: what a read of the whole disk finds
 * @errors: sectors of the disk that are I/O errors
 * @map_bytes: memory that the target's map takes
 */
struct info {
	const struct chain *chain;
	struct info_link *links;
	struct share share;
	u64 errors;
	u64 map_bytes;
};

int info_read(const struct log *log, const struct chain *chain,
	      struct info *info);
void info_free(struct info *info);

#endif /* SESPARSE_DISK_INFO_H */
