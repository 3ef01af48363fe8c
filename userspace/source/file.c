// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static int fail_type(const char *path, const struct stat *st)
{
	return fail(EXIT_DEVICE, "%s: is %s, expected a file or block device",
		    path, S_ISDIR(st->st_mode) ? "a directory" :
		    "neither a file nor a block device");
}

/*
 * What was opened may be another than was looked at.  Nothing that is read later
 * is to come back with EAGAIN only because opening was not to hang.
 */
static int settle(const char *path, int fd, struct stat *st)
{
	const mode_t type = st->st_mode & S_IFMT;
	int flags;

	if (fstat(fd, st))
		return fail(exit_code_of(errno), "%s: %m", path);
	if ((st->st_mode & S_IFMT) != type)
		return fail(EXIT_BUSY, "%s: changed while it was opened", path);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK))
		return fail(exit_code_of(errno), "%s: %m", path);
	return 0;
}

/*
 * The type is looked at first: just opening a FIFO may hang, and opening a
 * character device may do anything (a watchdog's reboots the machine).
 */
static int open_as(const char *path, int flags, int *fd, struct stat *st)
{
	int r;

	*fd = -1;
	if (stat(path, st))
		return fail(exit_code_of(errno), "%s: %m", path);
	if (!has_bytes(st->st_mode))
		return fail_type(path, st);
	if (!S_ISBLK(st->st_mode))
		flags &= ~O_EXCL;
	*fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 && errno == EBUSY && flags & O_EXCL)
		return EXIT_BUSY;
	if (*fd < 0)
		return fail(exit_code_of(errno), "%s: cannot open%s: %m", path,
			    flags & O_RDWR ? " for writing" : "");
	r = settle(path, *fd, st);
	if (r) {
		close(*fd);
		*fd = -1;
	}
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

/**
 * file_open_exclusive() - open a file for reading and writing, or a block device
 *                         that nobody has mounted or holds
 * @path: which
 * @fd: set to the descriptor of the open file
 * @st: filled in
 *
 * Return: 0, or an exit code after a message; EXIT_BUSY, without one, for a
 * block device that is in use.
 */
int file_open_exclusive(const char *path, int *fd, struct stat *st)
{
	return open_as(path, O_RDWR | O_EXCL, fd, st);
}

/**
 * file_flush_folder() - have a file's name survive a crash
 * @path: the name, new or another's before
 *
 * Return: 0, or an errno.
 */
int file_flush_folder(const char *path)
{
	const char *base = file_base_name(path);
	char *folder = base == path ? strdup(".") :
		       strndup(path, (size_t)(base - path));
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int error = fd < 0 || fsync(fd) ? errno : 0;

	if (fd >= 0)
		close(fd);
	free(folder);
	/* Some filesystems cannot, and need not. */
	return error == EINVAL ? 0 : error;
}

/**
 * file_is() - is this what a name stands for?
 * @path: the name; a link stands for itself
 * @st: the file
 *
 * Return: true if so; false, with errno 0, if it stands for another, and with
 * errno if there is none, or that cannot be told.
 */
bool file_is(const char *path, const struct stat *st)
{
	struct stat there;

	if (lstat(path, &there))
		return false;
	errno = 0;
	return there.st_dev == st->st_dev && there.st_ino == st->st_ino;
}

/**
 * file_unlink() - remove a file that was made here, and no other
 * @path: the name that it was given
 * @fd: it, open
 *
 * Return: 0, also if its name is another's by now, or nobody's; or an errno.
 */
int file_unlink(const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	if (!file_is(path, &st))
		return errno == ENOENT ? 0 : errno;
	return unlink(path) ? errno : 0;
}

/**
 * file_allow_many() - have as many files open as the system allows
 *
 * Without that it may be 1024, of which the extents of a long chain, their loop
 * devices and direct I/O can take more.  Where it cannot be had, opening tells.
 */
void file_allow_many(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
