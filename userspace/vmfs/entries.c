// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/layout.h"
#include "util/message.h"
#include "vmfs/content.h"
#include "vmfs/entries.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"
#include "vmfs/le.h"
#include "vmfs/map.h"

/* As long as a folder's file is taken to be: for a million entries. */
#define MAX_BYTES (512U << 20)
#define READ_BYTES (1U << 20)

/* An entry of VMFS 3 and 5, and of 6. */
#define ENTRY_BYTES_5 0x8c
#define NAME_AT_5 0x0c
#define NAME_BYTES_5 128
#define ENTRY_BYTES_6 0x120
#define NAME_AT_6 0x18
#define NAME_BYTES_6 256

/*
 * A folder of VMFS 6 begins with a header, behind which there are blocks.  Some of
 * them are maps of what the others are, half a byte for each.
 */
#define HEADER_BYTES 0x10000
#define FOLDER_VERSION 0xf50001
#define FOLDER_VERSION_DEBUG 0xfdc001
#define MAX_MAPS 128
#define UNLISTED 2 /* "." and "..", which its header has, are counted too */
/* In the header of a block of entries, from byte 8 of it on. */
#define MAX_BITS (56 * 8)
#define BLOCK_HEADER_BYTES 64
#define BLOCK_ENTRIES 1
#define BLOCK_MAP 3
#define KIND_MASK 3
#define NOT_WRITTEN 8

/**
 * struct reading - a folder that is read
 * @fs: where it is
 * @inode: its descriptor
 * @name: how messages call it
 * @layout: where its file lies
 * @entries: what is found
 * @expected: how many the folder says that there are, with itself and the one above
 * @buf: room for READ_BYTES of it, or all of it if it is shorter
 */
struct reading {
	struct fs *fs;
	const struct inode *inode;
	char name[32];
	struct layout *layout;
	struct entries *entries;
	u32 expected;
	unsigned char *buf;
};

/* Return: an exit code after a message. */
static int fail_entry(const struct reading *d, u64 at, const char *what)
{
	return fail(EXIT_DEVICE, "%s: %s: the entry at byte %llu of it %s",
		    d->fs->volume.name, d->name, at, what);
}

static int make_room(struct entries *e, size_t length)
{
	size_t room = e->room + e->room / 2 + 16;
	struct entry *list;
	char *names;

	if (e->nr == e->room) {
		list = reallocarray(e->list, room, sizeof(*list));
		if (!list)
			return fail_memory();
		e->list = list;
		e->room = room;
	}
	if (e->names_room - e->names_bytes > length)
		return 0;
	room = e->names_room + e->names_room / 2 + length + 256;
	names = realloc(e->names, room);
	if (!names)
		return fail_memory();
	e->names = names;
	e->names_room = room;
	return 0;
}

/* @at: its byte of the folder's file, @raw: what is there. */
static int add(struct reading *d, u64 at, const unsigned char *raw,
	       const char *name, size_t size)
{
	const size_t length = strnlen(name, size);
	struct entries *e = d->entries;

	if (length == size)
		return fail_entry(d, at, "has a name without an end");
	if (!length || memchr(name, '/', length))
		return fail_entry(d, at, length ? "has a slash in its name" :
				  "has no name");
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (make_room(e, length))
		return EXIT_MEMORY;
	e->list[e->nr++] = (struct entry){
		.address = le32_at(raw, 4),
		.generation = le32_at(raw, 8),
		.name = e->names_bytes,
	};
	memcpy(e->names + e->names_bytes, name, length + 1);
	e->names_bytes += length + 1;
	return 0;
}

static int take_5(struct reading *d, u64 at, const unsigned char *raw)
{
	if (!le32_at(raw, 4))
		return 0;
	return add(d, at, raw, (const char *)raw + NAME_AT_5, NAME_BYTES_5);
}

static int read_5(struct reading *d)
{
	const size_t most = READ_BYTES / ENTRY_BYTES_5 * ENTRY_BYTES_5;
	u64 at, left = d->layout->bytes;
	size_t bytes, i;
	int r = 0;

	for (at = 0; left >= ENTRY_BYTES_5 && !r; at += bytes, left -= bytes) {
		bytes = min_t(u64, most, left - left % ENTRY_BYTES_5);
		r = content_read(d->fs, d->name, d->layout, at, d->buf, bytes);
		for (i = 0; i < bytes && !r; i += ENTRY_BYTES_5)
			r = take_5(d, at + i, d->buf + i);
	}
	return r;
}

/* Blocks that a map is about, and bytes of one. */
static u32 per_map(const struct fs *fs)
{
	return 2 * (fs->lock_bytes - BLOCK_HEADER_BYTES);
}

static u64 block_at(const struct fs *fs, u64 block)
{
	return HEADER_BYTES + block * fs->lock_bytes;
}

/* A block of entries: a bit in its header is set for each that is free. */
static int take_block(struct reading *d, u64 at, const unsigned char *raw)
{
	const u32 room = (d->fs->lock_bytes - BLOCK_HEADER_BYTES) /
			 ENTRY_BYTES_6;
	const u32 most = min_t(u32, room, MAX_BITS);
	const u32 kind = le16_at(raw, 2), nr = le16_at(raw, 4);
	const unsigned char *entry = raw + BLOCK_HEADER_BYTES;
	u32 i;
	int r = 0;

	if (kind != BLOCK_ENTRIES || nr > most)
		return fail(EXIT_DEVICE,
			    "%s: %s: the block at byte %llu of it is of kind %u and has %u entries, expected kind %d and %u at the most",
			    d->fs->volume.name, d->name, at, kind, nr,
			    BLOCK_ENTRIES, most);
	for (i = 0; i < nr && !r; i++, entry += ENTRY_BYTES_6)
		if (!(raw[8 + i / 8] >> i % 8 & 1))
			r = add(d, at + (u64)(entry - raw), entry,
				(const char *)entry + NAME_AT_6, NAME_BYTES_6);
	return r;
}

/* What a map says of a block. */
static unsigned int kind_of(const unsigned char *map, u32 i)
{
	const unsigned char byte = map[BLOCK_HEADER_BYTES + i / 2];

	return i % 2 ? byte & 0xf : byte >> 4;
}

static bool has_entries(const unsigned char *map, u32 i)
{
	const unsigned int kind = kind_of(map, i);

	return (kind & KIND_MASK) == BLOCK_ENTRIES && !(kind & NOT_WRITTEN);
}

/* Reads the blocks of entries that lie side by side, as many as go at once. */
static int read_blocks(struct reading *d, const unsigned char *map, u64 first,
		       u32 i, u32 *nr)
{
	const u32 most = READ_BYTES / d->fs->lock_bytes;
	const u64 at = block_at(d->fs, first + i);
	u32 j;
	int r;

	for (*nr = 1; *nr < most && i + *nr < per_map(d->fs); ++*nr)
		if (!has_entries(map, i + *nr))
			break;
	r = content_read(d->fs, d->name, d->layout, at, d->buf,
			 (size_t)*nr * d->fs->lock_bytes);
	for (j = 0; j < *nr && !r; j++)
		r = take_block(d, at + (u64)j * d->fs->lock_bytes,
			       d->buf + (size_t)j * d->fs->lock_bytes);
	return r;
}

static int read_map(struct reading *d, u32 number, u32 block,
		    unsigned char *map)
{
	const u64 first = (u64)number * per_map(d->fs);
	u32 i, nr;
	int r;

	r = content_read(d->fs, d->name, d->layout, block_at(d->fs, block), map,
			 d->fs->lock_bytes);
	if (r)
		return r;
	if (le16_at(map, 2) != BLOCK_MAP)
		return fail(EXIT_DEVICE,
			    "%s: %s: the block at byte %llu of it is of kind %u, expected %d: a map",
			    d->fs->volume.name, d->name,
			    block_at(d->fs, block), le16_at(map, 2), BLOCK_MAP);
	for (i = 0; i < per_map(d->fs) && !r; i += nr) {
		nr = 1;
		if (has_entries(map, i))
			r = read_blocks(d, map, first, i, &nr);
	}
	return r;
}

static int read_maps(struct reading *d, const unsigned char *header, u32 nr)
{
	unsigned char *map = malloc(d->fs->lock_bytes);
	u32 i;
	int r = 0;

	if (!map)
		return fail_memory();
	for (i = 0; i < nr && !r; i++)
		r = read_map(d, i, le32_at(header, 16 + (size_t)i * 4), map);
	free(map);
	return r;
}

static int read_6(struct reading *d)
{
	unsigned char header[16 + 4 * MAX_MAPS];
	u32 version, nr;
	int r;

	r = content_read(d->fs, d->name, d->layout, 0, header, sizeof(header));
	if (r)
		return r;
	version = le32_at(header, 0);
	nr = le32_at(header, 12);
	if ((version != FOLDER_VERSION && version != FOLDER_VERSION_DEBUG) || nr > MAX_MAPS)
		return fail(EXIT_DEVICE,
			    "%s: %s: its version is %#x and it has %u maps, expected %#x and %d at the most",
			    d->fs->volume.name, d->name, version, nr, FOLDER_VERSION,
			    MAX_MAPS);
	d->expected = le32_at(header, 4);
	return read_maps(d, header, nr);
}

static int compare(const void *a, const void *b, void *names)
{
	const struct entry *x = a, *y = b;

	return strcmp((char *)names + x->name, (char *)names + y->name);
}

/* Sorted, and no name twice: nobody could tell which is meant. */
static int sort(const struct reading *d)
{
	const struct entries *e = d->entries;
	size_t i;

	if (e->nr)
		qsort_r(e->list, e->nr, sizeof(*e->list), compare, e->names);
	for (i = 1; i < e->nr; i++)
		if (!compare(&e->list[i - 1], &e->list[i], e->names))
			return fail(EXIT_DEVICE, "%s: %s: has \"%s\" twice",
				    d->fs->volume.name, d->name,
				    e->names + e->list[i].name);
	return 0;
}

/* A host may have been at it. */
#define MAX_TRIES 3

static int read_again(struct reading *d)
{
	int tries, r;

	for (tries = 0;; tries++) {
		r = read_6(d);
		d->entries->is_partial =
			d->entries->nr + UNLISTED != d->expected;
		if (r || !d->entries->is_partial)
			return r;
		if (tries == MAX_TRIES)
			break;
		d->entries->nr = 0;
		d->entries->names_bytes = 0;
	}
	warn("%s: %s: has %zu entries, and says that it has %u: it is being changed, or damaged",
	     d->fs->volume.name, d->name, d->entries->nr + UNLISTED,
	     d->expected);
	return 0;
}

/**
 * entries_read() - read what is in a folder
 * @fs: where it is
 * @inode: its descriptor
 * @entries: all 0; filled in, for entries_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int entries_read(struct fs *fs, const struct inode *inode,
		 struct entries *entries)
{
	struct reading d = { .fs = fs, .inode = inode, .entries = entries };
	int r;

	snprintf(d.name, sizeof(d.name), "the folder %#x", inode->address);
	if (inode->length > MAX_BYTES)
		return fail(EXIT_DEVICE,
			    "%s: %s has %llu bytes, expected %u at the most",
			    fs->volume.name, d.name, inode->length, MAX_BYTES);
	r = map_inode(fs, inode, d.name, NULL, &d.layout);
	if (r)
		return r;
	d.buf = malloc(min_t(u64, READ_BYTES, d.layout->bytes + 1));
	if (!d.buf)
		r = fail_memory();
	else
		r = fs->is_6 ? read_again(&d) : read_5(&d);
	free(d.buf);
	layout_free(d.layout);
	return r ? r : sort(&d);
}

/**
 * entries_free() - free what entries_read() made
 * @entries: it
 */
void entries_free(struct entries *entries)
{
	free(entries->list);
	free(entries->names);
}
