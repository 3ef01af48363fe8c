/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a folder.  Names are compared whole: hashes of them, of which VMFS 6
 * keeps some, are not looked at.
 */
#ifndef SESPARSE_VMFS_DIRECTORY_H
#define SESPARSE_VMFS_DIRECTORY_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

struct directories;
struct directory;
struct entry;
struct fs;
struct inode;

int directories_new(struct directories **directories);
void directories_free(struct directories *directories);
int directory_open(struct fs *fs, const struct inode *inode,
		   struct directory **directory);
const struct entry *directory_find(const struct directory *directory,
				   const char *name);
size_t directory_nr(const struct directory *directory);
bool directory_is_whole(const struct directory *directory);
const char *directory_name(const struct directory *directory, size_t i);
void directory_close(struct directory *directory);

#endif /* SESPARSE_VMFS_DIRECTORY_H */
