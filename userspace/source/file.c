// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "source/file.h"
#include "source/missing.h"
#include "source/stored.h"
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
	return fail(EXIT_DEVICE, "%s: is %s, expected a file or block device%s",
		    path, S_ISDIR(st->st_mode) ? "a directory" :
		    "neither a file nor a block device",
		    S_ISDIR(st->st_mode) ? ": name one in it" : "");
}

/* The name by which what a descriptor stands for is found again. */
static void name_opened(int fd, char name[32])
{
	snprintf(name, 32, "/proc/self/fd/%d", fd);
}

/**
 * file_real_name() - the absolute name, without links, of what is open
 * @fd: it
 * @name: set to the name
 * @size: room for it
 *
 * Return: 0, or an errno.
 */
int file_real_name(int fd, char *name, size_t size)
{
	char opened[32];
	ssize_t n;

	name_opened(fd, opened);
	n = readlink(opened, name, size);
	if (n < 0)
		return errno;
	if ((size_t)n >= size)
		return ENAMETOOLONG;
	name[n] = '\0';
	return 0;
}

/**
 * file_look() - find a file that the user has named, without opening it
 * @path: the file
 * @found: set to it, for file_forget(), on failure too
 *
 * Return: 0, or an errno.
 */
int file_look(const char *path, struct file_found *found)
{
	*found = (struct file_found){ .fd = -1, .path = strdup(path) };
	if (!found->path)
		return ENOMEM;
	found->fd = open(path, O_PATH | O_CLOEXEC);
	if (found->fd < 0 || fstat(found->fd, &found->st))
		return errno;
	return 0;
}

/**
 * file_forget() - be done with a file that was found
 * @found: it, or one with no path and -1 as its fd
 */
void file_forget(struct file_found *found)
{
	if (found->fd >= 0)
		close(found->fd);
	found->fd = -1;
	stored_put(found->stored);
	found->stored = NULL;
	free(found->path);
	found->path = NULL;
}

/*
 * Not all that a file system says twice is the same.  Nothing that is read later
 * is to come back with EAGAIN only because opening was not to hang.
 */
static int settle(const struct file_found *found, int fd, struct stat *st)
{
	int flags;

	if (fstat(fd, st))
		return fail(exit_code_of(errno), "%s: %m", found->path);
	if ((st->st_mode ^ found->st.st_mode) & S_IFMT)
		return fail(EXIT_BUSY, "%s: changed while it was opened",
			    found->path);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK))
		return fail(exit_code_of(errno), "%s: %m", found->path);
	return 0;
}

/*
 * Opens just what was looked at, whatever has its name by now: only to open a
 * FIFO may hang, and to open a character device may do anything (a watchdog's
 * reboots the machine).
 */
static int open_found(const struct file_found *found, int flags, int *fd,
		      struct stat *st)
{
	char opened[32];
	int r;

	*fd = -1;
	if (!has_bytes(found->st.st_mode))
		return fail_type(found->path, &found->st);
	if (!S_ISBLK(found->st.st_mode))
		flags &= ~O_EXCL;
	name_opened(found->fd, opened);
	*fd = open(opened, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 && errno == EBUSY && flags & O_EXCL)
		return FILE_IN_USE;
	if (*fd < 0 && errno == ENOENT)
		return fail(EXIT_DEVICE,
			    "%s: cannot open without %s: is /proc mounted?",
			    found->path, opened);
	if (*fd < 0)
		return fail(exit_code_of(errno), "%s: cannot open%s: %m",
			    found->path, flags & O_RDWR ? " for writing" : "");
	r = settle(found, *fd, st);
	if (r) {
		close(*fd);
		*fd = -1;
	}
	return r;
}

/**
 * file_peek() - open for reading a file that was found, without a message
 * @found: a file, no device
 * @fd: set to the descriptor of the open file
 *
 * Return: 0, or an errno.
 */
int file_peek(const struct file_found *found, int *fd)
{
	char opened[32];

	*fd = -1;
	if (!S_ISREG(found->st.st_mode))
		return EINVAL;
	name_opened(found->fd, opened);
	*fd = open(opened, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return *fd < 0 ? errno : 0;
}

static int open_as(const char *path, int flags, int *fd, struct stat *st)
{
	struct file_found found;
	int error = file_look(path, &found), r;

	*fd = -1;
	if (error)
		r = missing_fail(path, NULL, error);
	else
		r = open_found(&found, flags, fd, st);
	file_forget(&found);
	return r;
}

/**
 * file_open_found() - open for reading what was found
 * @found: a file or block device, or what else was found by its name
 * @fd: set to the descriptor of the open file
 * @st: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int file_open_found(const struct file_found *found, int *fd, struct stat *st)
{
	return open_found(found, O_RDONLY, fd, st);
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
 * Return: 0, or an exit code after a message; FILE_IN_USE, without one, for a
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
	/*
	 * Some filesystems cannot, and need not; where one may make files but not
	 * list them, there is no way to.
	 */
	return error == EINVAL || error == EACCES ? 0 : error;
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
