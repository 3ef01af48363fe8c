/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libblkid finds on a disk, and knows it by.
 */
#ifndef SESPARSE_HOST_CONTENTS_H
#define SESPARSE_HOST_CONTENTS_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

struct ranges;

/* The greatest number; no table that libblkid reads has more. */
#define MAX_PARTITION 999

/**
 * struct partition - a partition of a disk
 * @number: 1 to MAX_PARTITION
 * @start: first sector of 512 bytes
 * @sectors: its length, not 0
 */
struct partition {
	unsigned int number;
	u64 start;
	u64 sectors;
};

/**
 * struct partitions - those of a disk
 * @list: each
 * @nr: their number
 */
struct partitions {
	struct partition *list;
	size_t nr;
};

int contents_find(const char *path, int fd, char **found, struct ranges *places);
int contents_partitions(const char *path, u64 capacity,
		     struct partitions *partitions);
void partitions_free(struct partitions *partitions);

#endif /* SESPARSE_HOST_CONTENTS_H */
