// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the reader of VMFS volumes decodes, and how it tells states apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "vmfs/address.h"
#include "vmfs/digest.h"
#include "vmfs/fs.h"
#include "vmfs/gpt.h"
#include "vmfs/inode.h"
#include "vmfs/lun.h"
#include "vmfs/seen.h"

static bool decodes_32(const struct fs *fs, u32 raw, int kind, u64 cluster,
		       u32 resource, unsigned int zeros)
{
	const struct address a = address_decode(fs, raw);

	expect(a.kind, kind);
	expect(a.cluster, cluster);
	expect(a.resource, resource);
	expect(a.zeros, zeros);
	return true;
}

static bool old_addresses(void)
{
	struct fs fs = { 0 };

	if (!decodes_32(&fs, 0x00000001, ADDRESS_BLOCK, 0, 0, 0) ||
	    !decodes_32(&fs, 0x00000141, ADDRESS_BLOCK, 5, 0, 0) ||
	    !decodes_32(&fs, 0x00000161, ADDRESS_BLOCK, 5, 0, 0xff) ||
	    /* Copied when written to: no matter. */
	    !decodes_32(&fs, 0x00000151, ADDRESS_BLOCK, 5, 0, 0) ||
	    !decodes_32(&fs, 0xffffffc1, ADDRESS_BLOCK, 0x3ffffff, 0, 0) ||
	    !decodes_32(&fs, 0xf0000042, ADDRESS_SUB_BLOCK, 1, 15, 0) ||
	    !decodes_32(&fs, 0x1000005a, ADDRESS_SUB_BLOCK, 1, 1, 0) ||
	    !decodes_32(&fs, 0x20000083, ADDRESS_POINTER_BLOCK, 2, 2, 0) ||
	    !decodes_32(&fs, 0x20000085, ADDRESS_POINTER_BLOCK_2, 2, 2, 0) ||
	    !decodes_32(&fs, 0x00c00044, ADDRESS_FD, 1, 3, 0))
		return false;
	fs.is_dense = true;
	return decodes_32(&fs, 0x1000005a, ADDRESS_SUB_BLOCK, 1, 0x31, 0);
}

static bool decodes_64(u64 raw, int kind, u64 cluster, u32 resource,
		       unsigned int zeros)
{
	const struct fs fs = { .is_6 = true };
	const struct address a = address_decode(&fs, raw);

	expect(a.kind, kind);
	expect(a.cluster, cluster);
	expect(a.resource, resource);
	expect(a.zeros, zeros);
	return true;
}

static bool new_addresses(void)
{
	return decodes_64(1, ADDRESS_BLOCK, 0, 0, 0) &&
	       /* As in .sbc.sf of a real volume. */
	       decodes_64(0x0ff8000000000001, ADDRESS_BLOCK, 0, 511, 0) &&
	       decodes_64(0x0668000000008001, ADDRESS_BLOCK, 1, 205, 0) &&
	       decodes_64(0x0000000000007f81, ADDRESS_BLOCK, 0, 0, 0xff) &&
	       decodes_64(0x0000000000000081, ADDRESS_BLOCK, 0, 0, 1) &&
	       decodes_64(0x0000000000000021, ADDRESS_BLOCK, 0, 0, 0) &&
	       decodes_64(0xfff8000000000001, ADDRESS_BLOCK, 0, 0x1fff, 0) &&
	       decodes_64(0x00003fffffff8007, ADDRESS_LARGE_BLOCK, 0x7fffffff,
			  0, 0) &&
	       decodes_64(0x0100000000000002, ADDRESS_SUB_BLOCK, 0, 1, 0) &&
	       /* A cluster beyond the 256th, and beyond the 65536th. */
	       decodes_64(0x0000000000004042, ADDRESS_SUB_BLOCK, 257, 0, 0) &&
	       decodes_64(0xff000003ffffffc2, ADDRESS_SUB_BLOCK, 0xfffffff, 255,
			  0) &&
	       decodes_64(5, ADDRESS_POINTER_BLOCK_2, 0, 0, 0) &&
	       decodes_64(0x02400004, ADDRESS_FD, 0, 9, 0);
}

static bool uuids(void)
{
	static const unsigned char raw[UUID_BYTES] = {
		0x1e, 0x00, 0x13, 0x61, 0xbc, 0x7e, 0x37, 0xa6,
		0x24, 0x1d, 0x00, 0x0c, 0x29, 0x80, 0x16, 0x86,
	};
	static const unsigned char none[UUID_BYTES];
	char text[UUID_TEXT_SIZE];

	uuid_print(raw, text);
	expect_text(text, "6113001e-a6377ebc-1d24-000c29801686");
	expect(uuid_is_null(raw), false);
	expect(uuid_is_null(none), true);
	return true;
}

static struct digest digest_of(const void *bytes, size_t size)
{
	struct digest digest = DIGEST_START;

	digest_add(&digest, bytes, size);
	return digest;
}

/* Each bit of what is taken in, and its length, make a difference to both halves. */
static bool digests(void)
{
	unsigned char bytes[100] = { 7 };
	const struct digest whole = digest_of(bytes, sizeof(bytes));
	struct digest other;
	size_t i;

	other = digest_of(bytes, sizeof(bytes));
	expect(digest_is(&whole, &other), true);
	other = digest_of(bytes, sizeof(bytes) - 1);
	expect(digest_is(&whole, &other), false);
	for (i = 0; i < 8 * sizeof(bytes); i++) {
		bytes[i / 8] ^= 1 << i % 8;
		other = digest_of(bytes, sizeof(bytes));
		expect(other.low == whole.low, false);
		expect(other.high == whole.high, false);
		bytes[i / 8] ^= 1 << i % 8;
	}
	return true;
}

/* So many blocks that there has to be more memory some times. */
#define NR_BLOCKS 1000

static bool blocks_are_seen_once(void)
{
	struct fs fs = { .lock_bytes = 4096, .fd_bytes = 8192 };
	const struct lun luns[2] = { { .index = 0 }, { .index = 1 } };
	struct inode inode = { .raw = calloc(1, 8192) };
	struct seen_file *file;
	struct place place;
	u64 i;
	int r = 0;

	expect(inode.raw != NULL, true);
	expect(seen_file_new(&fs, &inode, "file", &file), 0);
	for (i = 0; i < NR_BLOCKS && !r; i++) {
		place = (struct place){ &luns[i % 2], (i / 2) << 16 };
		r = seen_file_add(file, &place, &i, sizeof(i));
	}
	expect(r, 0);
	expect(file->nr, NR_BLOCKS);
	for (i = 0; i < NR_BLOCKS; i++) {
		place = (struct place){ &luns[i % 2], (i / 2) << 16 };
		expect(seen_file_add(file, &place, &i, sizeof(i)), EEXIST);
	}
	unit_fail_allocation(0);
	place.at = 1;
	for (i = 0; i < 2 * NR_BLOCKS && !r; i++, place.at++)
		r = seen_file_add(file, &place, &i, sizeof(i));
	unit_fail_allocation(-1);
	expect(r, ENOMEM);
	seen_file_free(file);
	inode_free(&inode);
	return true;
}

/* Blocks of a table's disk, and what is in it. */
#define NR_DISK_BLOCKS 64
#define ENTRIES_AT 2
#define SECOND_ENTRIES_AT 60

static u32 crc(const unsigned char *bytes, size_t size)
{
	u32 sum = ~0U;
	size_t i;

	for (i = 0; i < 8 * size; i++) {
		sum ^= bytes[i / 8] >> i % 8 & 1;
		sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

static void put(unsigned char *at, u64 number, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		at[i] = (unsigned char)(number >> 8 * i);
}

static void put_table(unsigned char *disk, u32 block, u64 header, u64 entries,
		      const unsigned char *type)
{
	unsigned char *h = disk + header * block, *e = disk + entries * block;

	memcpy(e + 128, type, 16);
	put(e + 128 + 32, 34, 8);
	put(e + 128 + 40, 49, 8);
	memcpy(h, "EFI PART", 8);
	put(h + 12, 92, 4);
	put(h + 72, entries, 8);
	put(h + 80, 4, 4);
	put(h + 84, 128, 4);
	put(h + 88, crc(e, 4 * 128), 4);
	put(h + 16, crc(h, 92), 4);
}

/**
 * struct partitions_seen - what a table was found to have
 * @nr: VMFS partitions
 * @first: the last one's first block
 * @blocks: and their number
 */
struct partitions_seen {
	unsigned int nr;
	u64 first;
	u64 blocks;
};

static int see(void *data, u64 first, u64 blocks)
{
	struct partitions_seen *seen = data;

	seen->nr++;
	seen->first = first;
	seen->blocks = blocks;
	return 0;
}

static bool finds(const unsigned char *disk, u32 block, unsigned int nr)
{
	const size_t bytes = (size_t)NR_DISK_BLOCKS * block;
	char name[] = "/tmp/test-vmfs.XXXXXX";
	struct partitions_seen seen = { 0 };
	struct lun lun = {
		.source = { .path = name, .direct = { .fd = -1 } },
		.bytes = bytes,
	};
	ssize_t written;
	int r;

	lun.source.fd = mkstemp(name);
	expect(lun.source.fd >= 0, true);
	unlink(name);
	written = pwrite(lun.source.fd, disk, bytes, 0);
	r = gpt_find(&lun, block, see, &seen);
	close(lun.source.fd);
	expect(written, bytes);
	expect(r, 0);
	expect(seen.nr, nr);
	expect(seen.first, nr ? 34 : 0);
	expect(seen.blocks, nr ? 16 : 0);
	return true;
}

static bool finds_in(u32 block, const unsigned char *type, bool has_it)
{
	unsigned char *disk = calloc(NR_DISK_BLOCKS, block);
	bool ok;

	expect(disk != NULL, true);
	put_table(disk, block, 1, ENTRIES_AT, type);
	put_table(disk, block, NR_DISK_BLOCKS - 1, SECOND_ENTRIES_AT, type);
	ok = finds(disk, block, has_it);
	/* The table at the end stands in for one that is damaged. */
	disk[block + 80] ^= 1;
	ok = ok && finds(disk, block, has_it);
	disk[block + 80] ^= 1;
	disk[ENTRIES_AT * block + 300] ^= 1;
	ok = ok && finds(disk, block, has_it);
	disk[(NR_DISK_BLOCKS - 1) * block + 20] ^= 1;
	disk[(NR_DISK_BLOCKS - 1) * block + 73] ^= 1;
	ok = ok && finds(disk, block, 0);
	free(disk);
	return ok;
}

static bool partition_tables(void)
{
	static const unsigned char types[][16] = {
		{ 0x2a, 0xe0, 0x31, 0xaa, 0x0f, 0x40, 0xdb, 0x11,
		  0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8 },
		{ 0xaa, 0x31, 0xe0, 0x2a, 0x40, 0x0f, 0x11, 0xdb,
		  0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8 },
		{ 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
		  0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 },
	};

	return finds_in(512, types[0], true) && finds_in(4096, types[0], true) &&
	       finds_in(512, types[1], true) && finds_in(4096, types[1], true) &&
	       finds_in(512, types[2], false);
}

static const struct unit units[] = {
	{ "addresses_of_vmfs_3_and_5_are_decoded", old_addresses },
	{ "addresses_of_vmfs_6_are_decoded", new_addresses },
	{ "identifiers_are_written_as_vmware_does", uuids },
	{ "a_digest_tells_any_change_of_a_bit", digests },
	{ "a_pointer_block_that_is_met_twice_is_told", blocks_are_seen_once },
	{ "vmfs_partitions_are_found_in_either_copy_of_a_gpt", partition_tables },
	{ 0 }
};

int main(int argc, char **argv)
{
	return unit_main(units, argc, argv);
}
