/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a file's descriptor to where its bytes lie.
 */
#ifndef SESPARSE_VMFS_MAP_H
#define SESPARSE_VMFS_MAP_H

struct fs;
struct inode;
struct layout;
struct seen;

int map_inode(struct fs *fs, const struct inode *inode, const char *name,
	      struct seen *seen, struct layout **layout);

#endif /* SESPARSE_VMFS_MAP_H */
