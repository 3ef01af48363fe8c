/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of a folder, read from its file.
 */
#ifndef SESPARSE_VMFS_ENTRIES_H
#define SESPARSE_VMFS_ENTRIES_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

struct fs;
struct inode;

/**
 * struct entry - a file in a folder
 * @address: of its descriptor
 * @generation: what that descriptor says as well, unless it has become another's
 * @name: where its name begins in @names
 */
struct entry {
	u32 address;
	u32 generation;
	size_t name;
};

/**
 * struct entries - all of a folder, without "." and ".."
 * @list: each, sorted by name
 * @nr: their number
 * @room: how many there is memory for
 * @names: what they are called, each ended by a NUL
 * @names_bytes: length of that
 * @names_room: how much there is memory for
 * @is_partial: the folder says that there are more, or fewer
 */
struct entries {
	struct entry *list;
	size_t nr;
	size_t room;
	char *names;
	size_t names_bytes;
	size_t names_room;
	bool is_partial;
};

int entries_read(struct fs *fs, const struct inode *inode,
		 struct entries *entries);
void entries_free(struct entries *entries);

#endif /* SESPARSE_VMFS_ENTRIES_H */
