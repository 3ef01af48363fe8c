/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dm-snapshot keeps on disk, and our label in it: which disk the writes
 * that are kept there were made to.
 */
#ifndef SESPARSE_DEVICE_OVERLAY_STORE_H
#define SESPARSE_DEVICE_OVERLAY_STORE_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct image;

/* The unit of copying; the disk's grain is as large. */
#define STORE_CHUNK_SECTORS 8

/* What a file or device holds, where it is no error. */
enum store_state {
	STORE_EMPTY, /* zeros where a store would begin */
	STORE_OURS, /* a store with the label of the disk */
};

u64 overlay_store_bytes(u64 capacity);
int overlay_store_label(const struct image *image, char **label);
int overlay_store_look(const char *path, int fd, const char *label,
		       bool ignore_label, enum store_state *state);
int overlay_store_format(const char *path, int fd, const char *label);
int overlay_store_wipe(int fd);

#endif /* SESPARSE_DEVICE_OVERLAY_STORE_H */
