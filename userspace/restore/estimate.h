/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a disk there is to copy.
 */
#ifndef SESPARSE_RESTORE_ESTIMATE_H
#define SESPARSE_RESTORE_ESTIMATE_H

#include "dm-sesparse/portable.h"

struct disk;
struct ranges;

/**
 * struct estimate - bytes of a part of a disk
 * @data: in files and devices
 * @gaps: zeros too few to be worth a step of their own
 * @zeros: other zeros
 */
struct estimate {
	u64 data;
	u64 gaps;
	u64 zeros;
};

int estimate_take(const struct disk *disk, const struct ranges *only, u64 from,
		  u64 to, struct estimate *s);
int estimate_find_bad(const struct disk *disk, struct ranges *bad);

#endif /* SESPARSE_RESTORE_ESTIMATE_H */
