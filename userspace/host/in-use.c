// SPDX-License-Identifier: GPL-2.0-only
/*
 * A block device's users hold it exclusively, nearly all of them; a file's do
 * not.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/in-use.h"
#include "host/loop.h"
#include "host/mounts.h"
#include "util/message.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode))
		return S_ISBLK(b->st_mode) && a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A device, and where it is found to be mounted. */
struct mounted {
	dev_t dev;
	char *where;
};

static int take_mount(void *data, const struct mount_entry *entry)
{
	struct mounted *mounted = data;

	if (mounted->where || !mount_is_of(entry, mounted->dev))
		return 0;
	mounted->where = strdup(entry->where);
	return mounted->where ? 0 : fail_memory();
}

static bool is_swap(const struct stat *st)
{
	char *line = NULL, *name = NULL;
	size_t room = 0;
	struct stat swap;
	bool found = false;
	FILE *f = fopen("/proc/swaps", "re");

	while (f && !found && getline(&line, &room, f) > 0) {
		if (sscanf(line, "%ms", &name) != 1)
			continue;
		mounts_unescape(name);
		found = !stat(name, &swap) && is_same(st, &swap);
		free(name);
	}
	if (f)
		fclose(f);
	free(line);
	return found;
}

/* Set @node to the loop device in front of a file, or leave it. */
static int find_loop(const struct stat *st, const char *attribute, char *node,
		     size_t size)
{
	unsigned int number[2];
	struct stat backing;
	char *file = NULL;
	int r = 0;
	FILE *f = fopen(attribute, "re");

	if (!f)
		return 0;
	if (fscanf(f, "%u:%u", &number[0], &number[1]) == 2)
		r = loop_backing_file(number[0], number[1], &file);
	fclose(f);
	if (file && !stat(file, &backing) && is_same(st, &backing))
		snprintf(node, size, "%u:%u", number[0], number[1]);
	free(file);
	return r;
}

static int check_loops(const char *path, const struct stat *st)
{
	char node[32] = "";
	glob_t found;
	size_t i;
	int r;

	r = glob("/sys/block/loop*/dev", 0, NULL, &found);
	if (r)
		return r == GLOB_NOMATCH ? 0 : fail_memory();
	for (i = 0; i < found.gl_pathc && !r && !*node; i++)
		r = find_loop(st, found.gl_pathv[i], node, sizeof(node));
	globfree(&found);
	if (r || !*node)
		return r;
	return fail(EXIT_BUSY,
		    "%s: loop device %s uses it: detach that (losetup -d), or name another",
		    path, node);
}

/**
 * in_use_check() - check that nobody uses a file or block device
 * @path: its name
 * @st: what it is
 *
 * A device must have been opened exclusively as well.
 *
 * Return: 0, or an exit code after a message.
 */
int in_use_check(const char *path, const struct stat *st)
{
	struct mounted mounted = { .dev = st->st_rdev };
	int r = 0;

	if (is_swap(st))
		return fail(EXIT_BUSY, "%s: is in use as swap", path);
	if (S_ISBLK(st->st_mode))
		r = mounts_each(take_mount, &mounted);
	else
		r = check_loops(path, st);
	if (!r && mounted.where)
		r = fail(EXIT_BUSY, "%s: is mounted at %s: umount it", path,
			 mounted.where);
	free(mounted.where);
	return r;
}

/* Set @name to a device that holds this one. */
static void find_holder(dev_t dev, char name[256])
{
	char folder[64];
	struct dirent *entry;
	DIR *d;

	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u/holders",
		 major(dev), minor(dev));
	d = opendir(folder);
	if (!d)
		return;
	for (entry = readdir(d); entry; entry = readdir(d))
		if (entry->d_name[0] != '.')
			strcpy(name, entry->d_name);
	closedir(d);
}

/**
 * in_use_fail() - say who uses a block device that could not be opened for it
 * @path: its name
 * @st: what it is
 *
 * Return: an exit code.
 */
int in_use_fail(const char *path, const struct stat *st)
{
	char holder[256] = "";
	int r;

	r = in_use_check(path, st);
	if (r)
		return r;
	find_holder(st->st_rdev, holder);
	if (*holder)
		return fail(EXIT_BUSY, "%s: is held by %s: remove that first",
			    path, holder);
	return fail(EXIT_BUSY,
		    "%s: is in use (a partition of it mounted or held, or open exclusively)",
		    path);
}
