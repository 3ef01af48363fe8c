// SPDX-License-Identifier: GPL-2.0-only
/*
 * A LUN is written to by other hosts, behind the back of this one's page cache: so
 * that is emptied first, and gone round where there is direct I/O.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "dm-sesparse/format.h"
#include "source/bytes.h"
#include "source/layout.h"
#include "util/message.h"
#include "vmfs/lun.h"

/*
 * Emptying the cache of a device takes a right that reading it does not; what of
 * it nobody has written to or mapped may be dropped by anybody.
 */
static void flush(const struct lun *lun)
{
	const int fd = lun->source.fd;

	if (!lun->source.is_block || !ioctl(fd, BLKFLSBUF, 0))
		return;
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (errno)
		warn("%s: cannot empty its cache (%m): what is read may be older than what another host has written",
		     lun->source.path);
}

static int identify(struct lun *lun)
{
	struct stat st;

	if (fstat(lun->source.fd, &st))
		return fail(exit_code_of(errno), "%s: %m", lun->source.path);
	lun->dev = lun->source.is_block ? st.st_rdev : st.st_dev;
	lun->ino = lun->source.is_block ? 0 : st.st_ino;
	lun->bytes = lun->source.sectors * SESPARSE_SECTOR_SIZE;
	return 0;
}

static int open_one(const struct log *log, const char *path, struct lun *lun)
{
	int r;

	lun->source = SOURCE_CLOSED(strdup(path));
	if (!lun->source.path)
		return fail_memory();
	r = source_open(log, NULL, &lun->source);
	if (r)
		return r;
	source_open_direct(log, &lun->source);
	flush(lun);
	return identify(lun);
}

static void close_one(struct lun *lun)
{
	source_close(&lun->source);
	free(lun->source.path);
}

static const struct lun *find_same(const struct luns *luns,
				   const struct lun *lun)
{
	unsigned int i;

	for (i = 0; i < luns->nr; i++)
		if (luns->list[i].dev == lun->dev &&
		    luns->list[i].ino == lun->ino &&
		    luns->list[i].source.is_block == lun->source.is_block)
			return &luns->list[i];
	return NULL;
}

/* One that has been named before, by this name or another, is taken once. */
static int add_one(const struct log *log, const char *path, struct luns *luns)
{
	struct lun *lun = &luns->list[luns->nr];
	const struct lun *same;
	int r;

	r = open_one(log, path, lun);
	same = r ? NULL : find_same(luns, lun);
	if (same)
		step(log, "%s: is the same as %s", path, same->source.path);
	if (r || same) {
		close_one(lun);
		return r;
	}
	lun->index = luns->nr;
	luns->sources[luns->nr++] = &lun->source;
	return 0;
}

/**
 * vmfs_luns_open() - open devices, or images of such
 * @log: how much to tell
 * @paths: what the user has named
 * @nr: their number
 * @luns: filled in, for vmfs_luns_close(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int vmfs_luns_open(const struct log *log, const char *const *paths, size_t nr,
	      struct luns *luns)
{
	size_t i;
	int r = 0;

	memset(luns, 0, sizeof(*luns));
	if (!nr || nr > LAYOUT_MAX_DEVICES)
		return fail(EXIT_USAGE, "%zu LUNs, expected 1 to %d", nr,
			    LAYOUT_MAX_DEVICES);
	luns->list = calloc(nr, sizeof(*luns->list));
	luns->sources = calloc(nr, sizeof(*luns->sources));
	if (!luns->list || !luns->sources)
		return fail_memory();
	for (i = 0; i < nr && !r; i++)
		r = add_one(log, paths[i], luns);
	return r;
}

/**
 * vmfs_luns_flush() - forget what this machine's cache holds of them
 * @luns: they
 */
void vmfs_luns_flush(const struct luns *luns)
{
	unsigned int i;

	for (i = 0; i < luns->nr; i++)
		flush(&luns->list[i]);
}

/**
 * vmfs_luns_close() - close what vmfs_luns_open() opened
 * @luns: it
 */
void vmfs_luns_close(struct luns *luns)
{
	while (luns->nr)
		close_one(&luns->list[--luns->nr]);
	free(luns->list);
	free(luns->sources);
	memset(luns, 0, sizeof(*luns));
}

/* Return: 0, or an errno: EINVAL too where direct I/O does not take it. */
static int read_direct(const struct lun *lun, u64 at, void *buf, size_t bytes)
{
	const struct direct *direct = &lun->source.direct;
	const u64 start = at - at % direct->align;
	const u64 end = DIV_ROUND_UP_ULL(at + bytes, direct->align) *
			direct->align;
	void *whole;
	int error;

	if (end > lun->bytes)
		return EINVAL;
	if (posix_memalign(&whole, DIRECT_MEMORY_ALIGN, end - start))
		return ENOMEM;
	error = bytes_read(direct->fd, whole, end - start, start);
	if (!error)
		memcpy(buf, (char *)whole + (at - start), bytes);
	free(whole);
	return error;
}

/**
 * lun_read_some() - read from a LUN
 * @lun: it
 * @at: first byte, any
 * @buf: where to put them
 * @bytes: how many
 *
 * Return: 0, or an errno: ENODATA if it ends before.
 */
int lun_read_some(const struct lun *lun, u64 at, void *buf, size_t bytes)
{
	int error = EINVAL;

	if (at > lun->bytes || bytes > lun->bytes - at)
		return ENODATA;
	if (lun->source.direct.fd >= 0)
		error = read_direct(lun, at, buf, bytes);
	if (error == EINVAL)
		error = bytes_read(lun->source.fd, buf, bytes, at);
	return error;
}

/**
 * lun_read() - read a structure from a LUN
 * @lun: it
 * @what: the structure, for messages
 * @at: first byte, any
 * @buf: where to put it
 * @bytes: its length
 *
 * Return: 0, or an exit code after a message.
 */
int lun_read(const struct lun *lun, const char *what, u64 at, void *buf,
	     size_t bytes)
{
	const int error = lun_read_some(lun, at, buf, bytes);

	if (!error)
		return 0;
	if (error == ENODATA)
		return fail(EXIT_DEVICE,
			    "%s: %s is %zu bytes at byte %llu, but the device has %llu",
			    lun->source.path, what, bytes, at, lun->bytes);
	return fail(exit_code_of(error), "%s: cannot read %s at byte %llu: %s",
		    lun->source.path, what, at, strerror(error));
}
