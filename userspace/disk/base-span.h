/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disk below the seSparse layers, as its descriptor lays it out.
 */
#ifndef SESPARSE_DISK_BASE_SPAN_H
#define SESPARSE_DISK_BASE_SPAN_H

#include "dm-sesparse/portable.h"

struct descriptor;

/**
 * struct base_span - a piece of the base
 * @extent: what holds it; NULL: zeros, unless @missing
 * @sector: where it begins there, in sectors of the extent's file
 * @length: in sectors
 * @beyond: the base has ended, which is why there are zeros
 * @missing: what would hold it is not here: no zeros, but an I/O error
 */
struct base_span {
	const struct extent *extent;
	u64 sector;
	u64 length;
	bool beyond;
	bool missing;
};

struct base_span base_span(const struct descriptor *base, u64 start, u64 end);

#endif /* SESPARSE_DISK_BASE_SPAN_H */
