// SPDX-License-Identifier: GPL-2.0-only
/*
 * File descriptors.
 */
#include "../gen/report.h"
#include "bytes.h"
#include "node.h"

#define LOCK_TYPE 0x10c00001
#define FDMD 0x66646d64
#define HEARTBEATS_AT 0x300000
#define TIME 0x61130116 /* a day in August 2021 */

static u32 shift_of(u32 size)
{
	u32 shift = 0;

	while (size >> shift > 1)
		shift++;
	return shift;
}

static void fill_lock(const struct filesystem *fs, const struct node *node,
		      u8 *l)
{
	put32(l, LOCK_TYPE);
	put64(l + 4, resource_place(&fs->fdc, node->fd));
	put64(l + 0x14, 1);
	put32(l + 0x24, node->lock);
	put64(l + 0x38, 0x2ce);
	if (!node->lock)
		return;
	put64(l + 0xc, HEARTBEATS_AT);
	put64(l + 0x14, 9);
	memcpy(l + 0x28, node->owner.bytes, 16);
}

static u32 mode_of(const struct node *node)
{
	switch (node->kind) {
	case NODE_FOLDER:
		return 01755;
	case NODE_LINK:
		return 0777;
	case NODE_SYSTEM:
		return strcmp(node->name, ".sdd.sf") ? 0400 : 040700;
	default:
		return 0644;
	}
}

static u32 count_links(const struct node *node)
{
	const struct node *child;
	u32 links = 2;

	if (node->kind != NODE_FOLDER)
		return 1;
	for (child = node->children; child; child = child->next)
		links += child->kind == NODE_FOLDER;
	return links;
}

static void fill_meta(const struct filesystem *fs, const struct node *node,
		      u8 *m)
{
	const struct volume *v = &fs->v;

	put32(m, resource_address(&fs->fdc, v, node->fd));
	put32(m + 4, node_generation(node));
	put32(m + 8, count_links(node));
	put32(m + 0xc, node->kind);
	put64(m + 0x14, node->size);
	put64(m + 0x1c, node->block_size);
	put64(m + 0x24, node->nr_blocks);
	put32(m + 0x2c, TIME + (u32)node->fd);
	put32(m + 0x30, TIME);
	put32(m + 0x34, TIME);
	put32(m + 0x40, mode_of(node));
	put32(m + 0x44, node->zla);
	put32(m + 0x48, node->nr_tbz);
	put32(m + 0x54, node->nr_tbz >> 32);
	put32(m + 0x5c, node->nr_pbs);
	if (!v->v6)
		return;
	put32(m + 0x50, node->nr_blocks);
	put32(m + 0x64, FDMD);
	put32(m + 0x68, resource_address(&fs->fdc, v, node->fd));
	put32(m + 0x6c, 20);
	if (node->parent)
		put32(m + 0x70, resource_address(&fs->fdc, v,
						 node->parent->fd));
	m[0x89] = (u8)shift_of(node->block_size);
	put32(m + 0x8c, node->nr_large);
}

/**
 * inode_write() - write a file descriptor
 * @fs: the file system
 * @node: what it is of
 *
 * Return: 0, or -1 after a report.
 */
int inode_write(struct filesystem *fs, const struct node *node)
{
	const struct volume *v = &fs->v;
	u8 *fd = calloc(1, v->fd_size);
	u32 i;
	int ret;

	if (!fd)
		return report("out of memory");
	filesystem_note(fs, node->path, resource_place(&fs->fdc, node->fd),
			v->fd_size);
	fill_lock(fs, node, fd);
	fill_meta(fs, node, fd + v->fd_meta);
	if (node->inline_data)
		memcpy(fd + v->fd_inline, node->inline_data, v->inline_max);
	for (i = 0; node->top && i < v->nr_pointers; i++)
		put_bytes(fd + v->fd_pointers + i * v->pointer_size,
			  node->top[i], v->pointer_size);
	ret = resource_write(&fs->fdc, &fs->v, node->fd, fd,
			     v->fd_size);
	free(fd);
	return ret;
}
