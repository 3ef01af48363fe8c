// SPDX-License-Identifier: GPL-2.0-only
/*
 * To what restores disks, a file is a disk of one extent.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/raw-disk.h"
#include "dm-sesparse/format.h"
#include "restore/copy.h"
#include "restore/estimate.h"
#include "restore/file-copy.h"
#include "restore/target.h"
#include "restore/zeros.h"
#include "source/bytes.h"
#include "source/layout.h"
#include "source/source.h"
#include "util/message.h"
#include "util/progress.h"

static int copy_disk(const struct log *log, const struct disk *disk,
		     struct target *target, bool is_shown)
{
	const u64 bytes = disk->capacity * SESPARSE_SECTOR_SIZE;
	struct zeros_found zeros = { 0 };
	struct progress progress;
	const struct copy copy = {
		.log = log,
		.disk = disk,
		.target = target,
		.zeros = &zeros,
		.progress = &progress,
	};
	struct estimate all;
	int r;

	r = estimate_take(disk, NULL, 0, bytes, &all);
	if (r)
		return r;
	progress_begin(&progress, is_shown, "copied", all.data + all.gaps);
	progress_be_patient(&progress);
	r = copy_write(&copy, 0, bytes);
	progress_end(&progress, !r);
	return r;
}

static int copy_sectors(const struct log *log, const struct source *source,
			struct target *target, bool is_shown)
{
	struct raw_disk raw;
	int r;

	if (!source->sectors)
		return 0;
	r = raw_disk_read(log, source, &raw);
	if (!r)
		r = copy_disk(log, &raw.disk, target, is_shown);
	raw_disk_free(&raw);
	return r;
}

/* What a disk never has: bytes behind the last whole sector. */
static int copy_rest(const struct source *source, u64 bytes,
		     const struct target *target)
{
	const u64 at = source->sectors * SESPARSE_SECTOR_SIZE;
	char rest[SESPARSE_SECTOR_SIZE];
	const size_t nr = (size_t)(bytes - at);
	int error;

	if (!nr)
		return 0;
	error = source_read(source, rest, nr, at);
	if (error)
		return fail(exit_code_of(error),
			    "%s: cannot read at byte %llu: %s", source->path,
			    at, strerror(error));
	error = bytes_write(target->fd, rest, nr, at);
	return error ? fail(exit_code_of(error),
			    "%s: cannot write at byte %llu: %s", target->path,
			    at, strerror(error)) : 0;
}

static int keep_time(const struct source *source, const struct target *target)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;
	int error = source_stat(source, &st);

	times[1] = st.st_mtim;
	if (!error && futimens(target->fd, times))
		error = errno;
	return error ? fail(exit_code_of(error), "%s: cannot set its time: %s",
			    target->path, strerror(error)) : 0;
}

/**
 * file_copy() - copy a file, its holes left out, with its time
 * @log: how much to tell
 * @source: the file, in a datastore, open
 * @path: of the copy, for messages
 * @fd: the copy, a new file, open for reading and writing
 * @is_shown: show how far it is
 *
 * Return: 0, or an exit code after a message.
 */
int file_copy(const struct log *log, const struct source *source,
	      const char *path, int fd, bool is_shown)
{
	const u64 bytes = source->layout->bytes;
	struct target target;
	int r;

	r = target_take(path, fd, &target);
	if (!r)
		r = target_prepare(&target, bytes);
	if (!r)
		r = copy_sectors(log, source, &target, is_shown);
	if (!r)
		r = copy_rest(source, bytes, &target);
	if (!r)
		r = keep_time(source, &target);
	target_release(&target);
	return r;
}
