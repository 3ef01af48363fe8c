/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders of a volume, as those above have them.
 */
#ifndef SESPARSE_VMFS_VMFS_FOLDER_H
#define SESPARSE_VMFS_VMFS_FOLDER_H

struct folder;
struct fs;

int vmfs_folder_root(struct fs *fs, struct folder **folder);

#endif /* SESPARSE_VMFS_VMFS_FOLDER_H */
