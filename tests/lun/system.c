// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the volume says of itself, and its system files.
 */
#include "../gen/report.h"
#include "bytes.h"
#include "system.h"

#define DESCRIPTOR_AT 0x200000
#define HEARTBEATS_AT 0x300000
#define FBB_CHILD_AT 0x1000
#define TIME 0x6113001e

/* File descriptors of system files have these numbers. */
enum {
	FD_FBB = 1,
	FD_FDC,
	FD_PBC,
	FD_SBC,
	FD_VH,
	FD_PB2,
	FD_SDD,
	FD_JBC
};

static const char *const names[] = {
	[FD_FBB] = ".fbb.sf", [FD_FDC] = ".fdc.sf", [FD_PBC] = ".pbc.sf",
	[FD_SBC] = ".sbc.sf", [FD_VH] = ".vh.sf", [FD_PB2] = ".pb2.sf",
	[FD_SDD] = ".sdd.sf", [FD_JBC] = ".jbc.sf"
};

/* VMFS3 ends with .vh.sf. */
static int last_system_file(const struct volume *v)
{
	return v->v6 ? FD_JBC : v->o->version == 5 ? FD_SDD : FD_VH;
}

/**
 * system_begin() - put system files into the root, and make room in them
 * @fs: the file system, whose volume is open
 * @root: the volume's root
 *
 * Return: 0, or -1 after a report.
 */
int system_begin(struct filesystem *fs, struct node *root)
{
	struct volume *v = &fs->v;
	u32 pb = v->pb_pointers * v->pointer_size;
	struct node *node;
	u64 n;
	int i;

	resource_init(&fs->fdc, v, ADDRESS_FD, v->fd_size);
	resource_init(&fs->sbc, v, ADDRESS_SB, v->sub_block);
	resource_init(&fs->pbc, v, ADDRESS_PB, pb);
	resource_init(&fs->pb2, v, ADDRESS_PB2, pb);
	if (resource_grow(&fs->fdc, v, v->o->fdc_groups) ||
	    resource_take(&fs->fdc, v, &root->fd))
		return -1;
	for (i = FD_FBB; i <= last_system_file(v); i++) {
		node = node_new(root, names[i], NODE_SYSTEM);
		if (!node || resource_take(&fs->fdc, v, &node->fd))
			return -1;
	}
	fs->fdc.nr += v->o->skip_files;
	fs->sbc.nr += v->o->skip_sub_blocks;
	/* The first pointer block of that kind is .sbc.sf's own. */
	if (resource_grow(&fs->pb2, v, v->v6) ||
	    (v->v6 && resource_take(&fs->pb2, v, &n)))
		return -1;
	if (resource_grow(&fs->pbc, v, v->v6 ? 0 : 1))
		return -1;
	return resource_grow(&fs->sbc, v, v->o->sbc_groups);
}

/* The descriptor of a system file that consists of these blocks. */
static int write_blocks(struct filesystem *fs, struct node *node,
			const u64 *blocks, u64 nr, u64 size)
{
	struct pointers p;
	int ret;
	u64 i;

	ret = pointers_open(&p, fs, nr, 0);
	p.path = node->path;
	for (i = 0; !ret && i < nr; i++)
		ret = pointers_add(&p, address_of_block(&fs->v, blocks[i]));
	if (!ret)
		ret = pointers_finish(&p);
	node->size = size;
	node->block_size = FB_SIZE;
	node->nr_blocks = nr;
	node->nr_pbs = p.nr_pbs;
	node->zla = pointers_zla(&p);
	node->top = p.top;
	p.top = NULL;
	pointers_close(&p);
	return ret ? ret : inode_write(fs, node);
}

static int write_resource(struct filesystem *fs, struct node *node,
			  struct resource *r)
{
	filesystem_note(fs, node->path, r->blocks[0] << FB_SHIFT, 64);
	if (write_blocks(fs, node, r->blocks, r->nr_blocks,
			 resource_bytes(r)))
		return -1;
	return resource_finish(r, &fs->v);
}

/* .sbc.sf, whose pointer block is the first of .pb2.sf where it needs one. */
static int write_sbc(struct filesystem *fs, struct node *node)
{
	struct volume *v = &fs->v;
	struct resource *r = &fs->sbc;
	u8 *pb;
	u64 i;
	int ret;

	if (!v->v6 || r->nr_blocks <= v->nr_pointers)
		return write_resource(fs, node, r);
	if (r->nr_blocks > v->pb_pointers)
		return report("too many sub-blocks");
	node->size = resource_bytes(r);
	node->block_size = FB_SIZE;
	node->nr_blocks = r->nr_blocks;
	node->nr_pbs = 1;
	node->zla = ZLA_PB2;
	node->top = calloc(v->nr_pointers, sizeof(u64));
	pb = calloc(v->pb_pointers, 8);
	if (!node->top || !pb) {
		free(pb);
		return report("out of memory");
	}
	node->top[0] = ADDRESS_PB2;
	for (i = 0; i < r->nr_blocks; i++)
		put64(pb + 8 * i, address_of_block(v, r->blocks[i]));
	filesystem_note(fs, node->path, r->blocks[0] << FB_SHIFT, 64);
	filesystem_note(fs, node->path, resource_place(&fs->pb2, 0),
			v->pb_pointers * 8);
	ret = resource_write(&fs->pb2, v, 0, pb, v->pb_pointers * 8);
	free(pb);
	if (ret || inode_write(fs, node))
		return -1;
	return resource_finish(r, v);
}

static int write_vh(struct filesystem *fs, struct node *node)
{
	u64 blocks[128], nr = fs->v.fdc_at >> FB_SHIFT, i;

	for (i = 0; i < nr; i++)
		blocks[i] = i;
	return write_blocks(fs, node, blocks, nr, nr << FB_SHIFT);
}

/* .fbb.sf, as far as anybody needs it who only reads. */
static int write_fbb(struct filesystem *fs, struct node *node)
{
	struct volume *v = &fs->v;
	u64 block, nr = v->blocks;
	u8 h[64] = { 0 };

	if (volume_new_block(v, LAYOUT_CONTIGUOUS, &block) ||
	    write_blocks(fs, node, &block, 1, FB_SIZE))
		return -1;
	filesystem_note(fs, node->path, block << FB_SHIFT, 2 * FBB_CHILD_AT);
	put32(h, v->v6 ? 16 : 200);
	put32(h + 4, v->v6 ? 8 : 64);
	put32(h + 8, 0x10000);
	put32(h + 0xc, v->v6 ? v->fd_size : 0);
	put32(h + 0x10, v->v6 ? 0x110000 : 0x10000);
	put32(h + 0x14, v->v6 ? (nr + LARGE_BLOCKS - 1) / LARGE_BLOCKS : nr);
	put32(h + 0x18, v->v6 ? 1 : (nr + 12799) / 12800);
	if (v->v6) {
		put32(h + 0x20, 0x72666d64);
		put32(h + 0x24, 1);
		put32(h + 0x28, 0x35);
		put32(h + 0x30, 3);
		put32(h + 0x34, FBB_CHILD_AT);
	}
	if (volume_write(v, block << FB_SHIFT, h, sizeof(h)) || !v->v6)
		return v->v6 ? -1 : 0;
	memset(h, 0, sizeof(h));
	put32(h, LARGE_BLOCKS);
	put32(h + 4, 8);
	put32(h + 8, 0x10000);
	put32(h + 0x10, 0x10000);
	put32(h + 0x14, nr);
	put32(h + 0x18, 1);
	put32(h + 0x1c, nr >> 32);
	put32(h + 0x20, 0x72666d64);
	put32(h + 0x24, 1);
	put32(h + 0x28, 0x2a);
	put32(h + 0x30, 2);
	put32(h + 0x38, 16);
	put32(h + 0x3c, 8);
	return volume_write(v, (block << FB_SHIFT) + FBB_CHILD_AT, h,
			    sizeof(h));
}

static int write_jbc(struct filesystem *fs, struct node *node)
{
	u64 block;
	u8 h[64] = { 0 };

	if (volume_new_block(&fs->v, LAYOUT_CONTIGUOUS, &block) ||
	    write_blocks(fs, node, &block, 1, FB_SIZE))
		return -1;
	put32(h, 8);
	put32(h + 4, 4);
	put32(h + 8, 0x10000);
	put32(h + 0xc, 0x200000);
	put32(h + 0x10, 0x4008000);
	put32(h + 0x20, 0x72666d64);
	put32(h + 0x24, 1);
	put32(h + 0x2c, 0x10008);
	put32(h + 0x30, 1);
	return volume_write(&fs->v, block << FB_SHIFT, h, sizeof(h));
}

/* .sdd.sf is a folder with nothing in it, though it is a system file. */
static int write_sdd(struct filesystem *fs, struct node *node)
{
	return folder_store(fs, node) || inode_write(fs, node) ? -1 : 0;
}

static int write_system_file(struct filesystem *fs, struct node *node)
{
	switch (node->fd) {
	case FD_FBB:
		return write_fbb(fs, node);
	case FD_PBC:
		return write_resource(fs, node, &fs->pbc);
	case FD_VH:
		return write_vh(fs, node);
	case FD_SDD:
		return write_sdd(fs, node);
	case FD_JBC:
		return write_jbc(fs, node);
	default:
		return 0;
	}
}

static int write_descriptor(struct filesystem *fs)
{
	struct volume *v = &fs->v;
	const struct lun_options *o = v->o;
	u8 d[512] = { 0 };

	put32(d, 0x2fabf15e);
	put32(d + 4, v->v6 ? 24 : o->version == 5 ? 14 : 4);
	d[8] = v->v6 ? 82 : o->version == 5 ? 81 : 31;
	memcpy(d + 9, o->uuid.bytes, 16);
	put32(d + 0x19, o->version > 3 ? 6 : 2);
	memcpy(d + 0x1d, o->label, strlen(o->label));
	put32(d + 0x9d, o->sector);
	put64(d + 0xa1, FB_SIZE);
	put32(d + 0xa9, TIME);
	put32(d + 0xad, o->snap_id);
	memcpy(d + 0xb1, o->lvm_uuid.bytes, 16);
	put32(d + 0xc1, 1);
	put32(d + 0xd1, RESOURCE_GROUPS_AT);
	put32(d + 0xd5, fs->fdc.clusters);
	put32(d + 0xd9, v->sub_block);
	if (o->version == 3)
		return volume_write(v, DESCRIPTOR_AT, d, sizeof(d));
	put64(d + 0xe1, resource_place(&fs->fdc, FD_PB2));
	put32(d + 0xe9, resource_address(&fs->fdc, v, FD_PB2));
	put64(d + 0x105, resource_place(&fs->fdc, FD_SDD));
	put32(d + 0x10d, resource_address(&fs->fdc, v, FD_SDD));
	if (!v->v6)
		return volume_write(v, DESCRIPTOR_AT, d, sizeof(d));
	d[0x111] = 1;
	put32(d + 0x130, o->sector);
	put32(d + 0x134, v->md);
	put16(d + 0x138, 9);
	put16(d + 0x13e, 16);
	put16(d + 0x140, 44);
	put32(d + 0x144, FB_SIZE);
	put32(d + 0x148, 0x200000);
	return volume_write(v, DESCRIPTOR_AT, d, sizeof(d));
}

static int write_heartbeats(struct filesystem *fs)
{
	struct volume *v = &fs->v;
	u32 slot = v->md, nr = v->v6 ? 1024 : 2048, i;
	u8 h[64];

	for (i = 0; i < nr; i++) {
		u64 at = HEARTBEATS_AT + (u64)i * slot;

		memset(h, 0, sizeof(h));
		put32(h, i < v->o->heartbeats ? 0xabcdef02 : 0xabcdef01);
		put64(h + 4, at);
		if (i < v->o->heartbeats) {
			put64(h + 0xc, 9 + i);
			put64(h + 0x14, 0x5c93c2c97eb06ULL);
			memcpy(h + 0x1c, v->o->uuid.bytes, 16);
			h[0x1c + 4] ^= (u8)(1 + i);
		}
		if (volume_write(v, at, h, sizeof(h)))
			return -1;
	}
	return 0;
}

static struct node *find_system(struct node *root, u64 fd)
{
	return node_find(root, names[fd], strlen(names[fd]));
}

/**
 * system_finish() - write the system files, the root and the volume's descriptor
 * @fs: the file system, all files of which are written
 * @root: the volume's root
 *
 * Return: 0, or -1 after a report.
 */
int system_finish(struct filesystem *fs, struct node *root)
{
	struct node *node;

	for (node = root->children; node; node = node->next) {
		if (node->kind == NODE_SYSTEM && write_system_file(fs, node))
			return -1;
	}
	/* .fdc.sf may need pointer blocks; .sbc.sf then has them. */
	if (folder_store(fs, root) || inode_write(fs, root) ||
	    write_resource(fs, find_system(root, FD_FDC), &fs->fdc) ||
	    write_sbc(fs, find_system(root, FD_SBC)))
		return -1;
	if (fs->v.o->version > 3 &&
	    write_resource(fs, find_system(root, FD_PB2), &fs->pb2))
		return -1;
	filesystem_note(fs, "-", DESCRIPTOR_AT, 512);
	return write_descriptor(fs) || write_heartbeats(fs) ? -1 : 0;
}
