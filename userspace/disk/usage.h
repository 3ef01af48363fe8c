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
 * struct shares - a whole disk
 * @links: of each link of the chain
 * @nr: their number
 * @total: of all of them
 * @holes: sectors that read zeros since nothing is there
 * @errors: sectors that read as an I/O error
 */
struct shares {
	struct share *links;
	size_t nr;
	struct share total;
	u64 holes;
	u64 errors;
};

int shares_count(const struct disk *disk, struct shares *shares);
u64 share_mean(const struct share *share);
void shares_free(struct shares *shares);

#endif /* SESPARSE_DISK_USAGE_H */
