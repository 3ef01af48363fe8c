/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an extent holds what its descriptor says.
 */
#ifndef SESPARSE_VMDK_EXTENT_CHECK_H
#define SESPARSE_VMDK_EXTENT_CHECK_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct chain;
struct descriptor;
struct extent;
struct log;
struct replayed;
struct sesparse_geometry;

/**
 * struct check_options - what to let pass
 * @ignore_dirty: only warn of a seSparse extent that was not closed cleanly
 * @replay: replay its journal in memory instead; experimental
 * @leave_out_newest: but for the newest record, if it is refused with that
 * @replayed: what is replayed is added to it
 * @ignore_kind: only warn of a base that begins as what is no disk's raw bytes
 * @salvage: go on without what is not right, below the newest layer
 */
struct check_options {
	bool ignore_dirty;
	bool replay;
	bool leave_out_newest;
	struct replayed *replayed;
	bool ignore_kind;
	bool salvage;
};

int extent_geometry(const struct descriptor *d, const struct extent *e,
		    struct sesparse_geometry *geo);
int extents_replay(const struct log *log, const struct chain *chain,
		   const struct check_options *options);
u64 extent_table_bytes(const struct extent *e);
int extents_check(const struct log *log, struct chain *chain,
		  const struct check_options *options);
int extents_check_sectors(const struct chain *chain, unsigned int size);
u64 extents_table_bytes(const struct chain *chain);

#endif /* SESPARSE_VMDK_EXTENT_CHECK_H */
