/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk's ranges in order, holes in the files of its base told apart from data.
 */
#ifndef SESPARSE_DISK_WALK_H
#define SESPARSE_DISK_WALK_H

#include "disk/disk.h"

/**
 * struct walk - where the going through has got to
 * @disk: the disk
 * @end: sector to end before
 * @left: what is left of the range that is being gone through
 */
struct walk {
	const struct disk *disk;
	u64 end;
	struct disk_range left;
};

/**
 * typedef walk_use - takes a range
 * @private: as given to walk_disk()
 * @range: the range
 * @hole: it is DISK_DATA, but a hole in the file
 */
typedef void walk_use(void *private, const struct disk_range *range,
		       bool hole);

void walk_begin(struct walk *walk, const struct disk *disk, u64 from, u64 to);
bool walk_next(struct walk *walk, struct disk_range *range, bool *hole);
void walk_disk(const struct disk *disk, walk_use *use, void *private);

#endif /* SESPARSE_DISK_WALK_H */
