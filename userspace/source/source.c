// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"

static int measure(struct source *source, const struct stat *st)
{
	u64 bytes = st->st_size < 0 ? 0 : (u64)st->st_size;

	source->is_block = S_ISBLK(st->st_mode);
	if (source->is_block && ioctl(source->fd, BLKGETSIZE64, &bytes))
		return fail(exit_code_of(errno), "%s: cannot tell its size: %m",
			    source->path);
	source->sectors = bytes / SESPARSE_SECTOR_SIZE;
	return 0;
}

/**
 * source_open() - open what is to be read
 * @log: how much to tell
 * @found: the file or block device, or NULL: what has @path for its name, which is
 *         then the user's
 * @source: all 0 but for @path; the rest is set, for source_close(), on failure
 *          too
 *
 * Return: 0, or an exit code after a message.
 */
int source_open(const struct log *log, const struct file_found *found,
		struct source *source)
{
	struct stat st;
	int r;

	source->direct.fd = -1;
	r = found ? file_open_found(found, &source->fd, &st) :
	    file_open(source->path, &source->fd, &st);
	if (!r)
		r = measure(source, &st);
	if (!r)
		step(log, "%s: %s of %llu sectors", source->path,
		     source->is_block ? "block device" : "file",
		     source->sectors);
	return r;
}

/**
 * source_open_direct() - have it open for direct I/O as well, if it has that
 * @log: how much to tell
 * @source: it, open
 */
void source_open_direct(const struct log *log, struct source *source)
{
	direct_open(source->fd, O_RDONLY, &source->direct);
	if (source->direct.fd < 0)
		debug(log, "%s: has no direct I/O", source->path);
}

/**
 * source_close() - close what source_open() opened
 * @source: it; its @path is the caller's
 */
void source_close(struct source *source)
{
	direct_close(&source->direct);
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}
