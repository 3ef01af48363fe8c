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

/**
 * new_file_write() - make a file
 * @path: its name, which nothing has
 * @bytes: what it is to hold
 * @size: how much
 *
 * Return: 0, or an exit code after a message; then it is not there.
 */
int new_file_write(const char *path, const void *bytes, size_t size)
{
	int fd, error;

	/* What is in an image is not for everybody's eyes. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? fail_there(path) :
		       fail(exit_code_of(errno), "%s: cannot be made: %m", path);
	/* Some file systems, as NFS, tell of an error only when it is flushed. */
	error = bytes_write(fd, bytes, size, 0);
	if (!error && fsync(fd))
		error = errno;
	if (!error)
		error = file_flush_folder(path);
	if (error)
		file_unlink(path, fd);
	close(fd);
	return error ? fail(exit_code_of(error), "%s: cannot write: %s", path,
			    strerror(error)) : 0;
}
