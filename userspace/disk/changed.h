/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What changed between two points of a chain.
 */
#ifndef SESPARSE_DISK_CHANGED_H
#define SESPARSE_DISK_CHANGED_H

#include "disk/disk.h"

/**
 * struct changed - what changed from one point of a chain to its newest
 * @disk: the layers above that point; walk_disk() goes through what changed
 * @old: what the disk read as there; all 0 where that makes no difference
 */
struct changed {
	struct disk disk;
	struct disk old;
};

int changed_read(const struct log *log, const struct chain *chain, size_t depth,
		 bool salvage, struct changed *changed);
void changed_free(struct changed *changed);

#endif /* SESPARSE_DISK_CHANGED_H */
