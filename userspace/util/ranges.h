/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of ranges of bytes.
 */
#ifndef SESPARSE_UTIL_RANGES_H
#define SESPARSE_UTIL_RANGES_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

/**
 * struct range - bytes of a disk
 * @start: the first
 * @end: the one after the last
 */
struct range {
	u64 start;
	u64 end;
};

/**
 * struct ranges - ranges in order, none that touch; all 0 where there are none
 * @list: they
 * @nr: their number
 * @room: how many there is memory for
 */
struct ranges {
	struct range *list;
	size_t nr;
	size_t room;
};

size_t ranges_find(const struct ranges *r, u64 start);
int ranges_add(struct ranges *r, u64 start, u64 end);
u64 ranges_bytes(const struct ranges *r);
void ranges_free(struct ranges *r);

#endif /* SESPARSE_UTIL_RANGES_H */
