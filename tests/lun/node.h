/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies on the volume: folders, files, symbolic links.
 */
#ifndef LUN_NODE_H
#define LUN_NODE_H

#include <stdio.h>

#include "pointers.h"

#define NODE_NAME_MAX 255

enum node_kind {
	NODE_FOLDER = 2,
	NODE_FILE = 3,
	NODE_LINK = 4,
	NODE_SYSTEM = 5,
	NODE_RDM = 6
};

/* What there is of a part of a file. */
enum fill {
	FILL_HOLE, /* nothing */
	FILL_DATA,
	FILL_ALLOC, /* blocks that hold zeros */
	FILL_TBZ /* blocks that hold anything, and count as zeros */
};

/**
 * struct range - a part of a file
 * @start: first byte
 * @end: the byte behind the last
 * @fill: what there is of it
 */
struct range {
	u64 start;
	u64 end;
	enum fill fill;
};

/**
 * struct node - something in a folder
 * @name: within its folder
 * @path: from the root
 * @parent: its folder
 * @children: the first thing in it
 * @last_child: and the last
 * @next: what comes after it in its folder
 * @kind: what it is
 * @from: file of this machine that has its contents, or NULL
 * @target: what a symbolic link leads to
 * @memory: its contents, where they are not in a file
 * @size: its bytes
 * @layout: how its blocks lie
 * @ranges: parts of it that are otherwise than @fill
 * @nr_ranges: how many
 * @fill: what there is of all the rest
 * @zeros: how blocks of @from of zeros only are to be
 * @zla: what its pointers are to be, or 0
 * @homes: where its pointer blocks lie
 * @homes_given: that was said
 * @keep: pointer blocks of nothing but holes are there too
 * @tbz_mask: what marks a block to be zeroed, on VMFS6
 * @lock: 0 none, 1 exclusive, 2 for reading, 3 for several writers
 * @owner: who holds the lock
 * @deleted: names that its folder had, between those that it has
 * @fd: number of its file descriptor
 * @inline_data: what it holds itself
 * @block_size: of its blocks
 * @nr_blocks: that it has
 * @nr_tbz: of them to be zeroed
 * @nr_large: large ones among them
 * @nr_pbs: its pointer blocks
 * @top: its pointers
 */
struct node {
	char *name;
	char *path;
	struct node *parent;
	struct node *children;
	struct node *last_child;
	struct node *next;
	enum node_kind kind;
	char *from;
	char *target;
	u8 *memory;
	u64 size;
	enum layout layout;
	struct range *ranges;
	size_t nr_ranges;
	enum fill fill;
	enum fill zeros;
	enum zla zla;
	enum pb_home homes[2];
	bool homes_given[2];
	bool keep;
	u8 tbz_mask;
	unsigned int lock;
	struct lun_uuid owner;
	u64 deleted;
	u64 fd;
	u8 *inline_data;
	u32 block_size;
	u64 nr_blocks;
	u64 nr_tbz;
	u64 nr_large;
	u64 nr_pbs;
	u64 *top;
};

struct node *node_new(struct node *parent, const char *name,
		      enum node_kind kind);
struct node *node_find(struct node *folder, const char *name, size_t length);
u32 node_generation(const struct node *node);
void node_free(struct node *node);

int spec_read(const struct lun_options *o, struct node *root);

int file_store(struct filesystem *fs, struct node *node, FILE *manifest);
int folder_store(struct filesystem *fs, struct node *node);
int inode_write(struct filesystem *fs, const struct node *node);

#endif /* LUN_NODE_H */
