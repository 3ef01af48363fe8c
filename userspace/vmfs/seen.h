/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was read of files to learn where they lie, to see later whether it is
 * still so.
 */
#ifndef SESPARSE_VMFS_SEEN_H
#define SESPARSE_VMFS_SEEN_H

#include "source/stored.h"
#include "vmfs/batch.h"
#include "vmfs/digest.h"

struct fs;
struct inode;

/**
 * struct seen_block - a pointer block
 * @place: where it lies
 * @digest: of what it held
 */
struct seen_block {
	struct place place;
	struct digest digest;
};

/**
 * struct seen_file - a file
 * @path: its name, for messages
 * @fs: where it is
 * @address: of its descriptor
 * @place: where that lies
 * @digest: of what that held
 * @lock: who had it open
 * @blocks: its pointer blocks
 * @nr: their number
 * @room: how many there is memory for
 * @by_place: where in @blocks one of a place is, plus 1; 0: there is none
 */
struct seen_file {
	char *path;
	struct fs *fs;
	u32 address;
	struct place place;
	struct digest digest;
	struct stored_lock lock;
	struct seen_block *blocks;
	u32 nr;
	u32 room;
	u32 *by_place;
};

/**
 * struct seen - files
 * @files: each
 * @nr: their number
 */
struct seen {
	struct seen_file **files;
	size_t nr;
};

int seen_file_new(struct fs *fs, const struct inode *inode, const char *path,
		  struct seen_file **file);
int seen_file_add(struct seen_file *file, const struct place *place,
		  const void *data, size_t bytes);
void seen_file_free(struct seen_file *file);
int seen_take(struct seen *seen, struct seen_file *file);
int seen_check(const struct seen *seen);
void seen_free(struct seen *seen);

#endif /* SESPARSE_VMFS_SEEN_H */
