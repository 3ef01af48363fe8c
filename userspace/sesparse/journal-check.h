/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what a replay would change fits the rest of the metadata: step 7.
 */
#ifndef SESPARSE_SESPARSE_JOURNAL_CHECK_H
#define SESPARSE_SESPARSE_JOURNAL_CHECK_H

#include "sesparse/journal.h"

/* Both orders of a bitmap's bits in their byte: nobody knows which one is meant. */
#define JOURNAL_BIT_ORDERS 2

/* Which part of the metadata a sector is in. */
enum journal_region {
	JOURNAL_DIRECTORY,
	JOURNAL_TABLES,
	JOURNAL_BITMAP,
	JOURNAL_BACKMAP,
	JOURNAL_REGIONS,
};

/**
 * struct journal_extent - the extent whose metadata a replay changes
 * @headers: its first SESPARSE_HEADER_BYTES, which sesparse_decode_header() took
 * @geo: what it made of them
 * @patches: the sectors that change
 * @read: reads a sector of it as it is on disk; 0 or an errno
 * @private: for @read
 */
struct journal_extent {
	const void *headers;
	const struct sesparse_geometry *geo;
	const struct journal_patches *patches;
	int (*read)(void *private, u64 sector, void *buf);
	void *private;
};

/**
 * struct journal_owner - a grain table with a sector that is patched
 * @table: which one of the extent
 * @owner: which of the disk's it is, once that is known, or ~0
 */
struct journal_owner {
	u64 table;
	u64 owner;
};

/**
 * struct journal_check - a check of what changes
 * @x: the extent
 * @first: the first sector of each region
 * @end: the one behind its last
 * @held: of each region, the sector in @cache, or ~0
 * @cache: sectors as they are on disk
 * @old: the patched sector at hand, as it is on disk
 * @owners: of tables that are patched, in their order
 * @nr_owners: their number
 * @changed: sectors that are not on disk as they will be
 * @misfit: why the bitmap doesn't fit, with the least bit first and the greatest;
 *	    empty: it does
 * @error: the errno of a read that failed
 * @at: its sector
 */
struct journal_check {
	const struct journal_extent *x;
	u64 first[JOURNAL_REGIONS];
	u64 end[JOURNAL_REGIONS];
	u64 held[JOURNAL_REGIONS];
	__le64 cache[JOURNAL_REGIONS][SESPARSE_SECTOR_SIZE / sizeof(__le64)];
	__le64 old[SESPARSE_SECTOR_SIZE / sizeof(__le64)];
	struct journal_owner *owners;
	size_t nr_owners;
	size_t changed;
	struct journal_why misfit[JOURNAL_BIT_ORDERS];
	int error;
	u64 at;
};

int journal_check_begin(struct journal_check *c,
			const struct journal_extent *x,
			struct journal_why *why);
int journal_check_mapped(struct journal_check *c, u64 grain, u64 nr,
			 struct journal_why *why);
void journal_check_end(struct journal_check *c);

#endif /* SESPARSE_SESPARSE_JOURNAL_CHECK_H */
