/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two disks compared, and the sum of one.
 */
#ifndef SESPARSE_RESTORE_SAME_H
#define SESPARSE_RESTORE_SAME_H

#include <stdbool.h>

#include "util/sha256.h"

struct disk;
struct log;
struct progress;
struct ranges;

/**
 * struct difference - where two disks differ first
 * @differ: they do
 * @at: at this byte
 */
struct difference {
	bool differ;
	u64 at;
};

int disks_compare(const struct log *log, const struct disk *a,
		  const struct disk *b, struct progress *progress,
		  struct difference *difference);
int disk_sum(const struct log *log, const struct disk *disk, struct ranges *bad,
	     struct progress *progress, char sum[SHA256_TEXT]);

#endif /* SESPARSE_RESTORE_SAME_H */
