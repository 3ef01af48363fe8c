// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/gpt.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"

#define GPT_MAGIC "EFI PART"
#define GPT_HEADER_BYTES 92
#define GPT_CRC_AT 16
#define GPT_MAX_HEADER_BYTES 512

#define GPT_LEAST_ENTRY 128
#define GPT_MAX_ENTRY 4096
#define GPT_MAX_ENTRIES 4096

/* AA31E02A-400F-11DB-9590-000C2911D1B8, in either order of its first fields. */
static const unsigned char vmfs_types[2][16] = {
	{ 0x2a, 0xe0, 0x31, 0xaa, 0x0f, 0x40, 0xdb, 0x11,
	  0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8 },
	{ 0xaa, 0x31, 0xe0, 0x2a, 0x40, 0x0f, 0x11, 0xdb,
	  0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8 },
};

/**
 * struct gpt - a table
 * @entries: block that its entries begin at
 * @nr: their number
 * @size: bytes of each
 * @crc: over all of them
 */
struct gpt {
	u64 entries;
	u32 nr;
	u32 size;
	u32 crc;
};

/* As everyone has it: of Ethernet. */
static u32 crc32(const unsigned char *bytes, size_t size)
{
	u32 crc = ~0U;
	int bit;

	for (; size; size--) {
		crc ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Return: false if there is no sound header at that block. */
static bool read_header(const struct lun *lun, u32 block, u64 at,
			struct gpt *gpt)
{
	unsigned char header[GPT_MAX_HEADER_BYTES];
	u32 bytes, crc;

	if (lun_read_some(lun, at * block, header, sizeof(header)) ||
	    memcmp(header, GPT_MAGIC, strlen(GPT_MAGIC)))
		return false;
	bytes = le32_at(header, 12);
	crc = le32_at(header, GPT_CRC_AT);
	memset(header + GPT_CRC_AT, 0, sizeof(crc));
	if (bytes < GPT_HEADER_BYTES || bytes > sizeof(header) ||
	    crc32(header, bytes) != crc)
		return false;
	gpt->entries = le64_at(header, 72);
	gpt->nr = le32_at(header, 80);
	gpt->size = le32_at(header, 84);
	gpt->crc = le32_at(header, 88);
	return gpt->size >= GPT_LEAST_ENTRY && gpt->size <= GPT_MAX_ENTRY &&
	       gpt->nr <= GPT_MAX_ENTRIES && gpt->entries < lun->bytes / block;
}

static bool is_vmfs(const unsigned char *entry)
{
	return !memcmp(entry, vmfs_types[0], sizeof(vmfs_types[0])) ||
	       !memcmp(entry, vmfs_types[1], sizeof(vmfs_types[1]));
}

static int go_through(const struct gpt *gpt, const unsigned char *entries,
		      gpt_fn each, void *data)
{
	const unsigned char *entry = entries;
	u64 first, last;
	u32 i;
	int r = 0;

	for (i = 0; i < gpt->nr && !r; i++, entry += gpt->size) {
		first = le64_at(entry, 32);
		last = le64_at(entry, 40);
		if (is_vmfs(entry) && first <= last && last < UINT64_MAX)
			r = each(data, first, last - first + 1);
	}
	return r;
}

/* @sound: set if the table was taken. */
static int read_table(const struct lun *lun, u32 block, const struct gpt *gpt,
		      gpt_fn each, void *data, bool *sound)
{
	const size_t bytes = (size_t)gpt->nr * gpt->size;
	unsigned char *entries = malloc(bytes + 1);
	int r = 0;

	*sound = false;
	if (!entries)
		return fail_memory();
	if (!lun_read_some(lun, gpt->entries * block, entries, bytes) &&
	    crc32(entries, bytes) == gpt->crc) {
		*sound = true;
		r = go_through(gpt, entries, each, data);
	}
	free(entries);
	return r;
}

/**
 * gpt_find() - find VMFS partitions
 * @lun: where there may be a table
 * @block: bytes of a logical block, as the table would count them
 * @each: called with each
 * @data: handed to it
 *
 * The table at the end is taken where the one at the start is damaged.
 *
 * Return: 0, an exit code after a message, or what @each returned.
 */
int gpt_find(const struct lun *lun, u32 block, gpt_fn each, void *data)
{
	const u64 blocks = lun->bytes / block;
	struct gpt gpt;
	bool sound;
	int r;

	if (blocks < 3)
		return 0;
	if (read_header(lun, block, 1, &gpt)) {
		r = read_table(lun, block, &gpt, each, data, &sound);
		if (r || sound)
			return r;
	}
	if (!read_header(lun, block, blocks - 1, &gpt))
		return 0;
	return read_table(lun, block, &gpt, each, data, &sound);
}
