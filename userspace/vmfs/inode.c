// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "util/message.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"
#include "vmfs/le.h"
#include "vmfs/lun.h"

#define LOCK_MAGIC 0x10c00001

/* Fields of the lock, which lies before the others. */
#define LOCK_MODE_AT 0x24
#define LOCK_OWNER_AT 0x28

/* No device of this machine has a number of so many bits. */
#define VMFS_MAJOR 0x564d4653U

/* As sizes that pointers stand for can be. */
#define LEAST_SHIFT 9
#define MAX_SHIFT 40

/* No version has longer files, nor volumes; a disk has at the most 62 TiB. */
#define MAX_LENGTH (64ULL << 40)

static const unsigned char *meta(const struct fs *fs, const struct inode *inode)
{
	return inode->raw + fs->lock_bytes;
}

/* Return: an exit code after a message. */
static int fail_field(const struct inode *inode, const char *field,
		      u64 found, const char *expected)
{
	return fail(EXIT_DEVICE,
		    "%s: file descriptor %#x at byte %llu: %s is %#llx, expected %s",
		    inode->place.lun->source.path, inode->address,
		    inode->place.at, field, found, expected);
}

static int check_identity(const struct fs *fs, const struct inode *inode)
{
	const u32 magic = le32_at(inode->raw, 0);
	const u32 address = le32_at(meta(fs, inode), 0);

	if (magic != LOCK_MAGIC)
		return fail_field(inode, "the lock's type", magic, "0x10c00001");
	if (address != inode->address)
		return fail_field(inode, "its own address", address,
				  "the one that led to it");
	return 0;
}

static int decode_shift(const struct fs *fs, struct inode *inode)
{
	const u64 block = le64_at(meta(fs, inode), 0x1c);
	const unsigned int shift = meta(fs, inode)[0x89];

	if (inode->zla == INODE_INLINE)
		return 0;
	if (fs->is_6 && shift)
		inode->shift = shift;
	else if (block && !(block & (block - 1)))
		inode->shift = fls64(block) - 1;
	else
		return fail_field(inode, "the size of a block", block,
				  "a power of two");
	if (inode->shift < LEAST_SHIFT || inode->shift > MAX_SHIFT)
		return fail_field(inode, "log2 of the size of a block",
				  inode->shift, "9 to 40");
	return 0;
}

static int decode(const struct fs *fs, struct inode *inode)
{
	const unsigned char *m = meta(fs, inode);

	inode->generation = le32_at(m, 0x04);
	inode->type = le32_at(m, 0x0c);
	inode->length = le64_at(m, 0x14);
	inode->zla = le32_at(m, 0x44);
	if (inode->type < INODE_FOLDER || inode->type > INODE_RDM)
		return fail_field(inode, "the type", inode->type, "2 to 6");
	if (inode->length > MAX_LENGTH)
		return fail_field(inode, "the length", inode->length,
				  "64 TiB at the most");
	if (inode->type == INODE_RDM)
		return 0;
	switch (inode->zla) {
	case INODE_BLOCKS:
	case INODE_SUB_BLOCKS:
	case INODE_POINTER_BLOCKS:
	case INODE_POINTER_BLOCKS_2:
	case INODE_DOUBLE:
	case INODE_INLINE:
		return decode_shift(fs, inode);
	default:
		return fail_field(inode, "the kind of its pointers", inode->zla,
				  "1, 2, 3, 5, 0x10d0 or 0x10d1");
	}
}

/* @inode says which and where. */
static int read_here(const struct fs *fs, struct inode *inode)
{
	int r;

	inode->raw = malloc(fs->fd_bytes);
	if (!inode->raw)
		return fail_memory();
	r = lun_read(inode->place.lun, "a file descriptor", inode->place.at,
		     inode->raw, fs->fd_bytes);
	if (!r)
		r = check_identity(fs, inode);
	if (!r)
		r = decode(fs, inode);
	if (r)
		inode_free(inode);
	return r;
}

/**
 * inode_read() - read a file's descriptor
 * @fs: where it is
 * @address: its address
 * @inode: set to it, for inode_free(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int inode_read(struct fs *fs, u32 address, struct inode *inode)
{
	const struct address a = address_decode_fd(address);
	int r;

	*inode = (struct inode){ .address = address };
	if (a.kind != ADDRESS_FD)
		return fail(EXIT_DEVICE,
			    "%s: %#x as the address of a file descriptor: its kind is %d, expected %d",
			    fs->volume.name, address, a.kind, ADDRESS_FD);
	r = resource_find(fs, "a file descriptor", &a, fs->fd_bytes,
			  &inode->place);
	return r ? r : read_here(fs, inode);
}

/**
 * inode_read_at() - read a file's descriptor of which the place is known
 * @fs: where it is
 * @address: its address
 * @at: its first byte, of the volume
 * @inode: set to it, for inode_free(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int inode_read_at(struct fs *fs, u32 address, u64 at, struct inode *inode)
{
	int r;

	*inode = (struct inode){ .address = address };
	r = volume_find(&fs->volume, "a file descriptor", at, fs->fd_bytes,
			&inode->place);
	return r ? r : read_here(fs, inode);
}

/**
 * inode_pointer() - one of a file's pointers
 * @fs: where the file is
 * @inode: the file
 * @i: which, less than there are
 *
 * Return: it, an address or 0.
 */
u64 inode_pointer(const struct fs *fs, const struct inode *inode, u32 i)
{
	const unsigned char *pointers = inode->raw + fs->pointers_at;

	return fs->is_6 ? le64_at(pointers, (size_t)i * 8) :
	       le32_at(pointers, (size_t)i * 4);
}

/* The system's own files are told from its folder by their mode only. */
static mode_t type_of(const struct inode *inode, mode_t mode)
{
	switch (inode->type) {
	case INODE_FOLDER:
		return S_IFDIR;
	case INODE_LINK:
		return S_IFLNK;
	case INODE_SYSTEM:
		return S_ISDIR(mode) ? S_IFDIR : S_IFREG;
	default:
		return S_IFREG;
	}
}

/* In sectors, as much as the file system says, which is not to be relied on. */
static blkcnt_t allocated(const unsigned char *m)
{
	u64 bytes;

	if (__builtin_mul_overflow(le64_at(m, 0x1c), le64_at(m, 0x24),
				   &bytes) || bytes > INT64_MAX)
		bytes = INT64_MAX;
	return (blkcnt_t)(bytes / 512);
}

/**
 * inode_stat() - what fstat() would say of a file
 * @fs: where it is
 * @inode: the file
 * @st: filled in; st_dev is no device's of this machine
 */
void inode_stat(const struct fs *fs, const struct inode *inode,
		struct stat *st)
{
	const unsigned char *m = meta(fs, inode);
	const mode_t mode = le32_at(m, 0x40);

	*st = (struct stat){
		.st_dev = makedev(VMFS_MAJOR, fs->number),
		.st_ino = inode->address,
		.st_mode = type_of(inode, mode) | (mode & 07777),
		.st_nlink = le32_at(m, 0x08),
		.st_uid = le32_at(m, 0x38),
		.st_gid = le32_at(m, 0x3c),
		.st_size = (off_t)inode->length,
		.st_blksize = BIT(fs->block_bits),
		.st_blocks = allocated(m),
		.st_mtim.tv_sec = le32_at(m, 0x2c),
		.st_ctim.tv_sec = le32_at(m, 0x30),
		.st_atim.tv_sec = le32_at(m, 0x34),
	};
}

/**
 * inode_lock() - who has a file open
 * @fs: where it is
 * @inode: the file
 * @lock: filled in; a mode that is not known counts as exclusive
 */
void inode_lock(const struct fs *fs, const struct inode *inode,
		struct stored_lock *lock)
{
	const unsigned char *owner = inode->raw + LOCK_OWNER_AT;
	const u32 mode = le32_at(inode->raw, LOCK_MODE_AT);

	memset(lock, 0, sizeof(*lock));
	lock->mode = mode > STORED_MULTI_WRITER ? STORED_EXCLUSIVE :
		     (enum stored_lock_mode)mode;
	if (lock->mode == STORED_UNLOCKED)
		return;
	lock->live = !uuid_is_null(owner) &&
		     heartbeats_have(&fs->heartbeats, owner);
	/* Several that share a lock are told elsewhere: any host may be one. */
	if (!lock->live && fs->heartbeats.nr &&
	    (uuid_is_null(owner) || mode >= STORED_MULTI_WRITER)) {
		lock->live = true;
		return;
	}
	if (!uuid_is_null(owner))
		uuid_print(owner, lock->owner);
}

/**
 * inode_free() - free what inode_read() made
 * @inode: it
 */
void inode_free(struct inode *inode)
{
	free(inode->raw);
	inode->raw = NULL;
}

static_assert(UUID_TEXT_SIZE == STORED_UUID_SIZE, "a host is told whole");
