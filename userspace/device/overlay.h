/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where writes to a disk go, so that its image stays as it is.
 */
#ifndef SESPARSE_DEVICE_OVERLAY_H
#define SESPARSE_DEVICE_OVERLAY_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct image;
struct log;

/**
 * struct overlay_options - where writes are to go
 * @path: a file or block device; NULL: to memory
 * @bytes: of memory, or of a file that is made; 0: what the disk may take
 */
struct overlay_options {
	const char *path;
	u64 bytes;
};

/**
 * struct overlay - where writes go
 * @options: what was asked for
 * @label: what it is known by
 * @is_new: it holds nothing yet
 * @is_block: it is a block device
 * @made: the file was not there before
 * @formatted: what was empty is not any more
 * @fd: it, open, or -1
 * @loop: the open loop device made for it, or -1
 * @device: the block device's "major:minor"
 */
struct overlay {
	const struct overlay_options *options;
	char *label;
	bool is_new;
	bool is_block;
	bool made;
	bool formatted;
	int fd;
	int loop;
	char device[32];
};

int overlay_parse(const char *text, struct overlay_options *options);
int overlay_parse_size(const char *text, u64 *bytes);
int overlay_find(const struct overlay_options *options,
		 const struct image *image, bool ignore_label,
		 struct overlay *overlay);
int overlay_attach(const struct log *log, u64 capacity,
		   struct overlay *overlay);
void overlay_undo(struct overlay *overlay);
void overlay_free(struct overlay *overlay);

#endif /* SESPARSE_DEVICE_OVERLAY_H */
