/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a volume, as those above have them.
 */
#ifndef SESPARSE_VMFS_STORED_FILE_H
#define SESPARSE_VMFS_STORED_FILE_H

struct fs;
struct inode;
struct stored;

int stored_file_new(struct fs *fs, struct inode *inode,
		    struct stored **stored);

#endif /* SESPARSE_VMFS_STORED_FILE_H */
