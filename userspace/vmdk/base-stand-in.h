/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for a parent: for any link, one that the command line gives; for
 * the base, raw bytes, or that there is none.
 */
#ifndef SESPARSE_VMDK_BASE_STAND_IN_H
#define SESPARSE_VMDK_BASE_STAND_IN_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct descriptor;

/**
 * struct parent - what is given as a parent
 * @path: the block device or file
 * @is_link: it is a descriptor or a seSparse extent; else a disk's raw bytes
 * @start: the sector of it where the disk begins
 */
struct parent {
	char *path;
	bool is_link;
	u64 start;
};

int parent_parse(char *text, struct parent *parent);
int parent_describe(const struct parent *parent, const struct descriptor *child,
		    struct descriptor **descriptor);
int parent_describe_missing(const char *path, const struct descriptor *child,
			    struct descriptor **descriptor);
int parent_fit(struct descriptor *d, bool ignore_kind);

#endif /* SESPARSE_VMDK_BASE_STAND_IN_H */
