/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where on a LUN volumes may lie.
 */
#ifndef SESPARSE_VMFS_PARTITION_H
#define SESPARSE_VMFS_PARTITION_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

struct log;
struct lun;

/* As many VMFS partitions as a disk is taken to have at the most. */
#define VMFS_MAX_PARTITIONS 128

/**
 * struct vmfs_partition - a part of a LUN, or all of it
 * @start: its first byte
 * @bytes: its length
 */
struct vmfs_partition {
	u64 start;
	u64 bytes;
};

/**
 * struct vmfs_partitions - those of a LUN
 * @list: each
 * @nr: their number
 */
struct vmfs_partitions {
	struct vmfs_partition list[VMFS_MAX_PARTITIONS];
	unsigned int nr;
};

int vmfs_partitions_find(const struct log *log, const struct lun *lun,
			 struct vmfs_partitions *found);

#endif /* SESPARSE_VMFS_PARTITION_H */
