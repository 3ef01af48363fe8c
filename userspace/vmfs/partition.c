// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses in a partition table count logical blocks, whose size a device tells
 * and an image of one does not.  So a table is believed where a volume lies at
 * what it says, in blocks of 512 or else of 4096 bytes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/gpt.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"
#include "vmfs/lvm.h"
#include "vmfs/partition.h"

#define MBR_BYTES 512
#define MBR_MAGIC_AT 510
#define MBR_ENTRIES_AT 446
#define MBR_ENTRY_BYTES 16
#define MBR_TYPE_VMFS 0xfb

/* As far as the MBR and a GPT's header go, whatever the size of a block. */
#define TABLES_BYTES 8192

/* Logical partitions are a chain of tables, which must have an end. */
#define MAX_LOGICAL 60

/**
 * struct search - looking for volumes
 * @lun: where
 * @block: bytes of a logical block, as is tried
 * @found: where they lie
 */
struct search {
	const struct lun *lun;
	u32 block;
	struct vmfs_partitions *found;
};

/* Return: 0, or an exit code after a message. */
static int has_volume(const struct lun *lun, u64 start, bool *has)
{
	unsigned char magic[4];

	*has = false;
	if (start > lun->bytes || lun->bytes - start < LVM_AT + sizeof(magic))
		return 0;
	*has = true;
	if (lun_read(lun, "the LVM header", start + LVM_AT, magic,
		     sizeof(magic)))
		return EXIT_DEVICE;
	*has = le32_at(magic, 0) == LVM_MAGIC;
	return 0;
}

/* A table may lead to a partition twice, as logical ones in a circle do. */
static bool is_taken(const struct vmfs_partitions *f, u64 start, u64 bytes)
{
	unsigned int i;

	for (i = 0; i < f->nr; i++)
		if (f->list[i].start == start && f->list[i].bytes == bytes)
			return true;
	return false;
}

/* Takes a partition that is marked as VMFS's, by blocks. */
static int take(struct search *s, u64 first, u64 blocks)
{
	const struct lun *lun = s->lun;
	struct vmfs_partitions *f = s->found;
	u64 start, bytes;
	bool has;
	int r;

	if (__builtin_mul_overflow(first, (u64)s->block, &start) ||
	    __builtin_mul_overflow(blocks, (u64)s->block, &bytes))
		return 0;
	r = has_volume(lun, start, &has);
	if (r || !has || is_taken(f, start, bytes))
		return r;
	if (bytes > lun->bytes - start)
		return fail(EXIT_DEVICE,
			    "%s: its VMFS partition is %llu bytes from byte %llu on, but the device has %llu",
			    lun->source.path, bytes, start, lun->bytes);
	if (f->nr == VMFS_MAX_PARTITIONS)
		return fail(EXIT_DEVICE, "%s: has more than %d VMFS partitions",
			    lun->source.path, VMFS_MAX_PARTITIONS);
	f->list[f->nr++] = (struct vmfs_partition){ start, bytes };
	return 0;
}

static int take_gpt(void *data, u64 first, u64 blocks)
{
	return take(data, first, blocks);
}

static bool is_extended(unsigned char type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Return: false if there is no such table. */
static bool read_mbr(const struct search *s, u64 block, unsigned char *mbr)
{
	u64 at;

	return !__builtin_mul_overflow(block, (u64)s->block, &at) &&
	       !lun_read_some(s->lun, at, mbr, MBR_BYTES) &&
	       mbr[MBR_MAGIC_AT] == 0x55 && mbr[MBR_MAGIC_AT + 1] == 0xaa;
}

/* The table at @block: takes what is VMFS's, sets the block of a next table. */
static int take_table(struct search *s, const unsigned char *mbr, u64 block,
		      u64 *extended)
{
	const unsigned char *entry = mbr + MBR_ENTRIES_AT;
	int i, r = 0;

	*extended = 0;
	for (i = 0; i < 4 && !r; i++, entry += MBR_ENTRY_BYTES) {
		if (entry[4] == MBR_TYPE_VMFS)
			r = take(s, block + le32_at(entry, 8),
				 le32_at(entry, 12));
		else if (is_extended(entry[4]))
			*extended = le32_at(entry, 8);
	}
	return r;
}

static int find_in_mbr(struct search *s)
{
	unsigned char mbr[MBR_BYTES];
	u64 first, next, block;
	unsigned int i;
	int r;

	if (!read_mbr(s, 0, mbr))
		return 0;
	r = take_table(s, mbr, 0, &first);
	block = first;
	for (i = 0; i < MAX_LOGICAL && block && !r; i++) {
		if (!read_mbr(s, block, mbr))
			break;
		r = take_table(s, mbr, block, &next);
		block = next ? first + next : 0;
	}
	return r;
}

/* A table that cannot be read is not one that has no VMFS in it. */
static int check_readable(const struct lun *lun)
{
	const size_t bytes = min_t(u64, lun->bytes, TABLES_BYTES);
	unsigned char tables[TABLES_BYTES];

	return lun_read(lun, "the partition table", 0, tables, bytes);
}

/**
 * vmfs_partitions_find() - find where volumes lie on a LUN
 * @log: how much to tell
 * @lun: it
 * @found: filled in: partitions of a GPT or MBR, or the LUN as such; none, if no
 *         volume is there
 *
 * Return: 0, or an exit code after a message.
 */
int vmfs_partitions_find(const struct log *log, const struct lun *lun,
			 struct vmfs_partitions *found)
{
	static const u32 blocks[] = { 512, 4096 };
	struct search s = { .lun = lun, .found = found };
	bool has = false;
	size_t i;
	int r = 0;

	found->nr = 0;
	for (i = 0; i < ARRAY_SIZE(blocks) && !r && !found->nr; i++) {
		s.block = blocks[i];
		r = gpt_find(lun, s.block, take_gpt, &s);
		if (!r && !found->nr)
			r = find_in_mbr(&s);
	}
	if (!r && !found->nr)
		r = has_volume(lun, 0, &has);
	if (has)
		found->list[found->nr++] =
			(struct vmfs_partition){ 0, lun->bytes };
	if (!r && !found->nr)
		r = check_readable(lun);
	for (i = 0; i < found->nr && !r; i++)
		step(log, "%s: VMFS from byte %llu on, %llu bytes",
		     lun->source.path, found->list[i].start,
		     found->list[i].bytes);
	return r;
}
