// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/new-file.h"
#include "source/bytes.h"
#include "source/file.h"
#include "util/message.h"
#include "util/signals.h"

/* Written at once: between two of these it may be time to end. */
#define STEP_BYTES (1U << 20)

static int fail_there(const char *path)
{
	return fail(EXIT_BUSY,
		    "%s: is there already, expected the name of a new file: give another one, or remove it",
		    path);
}

/**
 * new_file_check() - see early that nothing has a file's name
 * @path: the name
 *
 * Return: 0, or an exit code after a message.
 */
int new_file_check(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : fail_there(path);
}

static int write_all(int fd, const char *bytes, size_t size)
{
	size_t done, step;
	int error = 0;

	for (done = 0; done < size && !error; done += step) {
		step = min_t(size_t, STEP_BYTES, size - done);
		error = signals_waiting() ? EINTR :
			bytes_write(fd, bytes + done, step, done);
	}
	/* Some file systems, as NFS, tell of an error only when it is flushed. */
	return !error && fsync(fd) ? errno : error;
}

/* While signals wait. */
static int make(const char *path, const void *bytes, size_t size)
{
	int fd, error;

	/* What is in an image is not for everybody's eyes. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? fail_there(path) :
		       fail(exit_code_of(errno), "%s: cannot be made: %m", path);
	error = write_all(fd, bytes, size);
	if (!error)
		error = file_flush_folder(path);
	if (!error && signals_waiting())
		error = EINTR;
	if (error)
		file_unlink(path, fd);
	close(fd);
	if (error && signals_waiting())
		return exit_code_of(error);
	return error ? fail(exit_code_of(error), "%s: cannot write: %s", path,
			    strerror(error)) : 0;
}

/**
 * new_file_write() - make a file
 * @path: its name, which nothing has
 * @bytes: what it is to hold
 * @size: how much
 *
 * Return: 0, or an exit code after a message; then it is not there.  If a signal comes
 * meanwhile, that ends it.
 */
int new_file_write(const char *path, const void *bytes, size_t size)
{
	sigset_t signals;
	int r = signals_hold(&signals);

	if (r)
		return r;
	r = make(path, bytes, size);
	signals_release(&signals);
	return r;
}
