/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Points of a chain: a disk as it was when a snapshot was taken.
 */
#ifndef SESPARSE_VMDK_POINT_H
#define SESPARSE_VMDK_POINT_H

#include <stddef.h>

struct chain;
struct image_options;
struct log;

int point_find(const struct log *log, const char *path,
	       const struct image_options *options, const struct chain *chain,
	       size_t *depth);

#endif /* SESPARSE_VMDK_POINT_H */
