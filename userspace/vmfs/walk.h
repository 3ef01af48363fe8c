/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names resolved, beneath a folder of a volume and nowhere else.
 */
#ifndef SESPARSE_VMFS_WALK_H
#define SESPARSE_VMFS_WALK_H

#include <limits.h>
#include <stdbool.h>

#include "vmfs/inode.h"

/* As deep as a folder can be. */
#define WALK_MAX_DEPTH 1024

/**
 * struct walk - a name that is being resolved, and what it has led to
 * @fs: where
 * @chain: descriptors of the folders down to where it stands, from the root on
 * @depth: their number
 * @top: how many of them it must not leave
 * @inode: what it stands at, for inode_free(): the last folder or a file in it
 * @done: the parts that have led there from the top: no link, no ".."
 * @rest: those to come
 * @links: how many links there were
 */
struct walk {
	struct fs *fs;
	u32 chain[WALK_MAX_DEPTH];
	unsigned int depth;
	unsigned int top;
	struct inode inode;
	char done[PATH_MAX];
	char rest[PATH_MAX];
	unsigned int links;
};

int walk_to(struct fs *fs, const u32 *chain, unsigned int depth,
	    const char *name, bool follow, struct walk **walk);
int walk_read_link(struct fs *fs, const struct inode *inode, char *text,
		   size_t size);
bool walk_is_folder(const struct walk *walk);
void walk_free(struct walk *walk);

#endif /* SESPARSE_VMFS_WALK_H */
