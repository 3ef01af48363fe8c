// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"
#include "vmfs/lvm.h"

#define HEADER_BYTES 512
#define FIRST_MAJOR 3
#define MAJOR_6 6

/* Descriptors of volumes, and what else lies before the physical extents. */
#define SLOT_BYTES 512
/* Fuzzers set fewer. */
#ifndef MAX_SLOTS
#define MAX_SLOTS 512
#endif
#define BEFORE_BITMAP (1024 * SLOT_BYTES)

#define STATE_NORMAL 1
#define STATE_RESIGNATURE 2

/* A table of physical extents, and the bitmap before it. */
#define TABLE_ENTRIES 8192
#define ENTRY_BYTES 128
#define LEAST_BITMAP 1024
#define MAX_TABLES 8

/* 256 TiB, should each be as small as they have ever been. */
#define MAX_ENTRIES (1U << 20)

/* Of the structures that go on where the first tables were full. */
#define MORE_BYTES 32

/**
 * struct lvm - a device's header
 * @lun: the device
 * @part: where on it
 * @header: bytes of the header
 * @slots: descriptors of volumes that there is room for
 * @bitmap: bytes of a bitmap
 * @nr_entries: physical extents
 * @nr_tables: what holds them, of those that lie behind the header
 * @more: where the next such tables are described, or 0
 * @device: identifies it
 */
struct lvm {
	const struct lun *lun;
	const struct vmfs_partition *part;
	u32 header;
	u32 slots;
	u32 bitmap;
	u32 nr_entries;
	u32 nr_tables;
	u64 more;
	unsigned char device[UUID_BYTES];
};

static int read_at(const struct lvm *lvm, const char *what, u64 at, void *buf,
		   size_t bytes)
{
	if (at > lvm->part->bytes || bytes > lvm->part->bytes - at)
		return fail(EXIT_DEVICE,
			    "%s: %s is %zu bytes at byte %llu of its partition, which has %llu",
			    lvm->lun->source.path, what, bytes, at,
			    lvm->part->bytes);
	return lun_read(lvm->lun, what, lvm->part->start + at, buf, bytes);
}

static int decode_sizes(struct lvm *lvm, const unsigned char *raw)
{
	const char *path = lvm->lun->source.path;
	const u32 major = le32_at(raw, 0x04), align = le32_at(raw, 0xca);

	if (major < FIRST_MAJOR || major > MAJOR_6)
		return fail(EXIT_DEVICE,
			    "%s: LVM header: major version %u, expected %d to %d",
			    path, major, FIRST_MAJOR, MAJOR_6);
	lvm->header = HEADER_BYTES;
	lvm->slots = MAX_SLOTS;
	lvm->bitmap = LEAST_BITMAP;
	if (major < MAJOR_6)
		return 0;
	if (align < 512 || align > 1 << 20 || align & (align - 1))
		return fail(EXIT_DEVICE,
			    "%s: LVM header: metadata is aligned to %u bytes, expected a power of two from 512 to 1048576",
			    path, align);
	lvm->header = align;
	lvm->slots = 1;
	lvm->bitmap = max_t(u32, align, LEAST_BITMAP);
	return 0;
}

static int read_header(struct lvm *lvm)
{
	const char *path = lvm->lun->source.path;
	unsigned char raw[HEADER_BYTES];
	int r;

	r = read_at(lvm, "the LVM header", LVM_AT, raw, sizeof(raw));
	if (!r)
		r = decode_sizes(lvm, raw);
	if (r)
		return r;
	lvm->nr_entries = le32_at(raw, 0x6a);
	lvm->nr_tables = max_t(u32, le32_at(raw, 0xbe), 1);
	lvm->more = le64_at(raw, 0xc2);
	memcpy(lvm->device, raw + 0x82, UUID_BYTES);
	if (!lvm->nr_entries || lvm->nr_entries > MAX_ENTRIES)
		return fail(EXIT_DEVICE,
			    "%s: LVM header: %u physical extents, expected 1 to %u",
			    path, lvm->nr_entries, MAX_ENTRIES);
	if (lvm->nr_tables > MAX_TABLES)
		return fail(EXIT_DEVICE,
			    "%s: LVM header: %u tables of physical extents, expected 0 to %d",
			    path, lvm->nr_tables, MAX_TABLES);
	return 0;
}

/* Byte of a table, behind a header or what goes on in its place. */
static u64 table_at(const struct lvm *lvm, u64 header, u32 table)
{
	return header + lvm->header + BEFORE_BITMAP + lvm->bitmap +
	       (u64)table * (lvm->bitmap + TABLE_ENTRIES * ENTRY_BYTES);
}

/* Where to go on; each step takes at least one table's entries, so it ends. */
static int next_tables(struct lvm *lvm, u64 *header, u32 nr_read)
{
	unsigned char raw[MORE_BYTES];
	int r;

	if (!lvm->more)
		return fail(EXIT_DEVICE,
			    "%s: LVM header: %u physical extents, but tables for %u",
			    lvm->lun->source.path, lvm->nr_entries, nr_read);
	*header = lvm->more;
	r = read_at(lvm, "the LVM's extended metadata", *header, raw,
		    sizeof(raw));
	if (r)
		return r;
	lvm->nr_tables = max_t(u32, le32_at(raw, 4), 1);
	lvm->more = le64_at(raw, 16);
	if (lvm->nr_tables > MAX_TABLES)
		return fail(EXIT_DEVICE,
			    "%s: LVM's extended metadata at byte %llu: %u tables of physical extents, expected 0 to %d",
			    lvm->lun->source.path, *header, lvm->nr_tables,
			    MAX_TABLES);
	return 0;
}

/* All entries, side by side, for free(). */
static int read_entries(struct lvm *lvm, unsigned char **entries)
{
	u32 done = 0, table = 0, nr;
	u64 header = LVM_AT;
	int r = 0;

	*entries = calloc(lvm->nr_entries, ENTRY_BYTES);
	if (!*entries)
		return fail_memory();
	for (; done < lvm->nr_entries && !r; done += nr, table++) {
		if (table == lvm->nr_tables) {
			table = 0;
			r = next_tables(lvm, &header, done);
		}
		nr = min_t(u32, TABLE_ENTRIES, lvm->nr_entries - done);
		if (!r)
			r = read_at(lvm, "the LVM's table of physical extents",
				    table_at(lvm, header, table),
				    *entries + (size_t)done * ENTRY_BYTES,
				    (size_t)nr * ENTRY_BYTES);
	}
	return r;
}

static int decode_piece(const struct lvm *lvm, const unsigned char *entry,
			struct piece *piece)
{
	const u64 at = le64_at(entry, 0x09), bytes = le64_at(entry, 0x19);
	const u64 start = le64_at(entry, 0x11);

	if (!bytes || at > lvm->part->bytes || bytes > lvm->part->bytes - at)
		return fail(EXIT_DEVICE,
			    "%s: LVM physical extent %u is %llu bytes from byte %llu of the partition on, which has %llu (an image that was cut off?)",
			    lvm->lun->source.path, le32_at(entry, 1), bytes, at,
			    lvm->part->bytes);
	if (start > INT64_MAX - bytes || (at | start | bytes) % 512)
		return fail(EXIT_DEVICE,
			    "%s: LVM physical extent %u: %llu bytes from byte %llu of the volume on lie at byte %llu of the partition, expected whole sectors of less than 2^63 bytes",
			    lvm->lun->source.path, le32_at(entry, 1), bytes,
			    start, at);
	*piece = (struct piece){
		.start = start,
		.end = start + bytes,
		.lun = lvm->lun,
		.at = lvm->part->start + at,
	};
	return 0;
}

/*
 * The addresses are of the volume.  Were they of the extent, there would be a 0
 * on one that does not begin with unit 0.
 */
static int make_absolute(struct extent *e)
{
	u64 least = UINT64_MAX, base;
	size_t i;

	for (i = 0; i < e->nr_pieces; i++)
		least = min_t(u64, least, e->pieces[i].start);
	if (least || !e->first)
		return 0;
	base = e->first * LVM_UNIT_BYTES;
	for (i = 0; i < e->nr_pieces; i++) {
		if (e->pieces[i].end > INT64_MAX - base)
			return fail(EXIT_DEVICE,
				    "%s: LVM volume descriptor: the first physical extent is %llu, past what a volume can have",
				    e->lun->source.path, e->first);
		e->pieces[i].start += base;
		e->pieces[i].end += base;
	}
	return 0;
}

static int take_pieces(const struct lvm *lvm, const unsigned char *entries,
		       u32 number, struct extent *e)
{
	const unsigned char *entry = entries;
	u32 i;
	int r = 0;

	e->pieces = calloc(lvm->nr_entries, sizeof(*e->pieces));
	if (!e->pieces)
		return fail_memory();
	for (i = 0; i < lvm->nr_entries && !r; i++, entry += ENTRY_BYTES)
		if (entry[0] && le32_at(entry, 5) == number)
			r = decode_piece(lvm, entry, &e->pieces[e->nr_pieces++]);
	return r ? r : make_absolute(e);
}

static int check_volume(const struct lvm *lvm, const unsigned char *slot,
			const struct extent *e)
{
	const u32 state = le32_at(slot, 0x10);
	const char *path = lvm->lun->source.path;

	if (state != STATE_NORMAL && state != STATE_RESIGNATURE)
		return fail(EXIT_DEVICE,
			    "%s: LVM volume descriptor: state %u, expected 1 or 2",
			    path, state);
	if (e->nr_extents > LVM_MAX_EXTENTS)
		return fail(EXIT_DEVICE,
			    "%s: LVM volume descriptor: %u devices, expected 1 to %d",
			    path, e->nr_extents, LVM_MAX_EXTENTS);
	if (e->first > e->last || e->last > INT64_MAX / LVM_UNIT_BYTES)
		return fail(EXIT_DEVICE,
			    "%s: LVM volume descriptor: physical extents %llu to %llu",
			    path, e->first, e->last);
	if (!e->bytes || e->bytes > INT64_MAX)
		return fail(EXIT_DEVICE,
			    "%s: LVM volume descriptor: the volume has %llu bytes",
			    path, e->bytes);
	return 0;
}

static int take_volume(const struct lvm *lvm, const unsigned char *slot,
		       const unsigned char *entries, struct extents *extents)
{
	struct extent *more, *e;
	int r;

	more = reallocarray(extents->list, extents->nr + 1, sizeof(*more));
	if (!more)
		return fail_memory();
	extents->list = more;
	e = &more[extents->nr++];
	*e = (struct extent){
		.lun = lvm->lun,
		.part = *lvm->part,
		.copy = le32_at(slot, 0x64),
		.is_copy = le32_at(slot, 0x10) == STATE_RESIGNATURE,
		.bytes = le64_at(slot, 0x00),
		.nr_extents = max_t(u32, le32_at(slot, 0x90), 1),
		.first = le64_at(slot, 0x78),
		.last = le64_at(slot, 0x80),
	};
	memcpy(e->volume, slot + 0x54, UUID_BYTES);
	memcpy(e->device, lvm->device, UUID_BYTES);
	r = check_volume(lvm, slot, e);
	return r ? r : take_pieces(lvm, entries, le32_at(slot, 0x70), e);
}

static int take_volumes(const struct lvm *lvm, const unsigned char *entries,
			struct extents *extents)
{
	const size_t before = extents->nr;
	unsigned char *slots;
	u32 i;
	int r;

	slots = calloc(lvm->slots, SLOT_BYTES);
	if (!slots)
		return fail_memory();
	r = read_at(lvm, "the LVM's volume descriptors", LVM_AT + lvm->header,
		    slots, (size_t)lvm->slots * SLOT_BYTES);
	for (i = 0; i < lvm->slots && !r; i++)
		if (!uuid_is_null(slots + (size_t)i * SLOT_BYTES + 0x54))
			r = take_volume(lvm, slots + (size_t)i * SLOT_BYTES,
					entries, extents);
	free(slots);
	if (!r && extents->nr == before)
		return fail(EXIT_DEVICE,
			    "%s: LVM: no volume is described, expected one",
			    lvm->lun->source.path);
	return r;
}

/**
 * lvm_read() - read what a device has of which volumes
 * @lun: the device
 * @part: where on it
 * @extents: what is found is added, for extents_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int lvm_read(const struct lun *lun, const struct vmfs_partition *part,
	     struct extents *extents)
{
	struct lvm lvm = { .lun = lun, .part = part };
	unsigned char *entries = NULL;
	int r;

	r = read_header(&lvm);
	if (!r)
		r = read_entries(&lvm, &entries);
	if (!r)
		r = take_volumes(&lvm, entries, extents);
	free(entries);
	return r;
}

/**
 * extents_free() - free what lvm_read() made
 * @extents: it
 */
void extents_free(struct extents *extents)
{
	while (extents->nr)
		free(extents->list[--extents->nr].pieces);
	free(extents->list);
	extents->list = NULL;
}
