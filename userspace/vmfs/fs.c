// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/directory.h"
#include "vmfs/fs.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"
#include "vmfs/seen.h"

#define FS_AT 0x200000
#define FS_BYTES 512
#define FS_MAGIC 0x2fabf15e
#define FS_MAGIC_LOCAL 0x2fabf15f /* VMFS-L, of a host's own disk */
#define LABEL_AT 0x1d
#define FIRST_MAJOR_6 24
#define CONFIG_DENSE 4

/* As far as sizes of blocks can be believed, as powers of 2. */
#define LEAST_BLOCK_BITS 16
#define MAX_BLOCK_BITS 28
/* Of all volumes that were met, however large their file blocks: 512 MiB. */
#define LARGE_BITS 29
#define LEAST_ALIGN 4096
#define MAX_ALIGN (1U << 20)

static bool is_power(u64 number, u64 least, u64 most)
{
	return number >= least && number <= most && !(number & (number - 1));
}

/* Return: an exit code after a message. */
static int fail_field(const struct fs *fs, const char *field, u64 found,
		      const char *expected)
{
	return fail(EXIT_DEVICE,
		    "%s: VMFS descriptor at byte %d of the volume: %s is %llu, expected %s",
		    fs->volume.name, FS_AT, field, found, expected);
}

static int decode_name(struct fs *fs, const unsigned char *raw)
{
	const u32 magic = le32_at(raw, 0);

	if (magic != FS_MAGIC && magic != FS_MAGIC_LOCAL)
		return fail(EXIT_DEVICE,
			    "%s: VMFS descriptor at byte %d of the volume: its first 4 bytes are %#x, expected %#x",
			    fs->volume.name, FS_AT, magic, FS_MAGIC);
	uuid_print(raw + 0x09, fs->uuid);
	memcpy(fs->label, raw + LABEL_AT, FS_LABEL_SIZE - 1);
	fs->major = le32_at(raw, 0x04);
	fs->is_6 = fs->major >= FIRST_MAJOR_6;
	fs->is_dense = le32_at(raw, 0x19) & CONFIG_DENSE;
	return 0;
}

static int decode_blocks(struct fs *fs, const unsigned char *raw)
{
	const u64 block = le64_at(raw, 0xa1);

	fs->sub_block = le32_at(raw, 0xd9);
	if (!is_power(block, 1 << LEAST_BLOCK_BITS, 1 << MAX_BLOCK_BITS))
		return fail_field(fs, "the size of a file block", block,
				  "a power of two from 65536 to 268435456");
	if (!is_power(fs->sub_block, 512, block))
		return fail_field(fs, "the size of a sub-block", fs->sub_block,
				  "a power of two from 512 to that of a file block");
	fs->block_bits = fls64(block) - 1;
	fs->large_bits = fs->block_bits;
	if (fs->is_6)
		fs->large_bits += le16_at(raw, 0x138);
	if (fs->is_6 && fs->large_bits != LARGE_BITS)
		return fail_field(fs, "log2 of the small blocks in a large one",
				  le16_at(raw, 0x138),
				  "what makes 512 MiB");
	return 0;
}

/* Where the groups of the descriptors' file begin, and its first descriptor. */
static void locate_system(struct fs *fs, const unsigned char *raw, u64 base)
{
	fs->system_at = base + le32_at(raw, 0xd1) +
			(u64)le32_at(raw, 0xd5) * 2 * fs->lock_bytes;
}

static void set_up_5(struct fs *fs, const unsigned char *raw)
{
	const u64 block = BIT_ULL(fs->block_bits);

	fs->lock_bytes = 512;
	fs->fd_bytes = 2048;
	fs->pointers_at = 1024;
	fs->nr_pointers = 256;
	fs->inline_at = 1024;
	fs->per_pointer_block = 1024;
	locate_system(fs, raw, (block + 0x3fffff) / block * block);
}

static int set_up_6(struct fs *fs, const unsigned char *raw)
{
	const u32 align = le32_at(raw, 0x134);
	u32 pointers;

	if (!is_power(align, LEAST_ALIGN, MAX_ALIGN))
		return fail_field(fs, "the alignment of metadata", align,
				  "a power of two from 4096 to 1048576");
	pointers = align <= LEAST_ALIGN ? 2560 : align / 2;
	fs->lock_bytes = align;
	fs->fd_bytes = 2 * align;
	fs->pointers_at = fs->fd_bytes - pointers;
	fs->nr_pointers = pointers / 8;
	fs->inline_at = align + 512;
	fs->per_pointer_block = max_t(u32, align / 8, 8192);
	locate_system(fs, raw, (((u64)align << 10) + 0x3fffff) & ~0xfffffULL);
	return 0;
}

static int decode(struct fs *fs, const unsigned char *raw)
{
	int r;

	r = decode_name(fs, raw);
	if (!r)
		r = decode_blocks(fs, raw);
	if (r)
		return r;
	fs->pb2_at = le64_at(raw, 0xe1);
	fs->pb2 = le32_at(raw, 0xe9);
	if (fs->is_6)
		return set_up_6(fs, raw);
	set_up_5(fs, raw);
	return 0;
}

/* It reads as well as any other, but is not what its hosts have open. */
static void warn_of_copy(const struct fs *fs, const unsigned char *raw)
{
	const struct volume *v = &fs->volume;
	char own[UUID_TEXT_SIZE], named[UUID_TEXT_SIZE];

	uuid_print(v->uuid, own);
	uuid_print(raw + 0xb1, named);
	if (v->is_copy)
		warn("%s: datastore %s is an array's snapshot or clone that waits for a resignature: it is read as it was when that was taken",
		     v->name, fs->label);
	else if (memcmp(v->uuid, raw + 0xb1, UUID_BYTES))
		warn("%s: datastore %s is a copy: its file system was made on volume %s, and this is volume %s",
		     v->name, fs->label, named, own);
	else if (le32_at(raw, 0xad) != v->copy)
		warn("%s: datastore %s is a copy: its file system is of snapshot %u of the volume, and this is snapshot %u",
		     v->name, fs->label, le32_at(raw, 0xad), v->copy);
}

static void warn_of_hosts(const struct fs *fs)
{
	if (fs->heartbeats.nr)
		warn("%s: datastore %s is in use by %zu host%s: what they have open may change while it is read",
		     fs->volume.name, fs->label, fs->heartbeats.nr,
		     fs->heartbeats.nr == 1 ? "" : "s");
}

/**
 * fs_read_label() - what a volume is called of which not all is there
 * @lun: what it begins on
 * @at: its first byte there
 * @label: set to its name
 *
 * Return: false if it cannot be told.
 */
bool fs_read_label(const struct lun *lun, u64 at, char label[FS_LABEL_SIZE])
{
	unsigned char raw[FS_BYTES];

	if (lun_read_some(lun, at + FS_AT, raw, sizeof(raw)) ||
	    (le32_at(raw, 0) != FS_MAGIC && le32_at(raw, 0) != FS_MAGIC_LOCAL))
		return false;
	memcpy(label, raw + LABEL_AT, FS_LABEL_SIZE - 1);
	label[FS_LABEL_SIZE - 1] = '\0';
	return *label;
}

/**
 * fs_open() - read what a volume holds
 * @fs: all 0 but @log, @force, @volume, @number and @seen; for fs_close(), on
 *      failure too
 *
 * Return: 0, or an exit code after a message.
 */
int fs_open(struct fs *fs)
{
	unsigned char raw[FS_BYTES];
	int r;

	r = volume_read(&fs->volume, "the VMFS descriptor", FS_AT, raw,
			sizeof(raw));
	if (!r)
		r = decode(fs, raw);
	if (r)
		return r;
	step(fs->log, "%s: datastore %s, %s, VMFS %u.%u, blocks of %llu bytes",
	     fs->volume.name, fs->label, fs->uuid, fs->major, raw[0x08],
	     BIT_ULL(fs->block_bits));
	warn_of_copy(fs, raw);
	r = heartbeats_read(fs, &fs->heartbeats);
	if (r)
		return r;
	warn_of_hosts(fs);
	r = resources_read(fs);
	return r ? r : directories_new(&fs->directories);
}

/**
 * fs_close() - free what fs_open() made, and its volume
 * @fs: it
 */
void fs_close(struct fs *fs)
{
	directories_free(fs->directories);
	resources_free(fs);
	heartbeats_free(&fs->heartbeats);
	volume_free(&fs->volume);
}
