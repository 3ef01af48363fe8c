/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for the base of a chain: a raw disk, described by nothing but
 * the command line.
 */
#ifndef SESPARSE_VMDK_BASE_STAND_IN_H
#define SESPARSE_VMDK_BASE_STAND_IN_H

#include "dm-sesparse/portable.h"

struct descriptor;

/**
 * struct parent - a disk's raw bytes
 * @path: the block device or file
 * @start: the sector of it where the disk begins
 */
struct parent {
	char *path;
	u64 start;
};

int parent_parse(char *text, struct parent *parent);
int parent_describe(const struct parent *parent, const struct descriptor *child,
		    struct descriptor **descriptor);
int parent_fit(struct descriptor *d);

#endif /* SESPARSE_VMDK_BASE_STAND_IN_H */
