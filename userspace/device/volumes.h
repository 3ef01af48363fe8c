/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a disk may hold a file system: partitions, logical volumes on them, or the
 * whole of it.
 */
#ifndef SESPARSE_DEVICE_VOLUMES_H
#define SESPARSE_DEVICE_VOLUMES_H

#include "host/contents.h"
#include "host/lvm2.h"

struct dm_table;

/**
 * struct volume - one of them
 * @partition: its number; 0: it is none
 * @logical: it is this logical volume, or NULL
 * @problem: what is wrong with it as a physical volume, or NULL
 * @start: where on the disk it begins, in sectors, if it is no logical volume
 * @sectors: its length
 * @contents: what it holds, as far as could be told; nothing of a volume with a problem
 */
struct volume {
	unsigned int partition;
	const struct lvm2_volume *logical;
	const char *problem;
	u64 start;
	u64 sectors;
	struct contents contents;
};

/**
 * struct volumes - all of a disk's
 * @list: each, the logical ones last
 * @nr: their number
 * @lvm: what the logical ones are made of
 */
struct volumes {
	struct volume *list;
	size_t nr;
	struct lvm2 lvm;
};

int volumes_find(const char *path, struct volumes *volumes);
int volume_table(const struct volume *volume, const char *disk,
		 struct dm_table *table);
void volumes_free(struct volumes *volumes);

#endif /* SESPARSE_DEVICE_VOLUMES_H */
