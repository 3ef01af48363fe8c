// SPDX-License-Identifier: GPL-2.0-only
/*
 * A resource file is itself found by its descriptor's pointers, which may lead to
 * pointer blocks, which lie in another of these files.  So each is read when it is
 * first needed, and one that would be needed to read itself is damaged.
 */
#include <stdlib.h>
#include <string.h>

#include "source/layout.h"
#include "util/message.h"
#include "vmfs/content.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"
#include "vmfs/map.h"

#define META_BYTES 0x40

/* Descriptors of the system's files follow each other, their address tells which. */
#define FD_OF(n) ((u32)(n) << 22 | ADDRESS_FD)
#define FD_BLOCKS FD_OF(1)
#define FD_PB2 6

/* A cluster of small file blocks has so many of them, where nothing says otherwise. */
#define CLUSTER_BYTES (512ULL << 20)
#define MAX_PER_CLUSTER 0x2000

/**
 * struct known - a resource file
 * @name: its name
 * @number: of its descriptor among the system's
 * @lock: the type of its clusters' locks
 */
struct known {
	const char *name;
	u32 number;
	u32 lock;
};

static const struct known known[NR_RESOURCES] = {
	[RESOURCE_FD] = { ".fdc.sf", 2, 0x10c00005 },
	[RESOURCE_SUB_BLOCK] = { ".sbc.sf", 4, 0x10c00003 },
	[RESOURCE_POINTER_BLOCK] = { ".pbc.sf", 3, 0x10c00004 },
	[RESOURCE_POINTER_BLOCK_2] = { ".pb2.sf", FD_PB2, 0x10c00006 },
};

/* Where that of a system file lies, and what its address is. */
static u64 system_at(const struct fs *fs, u32 number)
{
	return fs->system_at + (u64)number * fs->fd_bytes;
}

/* Before VMFS 6, that of the second pointer blocks may be anywhere. */
static int read_inode(struct fs *fs, enum resource_file which,
		      struct inode *inode)
{
	const u32 number = known[which].number;

	if (number != FD_PB2 || fs->is_6)
		return inode_read_at(fs, FD_OF(number), system_at(fs, number),
				     inode);
	if (!fs->pb2)
		return fail(EXIT_DEVICE,
			    "%s: VMFS descriptor: an address leads to .pb2.sf, which the volume has not",
			    fs->volume.name);
	return inode_read_at(fs, fs->pb2, fs->pb2_at, inode);
}

/* A group has its clusters' locks, then what they lock, and nothing else. */
static int check_sizes(const struct fs *fs, const char *name,
		       const struct resource *f)
{
	const u64 cluster = (u64)f->per_cluster * f->size;
	const u64 lock = 2ULL * fs->lock_bytes;

	if (!f->per_cluster || !f->nr_groups)
		return 0;
	if (f->size && f->per_group && f->per_cluster <= BIT(16) &&
	    f->per_group <= BIT(16) && f->size <= BIT(28) &&
	    f->group_bytes == f->per_group * (lock + cluster))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: %s: groups of %u bytes, of %u clusters, of %u resources, of %u bytes, expected %llu bytes for each cluster to be locked and all its resources",
		    fs->volume.name, name, f->group_bytes, f->per_group,
		    f->per_cluster, f->size, lock + cluster);
}

/* Whoever looks for the groups in another place finds another file's bytes. */
static int check_place(const struct fs *fs, const struct known *k,
		       const struct resource *f)
{
	unsigned char raw[4];
	int r;

	if (!f->per_cluster || !f->nr_groups)
		return 0;
	r = content_read(fs, k->name, f->layout, f->groups_at, raw,
			 sizeof(raw));
	if (r || le32_at(raw, 0) == k->lock)
		return r;
	return fail(EXIT_DEVICE,
		    "%s: %s: its groups are to begin with byte %u of it: a lock's type is %#x there, expected %#x",
		    fs->volume.name, k->name, f->groups_at, le32_at(raw, 0),
		    k->lock);
}

static int decode(const struct fs *fs, const struct known *k,
		  struct resource *f)
{
	unsigned char raw[META_BYTES];
	int r = content_read(fs, k->name, f->layout, 0, raw, sizeof(raw));

	if (r)
		return r;
	f->per_cluster = le32_at(raw, 0x00);
	f->per_group = le32_at(raw, 0x04);
	f->groups_at = le32_at(raw, 0x08);
	f->size = le32_at(raw, 0x0c);
	f->group_bytes = le32_at(raw, 0x10);
	f->nr = le32_at(raw, 0x14);
	f->nr_groups = le32_at(raw, 0x18);
	if (fs->is_6)
		f->nr |= (u64)le32_at(raw, 0x1c) << 32;
	r = check_sizes(fs, k->name, f);
	return r ? r : check_place(fs, k, f);
}

static int read_file(struct fs *fs, enum resource_file which)
{
	struct resource *f = &fs->resources[which];
	struct inode inode;
	int r;

	f->state = RESOURCE_BEING_READ;
	r = read_inode(fs, which, &inode);
	if (!r) {
		r = map_inode(fs, &inode, known[which].name, NULL, &f->layout);
		inode_free(&inode);
	}
	if (!r)
		r = decode(fs, &known[which], f);
	f->state = r ? RESOURCE_UNREAD : RESOURCE_READ;
	if (!r)
		return 0;
	layout_free(f->layout);
	f->layout = NULL;
	return r;
}

static int need(struct fs *fs, enum resource_file which)
{
	switch (fs->resources[which].state) {
	case RESOURCE_READ:
		return 0;
	case RESOURCE_BEING_READ:
		return fail(EXIT_DEVICE,
			    "%s: %s cannot be found without itself",
			    fs->volume.name, known[which].name);
	default:
		return read_file(fs, which);
	}
}

static enum resource_file file_of(enum address_kind kind)
{
	switch (kind) {
	case ADDRESS_FD:
		return RESOURCE_FD;
	case ADDRESS_SUB_BLOCK:
		return RESOURCE_SUB_BLOCK;
	case ADDRESS_POINTER_BLOCK:
		return RESOURCE_POINTER_BLOCK;
	default:
		return RESOURCE_POINTER_BLOCK_2;
	}
}

/* Return: an exit code after a message. */
static int fail_address(const struct fs *fs, const char *what, const char *name,
			const struct address *a, const struct resource *f)
{
	return fail(EXIT_DEVICE,
		    "%s: %s is cluster %llu, resource %u of %s, which has %llu resources, %u to a cluster, in %llu bytes",
		    fs->volume.name, what, a->cluster, a->resource, name, f->nr,
		    f->per_cluster, f->layout->bytes);
}

/* Return: false if there is no such resource; else @at is its byte of the file. */
static bool locate(const struct fs *fs, const struct resource *f,
		   const struct address *a, u32 bytes, u64 *at)
{
	u64 group, cluster;

	if (a->resource >= f->per_cluster || f->size < bytes ||
	    a->cluster >= (u64)f->nr_groups * f->per_group ||
	    a->cluster * f->per_cluster + a->resource >= f->nr)
		return false;
	group = a->cluster / f->per_group;
	cluster = a->cluster % f->per_group;
	*at = f->groups_at + group * f->group_bytes +
	      (u64)f->per_group * 2 * fs->lock_bytes +
	      (cluster * f->per_cluster + a->resource) * f->size;
	return *at <= f->layout->bytes && bytes <= f->layout->bytes - *at;
}

/**
 * resource_find() - find where something small lies
 * @fs: the volume
 * @what: it, for messages
 * @address: its address, of a descriptor, a sub-block or a pointer block
 * @bytes: as many as it must have
 * @place: set to where
 *
 * Return: 0, or an exit code after a message.
 */
int resource_find(struct fs *fs, const char *what,
		  const struct address *address, u32 bytes, struct place *place)
{
	const enum resource_file which = file_of(address->kind);
	const struct resource *f = &fs->resources[which];
	struct layout_piece piece;
	u64 at;
	int r;

	r = need(fs, which);
	if (r)
		return r;
	if (!locate(fs, f, address, bytes, &at))
		return fail_address(fs, what, known[which].name, address, f);
	layout_look(f->layout, at, &piece);
	if (!piece.device || piece.end - at < bytes)
		return fail(EXIT_DEVICE,
			    "%s: %s would be at byte %llu of %s, where there is %s",
			    fs->volume.name, what, at, known[which].name,
			    piece.device ? "the end of a block" : "a hole");
	place->lun = lun_of(piece.device);
	place->at = piece.at + (at - piece.start);
	return 0;
}

/*
 * Of the file blocks, VMFS 6 counts small ones in clusters.  Their own metadata
 * lies behind that of the large ones, and must say what follows from their size.
 */
static int check_per_cluster(struct fs *fs)
{
	unsigned char raw[META_BYTES];
	struct layout *layout;
	struct inode inode;
	int r;

	r = inode_read_at(fs, FD_BLOCKS, system_at(fs, 1), &inode);
	if (r)
		return r;
	r = map_inode(fs, &inode, ".fbb.sf", NULL, &layout);
	inode_free(&inode);
	if (r)
		return r;
	r = content_read(fs, ".fbb.sf", layout, 0, raw, sizeof(raw));
	if (!r)
		r = content_read(fs, ".fbb.sf", layout, le32_at(raw, 0x34),
				 raw, sizeof(raw));
	layout_free(layout);
	if (r)
		return r;
	if (le32_at(raw, 0) == fs->per_cluster)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: .fbb.sf: %u small file blocks in a cluster, expected %u as of all volumes with such blocks",
		    fs->volume.name, le32_at(raw, 0), fs->per_cluster);
}

/**
 * resources_read() - find the descriptors of files; all else is found by these
 * @fs: the volume
 *
 * Return: 0, or an exit code after a message.
 */
int resources_read(struct fs *fs)
{
	if (fs->is_6)
		fs->per_cluster = (u32)min_t(u64, MAX_PER_CLUSTER,
					     CLUSTER_BYTES >> fs->block_bits);
	if (fs->is_6 && check_per_cluster(fs))
		return EXIT_DEVICE;
	return need(fs, RESOURCE_FD);
}

/**
 * resources_free() - free what is known of a volume's resource files
 * @fs: the volume
 */
void resources_free(struct fs *fs)
{
	int i;

	for (i = 0; i < NR_RESOURCES; i++)
		layout_free(fs->resources[i].layout);
}
