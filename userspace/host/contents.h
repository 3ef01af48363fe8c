/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libblkid finds on a disk, and knows it by.
 */
#ifndef SESPARSE_HOST_CONTENTS_H
#define SESPARSE_HOST_CONTENTS_H

#include <stdbool.h>
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

/* With the NUL; libblkid's own for a label, of which UTF-8 may take more. */
#define CONTENTS_TYPE_SIZE 32
#define CONTENTS_LABEL_SIZE 256

/**
 * struct contents - what a disk or a part of it holds
 * @type: as libblkid calls it, such as "ext4"; empty: nothing that it knows
 * @label: what its owner calls it, bytes of any kind; may be empty
 * @is_filesystem: it is a file system
 * @is_ambiguous: it may be several things
 */
struct contents {
	char type[CONTENTS_TYPE_SIZE];
	char label[CONTENTS_LABEL_SIZE];
	bool is_filesystem;
	bool is_ambiguous;
};

int contents_look(const char *path, int fd, u64 start, u64 bytes,
		  struct contents *contents);
int contents_find(const char *path, int fd, char **found, struct ranges *places);
int contents_partitions(const char *path, u64 capacity,
		     struct partitions *partitions);
void partitions_free(struct partitions *partitions);

#endif /* SESPARSE_HOST_CONTENTS_H */
