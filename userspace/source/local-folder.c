// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing here is opened to be read but by local_list(), so a folder need only let
 * its files be opened, not listed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/file.h"
#include "source/folder.h"
#include "source/local-folder.h"
#include "source/open-below.h"

/**
 * struct local - a folder of this machine
 * @folder: what all folders have; comes first
 * @fd: open, but not for reading
 * @dev: which it is
 * @ino: which together tell it from others
 */
struct local {
	struct folder folder;
	int fd;
	dev_t dev;
	ino_t ino;
};

static const struct local *local_of(const struct folder *folder)
{
	return (const struct local *)folder;
}

static const struct folder_ops local_ops;

/* Takes @fd, or a negative errno in its place. */
static int wrap(int fd, struct folder **folder)
{
	char real[PATH_MAX];
	struct local *local;
	struct stat st;
	int error;

	if (fd < 0)
		return -fd;
	local = calloc(1, sizeof(*local));
	error = local ? file_real_name(fd, real, sizeof(real)) : ENOMEM;
	if (!error && fstat(fd, &st))
		error = errno;
	if (!error) {
		local->folder.real = strdup(real);
		error = local->folder.real ? 0 : ENOMEM;
	}
	if (error) {
		free(local);
		close(fd);
		return error;
	}
	local->folder.ops = &local_ops;
	local->folder.users = 1;
	local->fd = fd;
	local->dev = st.st_dev;
	local->ino = st.st_ino;
	*folder = &local->folder;
	return 0;
}

static int local_look(const struct folder *folder, const char *name,
		      struct file_found *found)
{
	int fd = open_below(local_of(folder)->fd, name, 0), error;

	if (fd < 0)
		return -fd;
	if (fstat(fd, &found->st)) {
		error = errno;
		close(fd);
		return error;
	}
	found->fd = fd;
	return 0;
}

static int local_enter(const struct folder *folder, const char *name,
		       struct folder **below)
{
	return wrap(open_below(local_of(folder)->fd, name, O_DIRECTORY), below);
}

static int local_above(const struct folder *folder, struct folder **above)
{
	int fd = openat(local_of(folder)->fd, "..",
			O_PATH | O_DIRECTORY | O_CLOEXEC);

	return wrap(fd < 0 ? -errno : fd, above);
}

static int local_list(const struct folder *folder, folder_name_fn each,
		      void *data)
{
	const int fd = openat(local_of(folder)->fd, ".",
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = dir ? 0 : errno;

	if (!dir && fd >= 0)
		close(fd);
	while (!r) {
		errno = 0;
		/* Without one, errno was not 0. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		entry = readdir(dir);
		if (!entry) {
			r = errno;
			break;
		}
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = each(data, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return r;
}

static int local_read_link(const struct folder *folder, const char *name,
			   char *text, size_t size)
{
	ssize_t n = readlinkat(local_of(folder)->fd, name, text, size);

	if (n < 0)
		return errno;
	if ((size_t)n >= size)
		return ENAMETOOLONG;
	text[n] = '\0';
	return 0;
}

static bool local_same(const struct folder *a, const struct folder *b)
{
	return local_of(a)->dev == local_of(b)->dev &&
	       local_of(a)->ino == local_of(b)->ino;
}

static void local_close(struct folder *folder)
{
	struct local *local = (struct local *)folder;

	close(local->fd);
	free(local);
}

static const struct folder_ops local_ops = {
	.look = local_look,
	.enter = local_enter,
	.above = local_above,
	.list = local_list,
	.read_link = local_read_link,
	.same = local_same,
	.close = local_close,
};

/**
 * local_folder_open() - open a folder that the user has named
 * @path: the folder
 * @folder: set to it, for folder_put(), on success; messages have it as @path
 *
 * Return: 0, or an errno.
 */
int local_folder_open(const char *path, struct folder **folder)
{
	int fd = open(*path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	r = wrap(fd < 0 ? -errno : fd, folder);
	if (r)
		return r;
	(*folder)->path = strdup(path);
	if ((*folder)->path)
		return 0;
	folder_put(*folder);
	return ENOMEM;
}

/**
 * local_folder_of() - open the folder of a file that the user has named
 * @file: the file: where a link of that name leads makes no difference
 * @folder: set to it, for folder_put(), on success
 *
 * Return: 0, or an errno.
 */
int local_folder_of(const char *file, struct folder **folder)
{
	char *path = file_beside(file, "");
	int r;

	if (!path)
		return ENOMEM;
	r = local_folder_open(path, folder);
	free(path);
	return r;
}
