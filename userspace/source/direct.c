// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/direct.h"

/* Return: false if the kernel says that there is no direct I/O. */
static bool find_alignment(struct direct *d)
{
	struct statx stx;
	int size;

	d->align = DIRECT_MEMORY_ALIGN;
	d->memory_align = DIRECT_MEMORY_ALIGN;
#ifdef STATX_DIOALIGN
	if (!statx(d->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) &&
	    stx.stx_mask & STATX_DIOALIGN) {
		d->align = stx.stx_dio_offset_align;
		d->memory_align = stx.stx_dio_mem_align;
		return d->align && d->memory_align;
	}
#endif
	if (!ioctl(d->fd, BLKSSZGET, &size) && size > 0) {
		d->align = (u32)size;
		d->memory_align = (u32)size;
	}
	return true;
}

/* Not every filesystem that opens a file for direct I/O then does it. */
static bool reads(const struct direct *d)
{
	size_t bytes = max_t(size_t, d->align, DIRECT_MEMORY_ALIGN);
	void *block;
	ssize_t n;

	if (posix_memalign(&block, DIRECT_MEMORY_ALIGN, bytes))
		return false;
	n = pread(d->fd, block, bytes, 0);
	free(block);
	return n >= 0;
}

/**
 * direct_open() - open a file or device for direct I/O if it has that
 * @fd: it, open already
 * @access: O_RDONLY or O_RDWR
 * @direct: filled in, for direct_close()
 */
void direct_open(int fd, int access, struct direct *direct)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	direct->fd = open(name, access | O_DIRECT | O_CLOEXEC);
	if (direct->fd >= 0 && (!find_alignment(direct) || !reads(direct)))
		direct_close(direct);
}

/**
 * direct_takes() - can this be read or written by direct I/O?
 * @direct: where
 * @memory: the buffer
 * @at: first byte
 * @bytes: their number
 *
 * Return: true if so.
 */
bool direct_takes(const struct direct *direct, const void *memory, u64 at,
		  size_t bytes)
{
	return direct->fd >= 0 && at % direct->align == 0 &&
	       bytes % direct->align == 0 &&
	       (uintptr_t)memory % direct->memory_align == 0;
}

/**
 * direct_close() - close what direct_open() opened, if it did
 * @direct: it
 */
void direct_close(struct direct *direct)
{
	if (direct->fd >= 0)
		close(direct->fd);
	direct->fd = -1;
}
