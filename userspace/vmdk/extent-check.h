/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an extent holds what its descriptor says.
 */
#ifndef SESPARSE_VMDK_EXTENT_CHECK_H
#define SESPARSE_VMDK_EXTENT_CHECK_H

#include "dm-sesparse/portable.h"

struct chain;
struct descriptor;
struct extent;
struct log;
struct sesparse_geometry;

int extent_geometry(const struct descriptor *d, const struct extent *e,
		    struct sesparse_geometry *geo);
u64 extent_table_bytes(const struct extent *e);
int extents_check(const struct log *log, struct chain *chain, bool ignore_dirty,
		  bool salvage);
int extents_check_sectors(const struct chain *chain, unsigned int size);

#endif /* SESPARSE_VMDK_EXTENT_CHECK_H */
