/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a disk each link of its chain holds, and in how many pieces.
 */
#ifndef SESPARSE_DISK_USAGE_H
#define SESPARSE_DISK_USAGE_H

#include "disk/disk.h"

/**
 * struct share - a part of the disk
 * @data: sectors that hold data
 * @runs: ranges that are one piece on the disk and in the file
 * @zero: sectors that say zeros
 */
struct share {
	u64 data;
	u64 runs;
	u64 zero;
};

/**
 * struct usage - a whole disk
 * @links: of each link of the chain; where the disk is what changed since a link, of
 *         those above that
 * @nr: their number
 * @total: of all of them
 * @holes: sectors that read zeros since nothing is there
 * @errors: sectors that read as an I/O error
 */
struct usage {
	struct share *links;
	size_t nr;
	struct share total;
	u64 holes;
	u64 errors;
};

int usage_count(const struct disk *disk, struct usage *usage);
u64 share_mean(const struct share *share);
void usage_free(struct usage *usage);

#endif /* SESPARSE_DISK_USAGE_H */
