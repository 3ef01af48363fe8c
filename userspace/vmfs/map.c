// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pointer block is never met twice in a file, and a file has no more blocks than
 * its volume: so however they lead to each other, there is an end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/layout.h"
#include "util/message.h"
#include "util/signals.h"
#include "vmfs/batch.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"
#include "vmfs/map.h"
#include "vmfs/seen.h"

/* Pointer blocks that lead to pointer blocks that lead to the file's. */
#define MAX_LEVELS 2

/**
 * struct mapping - a file of which it is found out where it lies
 * @fs: where it is
 * @inode: its descriptor
 * @name: its name, for messages
 * @seen: what was read
 * @layout: what is known
 * @left: bytes of it that come behind that
 * @used: bytes of the volume that it has had so far
 * @has_warned: of bits that are not known
 * @batches: what reads the pointer blocks of a level
 * @blocks: those that are read
 */
struct mapping {
	struct fs *fs;
	const struct inode *inode;
	const char *name;
	struct seen_file *seen;
	struct layout *layout;
	u64 left;
	u64 used;
	bool has_warned;
	struct batch *batches[MAX_LEVELS + 1];
	struct batch_block *blocks[MAX_LEVELS + 1];
};

/* Return: an exit code after a message. */
static int fail_address(const struct mapping *m, u64 raw, const char *why)
{
	return fail(EXIT_DEVICE,
		    "%s: %s (file descriptor %#x): byte %llu of it has the address %#llx: %s",
		    m->fs->volume.name, m->name, m->inode->address,
		    m->layout->bytes, raw, why);
}

static int added(const struct mapping *m, int error)
{
	if (!error)
		return 0;
	if (error == ENOMEM)
		return fail_memory();
	return fail(EXIT_DEVICE, "%s: %s: byte %llu of it is too far away",
		    m->fs->volume.name, m->name, m->layout->bytes);
}

static int add_hole(struct mapping *m, u64 bytes)
{
	bytes = min_t(u64, bytes, m->left);
	m->left -= bytes;
	return added(m, layout_add_hole(m->layout, bytes));
}

/* Adds bytes of the volume, of which there are enough. */
static int add_bytes(struct mapping *m, u64 at, u64 bytes)
{
	struct place place;
	u64 there;
	int r = 0;

	for (; bytes && !r; bytes -= there, at += there) {
		there = min_t(u64, bytes,
			      volume_locate(&m->fs->volume, at, &place));
		/* It is set, as the volume has that byte. */
		/* cppcheck-suppress uninitvar */
		r = added(m, layout_add(m->layout, there, place.lun->index,
					place.at));
		m->left -= there;
	}
	return r;
}

/*
 * Which bytes of a block some of the bits stand for is not known.  Of one that all
 * are set for, all bytes read as zeros.
 */
static int check_zeros(struct mapping *m, u64 raw, const struct address *a)
{
	if (!a->zeros || a->zeros == ADDRESS_ALL_ZEROS)
		return 0;
	if (!m->fs->force)
		return fail(EXIT_DEVICE,
			    "%s: %s: byte %llu of it has the address %#llx: its to-be-zeroed bits are %#x, expected 0 or 0xff: which of its bytes are zeros is not known: copy the file on ESXi",
			    m->fs->volume.name, m->name, m->layout->bytes, raw,
			    a->zeros);
	if (!m->has_warned)
		warn("%s: %s: byte %llu of it has the address %#llx: its to-be-zeroed bits are %#x: what lies there is read as it is",
		     m->fs->volume.name, m->name, m->layout->bytes, raw,
		     a->zeros);
	m->has_warned = true;
	return 0;
}

/*
 * Where a file block begins, and how many bytes a block of its kind has.  There
 * is a slot for each small block even where a large one is meant, whose address
 * is in all of them.
 *
 * Return: false if there is none of that address.
 */
static bool find_block(const struct fs *fs, const struct address *a, u64 *at,
		       u64 *bytes)
{
	const unsigned int bits = a->kind == ADDRESS_LARGE_BLOCK ?
				  fs->large_bits : fs->block_bits;
	u64 number = a->cluster;

	if (fs->is_6 && a->kind == ADDRESS_BLOCK) {
		if (a->resource >= fs->per_cluster)
			return false;
		number = number * fs->per_cluster + a->resource;
	}
	if (number >= fs->volume.bytes >> bits)
		return false;
	*at = number << bits;
	*bytes = BIT_ULL(bits);
	return true;
}

static int add_block(struct mapping *m, u64 raw, u64 bytes)
{
	const struct address a = address_decode(m->fs, raw);
	u64 at, block;
	int r;

	if (a.kind != ADDRESS_BLOCK &&
	    !(m->fs->is_6 && a.kind == ADDRESS_LARGE_BLOCK))
		return fail_address(m, raw, "expected that of a file block");
	if (!find_block(m->fs, &a, &at, &block))
		return fail_address(m, raw, "the volume has no such block");
	if (m->inode->shift < m->fs->block_bits ||
	    BIT_ULL(m->inode->shift) > block)
		return fail_address(m, raw, "it stands for bytes of another number than the block has");
	r = check_zeros(m, raw, &a);
	if (r)
		return r;
	if (a.zeros == ADDRESS_ALL_ZEROS)
		return add_hole(m, bytes);
	return add_bytes(m, at + (m->layout->bytes & (block - 1)), bytes);
}

static int add_sub_block(struct mapping *m, u64 raw, u64 bytes)
{
	const struct address a = address_decode(m->fs, raw);
	struct place place;
	int r;

	if (a.kind != ADDRESS_SUB_BLOCK)
		return fail_address(m, raw, "expected that of a sub-block");
	if (BIT_ULL(m->inode->shift) > m->fs->sub_block)
		return fail_address(m, raw, "it stands for more than a sub-block has");
	r = resource_find(m->fs, "a sub-block", &a, m->fs->sub_block, &place);
	if (r)
		return r;
	m->left -= bytes;
	return added(m, layout_add(m->layout, bytes, place.lun->index,
				   place.at));
}

/* Adds what a pointer to the file's own bytes leads to. */
static int add_pointer(struct mapping *m, u64 raw)
{
	const u64 whole = BIT_ULL(m->inode->shift);
	const u64 bytes = min_t(u64, whole, m->left);

	if (!raw)
		return add_hole(m, whole);
	m->used += whole;
	if (m->used > m->fs->volume.bytes)
		return fail_address(m, raw, "the file has more blocks than the volume");
	return m->inode->zla == INODE_SUB_BLOCKS ?
	       add_sub_block(m, raw, bytes) : add_block(m, raw, bytes);
}

static int find_pointer_block(struct mapping *m, u64 raw, struct place *place)
{
	const struct address a = address_decode(m->fs, raw);
	const u32 bytes = fs_pointer_block_bytes(m->fs);
	u64 at, block;

	switch (a.kind) {
	case ADDRESS_SUB_BLOCK:
	case ADDRESS_POINTER_BLOCK:
	case ADDRESS_POINTER_BLOCK_2:
		return resource_find(m->fs, "a pointer block", &a, bytes,
				     place);
	case ADDRESS_BLOCK:
		if (a.zeros)
			return fail_address(m, raw, "a pointer block that is to be zeroed");
		if (!find_block(m->fs, &a, &at, &block) || block < bytes)
			return fail_address(m, raw, "the volume has no such block");
		return volume_find(&m->fs->volume, "a pointer block", at, bytes,
				   place);
	default:
		return fail_address(m, raw, "expected that of a pointer block");
	}
}

static int walk(struct mapping *m, const u64 *addresses, size_t nr,
		unsigned int level);

/* What a pointer block that was read leads to. */
static int walk_block(struct mapping *m, const struct batch_block *block,
		      unsigned int level)
{
	const u32 nr = m->fs->per_pointer_block;
	const bool is_6 = m->fs->is_6;
	u64 *addresses;
	u32 i;
	int r;

	r = seen_file_add(m->seen, &block->place, block->data,
			  fs_pointer_block_bytes(m->fs));
	if (r == EEXIST)
		return fail(EXIT_DEVICE,
			    "%s: %s (file descriptor %#x): the pointer block at byte %llu of %s is found twice in it, again for byte %llu",
			    m->fs->volume.name, m->name, m->inode->address,
			    block->place.at, block->place.lun->source.path,
			    m->layout->bytes);
	addresses = r ? NULL : malloc(nr * sizeof(*addresses));
	if (!addresses)
		return fail_memory();
	for (i = 0; i < nr; i++)
		addresses[i] = is_6 ? le64_at(block->data, (size_t)i * 8) :
			       le32_at(block->data, (size_t)i * 4);
	r = walk(m, addresses, nr, level - 1);
	free(addresses);
	return r;
}

/* Bytes that a pointer of a level stands for, all files being shorter than that. */
static u64 span_of(const struct mapping *m, unsigned int level)
{
	const unsigned int bits = m->inode->shift +
		level * (fls64(m->fs->per_pointer_block) - 1);

	return bits < 63 ? BIT_ULL(bits) : INT64_MAX;
}

static int get_batch(struct mapping *m, unsigned int level)
{
	struct batch **batch = &m->batches[level];
	int r;

	if (*batch)
		return 0;
	r = batch_new(m->fs->log, fs_pointer_block_bytes(m->fs), batch);
	if (r)
		return r;
	m->blocks[level] = calloc(batch_size(*batch), sizeof(struct batch_block));
	return m->blocks[level] ? 0 : fail_memory();
}

/* Reads those pointer blocks that are no holes, and goes through all. */
static int walk_some(struct mapping *m, const u64 *addresses, size_t nr,
		     unsigned int level)
{
	struct batch_block *block = m->blocks[level];
	size_t i;
	int r = 0;

	if (signals_waiting())
		return fail(EXIT_DEVICE, "interrupted");
	for (i = 0; i < nr && !r; i++)
		/* All nr of them were read. */
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch) */
		if (addresses[i])
			r = find_pointer_block(m, addresses[i],
					       &block++->place);
	if (!r)
		r = batch_read(m->batches[level], "a pointer block",
			       m->blocks[level],
			       (size_t)(block - m->blocks[level]));
	block = m->blocks[level];
	for (i = 0; i < nr && !r; i++)
		r = addresses[i] ? walk_block(m, block++, level) :
		    add_hole(m, span_of(m, level));
	return r;
}

/* Goes through pointers, as far as the file goes. */
static int walk(struct mapping *m, const u64 *addresses, size_t nr,
		unsigned int level)
{
	size_t i, some;
	int r = 0;

	nr = min_t(u64, nr, DIV_ROUND_UP_ULL(m->left, span_of(m, level)));
	for (i = 0; i < nr && !r && !level; i++)
		/* All nr of them were read. */
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		r = add_pointer(m, addresses[i]);
	if (!level)
		return r;
	r = get_batch(m, level);
	for (i = 0; i < nr && !r; i += some) {
		some = min_t(size_t, nr - i, batch_size(m->batches[level]));
		r = walk_some(m, addresses + i, some, level);
	}
	return r;
}

static int map_pointers(struct mapping *m, unsigned int level)
{
	const u32 nr = m->fs->nr_pointers;
	u64 *addresses;
	u32 i;
	int r;

	if (level && m->inode->shift < m->fs->block_bits)
		return fail(EXIT_DEVICE,
			    "%s: %s (file descriptor %#x): has pointer blocks to %llu bytes each, expected the %llu of a file block",
			    m->fs->volume.name, m->name, m->inode->address,
			    BIT_ULL(m->inode->shift),
			    BIT_ULL(m->fs->block_bits));
	if (DIV_ROUND_UP_ULL(m->left, span_of(m, level)) > nr)
		return fail(EXIT_DEVICE,
			    "%s: %s (file descriptor %#x): has %llu bytes, more than %u pointers to %llu each can lead to",
			    m->fs->volume.name, m->name, m->inode->address,
			    m->left, nr, span_of(m, level));
	addresses = malloc(nr * sizeof(*addresses));
	if (!addresses)
		return fail_memory();
	for (i = 0; i < nr; i++)
		addresses[i] = inode_pointer(m->fs, m->inode, i);
	r = walk(m, addresses, nr, level);
	free(addresses);
	return r;
}

static int map_inline(struct mapping *m)
{
	const struct place *fd = &m->inode->place;
	const u32 room = m->fs->fd_bytes - m->fs->inline_at;

	if (m->left > room)
		return fail(EXIT_DEVICE,
			    "%s: %s (file descriptor %#x): has %llu bytes in its descriptor, which has room for %u",
			    m->fs->volume.name, m->name, m->inode->address,
			    m->left, room);
	return added(m, layout_add(m->layout, m->left, fd->lun->index,
				   fd->at + m->fs->inline_at));
}

static int map(struct mapping *m)
{
	switch (m->inode->zla) {
	case INODE_INLINE:
		return map_inline(m);
	case INODE_POINTER_BLOCKS:
	case INODE_POINTER_BLOCKS_2:
		return map_pointers(m, 1);
	case INODE_DOUBLE:
		return map_pointers(m, 2);
	default:
		return map_pointers(m, 0);
	}
}

static void free_batches(struct mapping *m)
{
	unsigned int i;

	for (i = 0; i <= MAX_LEVELS; i++) {
		batch_free(m->batches[i]);
		free(m->blocks[i]);
	}
}

/**
 * map_inode() - find where a file lies
 * @fs: where it is
 * @inode: its descriptor, which is no RDM's
 * @name: its name, for messages
 * @seen: where to keep what was read, or NULL: nowhere
 * @layout: set to where, for layout_free(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int map_inode(struct fs *fs, const struct inode *inode, const char *name,
	      struct seen *seen, struct layout **layout)
{
	struct mapping m = {
		.fs = fs,
		.inode = inode,
		.name = name,
		.left = inode->length,
	};
	int r;

	r = seen_file_new(fs, inode, name, &m.seen);
	if (r)
		return r;
	m.layout = layout_new(fs->volume.luns->sources,
			      fs->volume.luns->nr);
	r = m.layout ? map(&m) : fail_memory();
	free_batches(&m);
	if (!r && seen) {
		r = seen_take(seen, m.seen);
		m.seen = NULL;
	}
	seen_file_free(m.seen);
	if (!r)
		*layout = m.layout;
	else
		layout_free(m.layout);
	return r;
}
