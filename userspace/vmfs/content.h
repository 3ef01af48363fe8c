/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of files that are read here: folders, links, the volume's own.
 */
#ifndef SESPARSE_VMFS_CONTENT_H
#define SESPARSE_VMFS_CONTENT_H

#include "dm-sesparse/portable.h"

struct fs;
struct layout;

int content_read(const struct fs *fs, const char *name,
		 const struct layout *layout, u64 at, void *buf, size_t bytes);

#endif /* SESPARSE_VMFS_CONTENT_H */
