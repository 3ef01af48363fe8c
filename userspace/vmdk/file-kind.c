// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "dm-sesparse/format.h"
#include "util/message.h"
#include "vmdk/file-kind.h"

/**
 * file_is_extent() - whether a file begins as a seSparse extent does
 * @bytes: how it begins
 * @size: how many of them there are
 *
 * Return: whether.
 */
bool file_is_extent(const void *bytes, size_t size)
{
	const struct sesparse_const_header *h = bytes;

	return size >= sizeof(h->magic) &&
	       le64_to_cpu(h->magic) == SESPARSE_CONST_MAGIC;
}

static bool is_cowd(const void *bytes)
{
	return !memcmp(bytes, "COWD", 4);
}

static bool is_hosted_sparse(const void *bytes)
{
	return !memcmp(bytes, "KDMV", 4);
}

/**
 * file_is_other_disk() - whether a file begins as another kind of VMDK does
 * @bytes: how it begins
 * @size: how many of them there are
 *
 * Return: whether.
 */
bool file_is_other_disk(const void *bytes, size_t size)
{
	return size >= SESPARSE_SECTOR_SIZE &&
	       (is_cowd(bytes) || is_hosted_sparse(bytes));
}

/**
 * file_kind_check() - refuse files that are disks, but not text
 * @path: the file
 * @bytes: how it begins
 * @size: how many of them there are
 *
 * Return: 0, or an exit code after a message.
 */
int file_kind_check(const char *path, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	if (size < SESPARSE_SECTOR_SIZE)
		return 0;
	if (is_cowd(bytes))
		return fail(EXIT_DEVICE,
			    "%s: is an extent of a VMFSSPARSE (COWD) snapshot, expected a seSparse disk's descriptor: clone its chain with 'vmkfstools -i'",
			    path);
	if (is_hosted_sparse(bytes))
		return fail(EXIT_DEVICE,
			    "%s: is a %s disk, expected a seSparse disk's descriptor: convert it with 'qemu-img convert -O raw'",
			    path, byte[10] & 1 ? "streamOptimized" :
			    "hosted sparse (monolithicSparse or twoGbMaxExtentSparse)");
	return 0;
}
