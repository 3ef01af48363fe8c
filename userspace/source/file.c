// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/file.h"
#include "util/message.h"

/**
 * file_beside() - name a file in the folder of another
 * @from: the other
 * @name: the file; an absolute name stays as it is
 *
 * Return: the path, to be freed by the caller, or NULL without memory.
 */
char *file_beside(const char *from, const char *name)
{
	const char *slash = strrchr(from, '/');
	int folder = slash ? (int)(slash - from) + 1 : 0;
	char *path;

	if (*name == '/')
		return strdup(name);
	if (asprintf(&path, "%.*s%s", folder, from, name) < 0)
		return NULL;
	return path;
}

/**
 * file_base_name() - the last part of a path
 * @name: the path
 *
 * Return: where it begins.
 */
const char *file_base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static bool has_bytes(mode_t mode)
{
	return S_ISREG(mode) || S_ISBLK(mode);
}

/*
 * The type is looked at first: just opening a FIFO may hang, and opening a
 * character device may do anything (a watchdog's reboots the machine).
 */
static int open_as(const char *path, int access, int *fd, struct stat *st)
{
	int r;

	*fd = -1;
	if (stat(path, st))
		return fail(exit_code_of(errno), "%s: %m", path);
	if (!has_bytes(st->st_mode))
		goto wrong;
	*fd = open(path, access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return fail(exit_code_of(errno), "%s: cannot open: %m", path);
	if (fstat(*fd, st)) {
		r = fail(exit_code_of(errno), "%s: %m", path);
		goto out;
	}
	if (has_bytes(st->st_mode))
		return 0;
wrong:
	r = fail(EXIT_DEVICE, "%s: is %s, expected a file or block device",
		 path, S_ISDIR(st->st_mode) ? "a directory" :
		 "neither a file nor a block device");
out:
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return r;
}

/**
 * file_open() - open a file or block device for reading
 * @path: which
 * @fd: set to the descriptor of the open file
 * @st: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int file_open(const char *path, int *fd, struct stat *st)
{
	return open_as(path, O_RDONLY, fd, st);
}

/**
 * file_open_writable() - open a file or block device for reading and writing
 * @path: which
 * @fd: set to the descriptor of the open file
 * @st: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int file_open_writable(const char *path, int *fd, struct stat *st)
{
	return open_as(path, O_RDWR, fd, st);
}
