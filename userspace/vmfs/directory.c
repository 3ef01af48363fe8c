// SPDX-License-Identifier: GPL-2.0-only
/*
 * A folder is read once, and kept for the next look into it, as long as there are
 * not too many others.
 */
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/directory.h"
#include "vmfs/entries.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"

#define MAX_KEPT 16

/* A folder that takes more is kept alone. */
#define MAX_KEPT_BYTES (64U << 20)

/**
 * struct directory - a folder's entries
 * @users: how many hold it
 * @address: of the folder's descriptor
 * @entries: by name
 */
struct directory {
	unsigned int users;
	u32 address;
	struct entries entries;
};

/**
 * struct directories - those that are kept
 * @kept: they
 * @next: the place of the next one that is read
 */
struct directories {
	struct directory *kept[MAX_KEPT];
	unsigned int next;
};

/**
 * directories_new() - make room for what folders hold
 * @directories: set to it, for directories_free(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int directories_new(struct directories **directories)
{
	*directories = calloc(1, sizeof(**directories));
	return *directories ? 0 : fail_memory();
}

/**
 * directories_free() - forget all that folders hold
 * @directories: what is known, or NULL
 */
void directories_free(struct directories *directories)
{
	unsigned int i;

	for (i = 0; directories && i < MAX_KEPT; i++)
		directory_close(directories->kept[i]);
	free(directories);
}

static size_t bytes_of(const struct directory *d)
{
	return d ? d->entries.room * sizeof(*d->entries.list) +
		   d->entries.names_room : 0;
}

static void forget(struct directories *all)
{
	unsigned int i;

	for (i = 0; i < MAX_KEPT; i++) {
		directory_close(all->kept[i]);
		all->kept[i] = NULL;
	}
}

static void keep(struct directories *all, struct directory *d)
{
	size_t bytes = bytes_of(d);
	unsigned int i;

	directory_close(all->kept[all->next]);
	all->kept[all->next] = NULL;
	for (i = 0; i < MAX_KEPT; i++)
		bytes += bytes_of(all->kept[i]);
	if (bytes > MAX_KEPT_BYTES)
		forget(all);
	d->users++;
	all->kept[all->next] = d;
	all->next = (all->next + 1) % MAX_KEPT;
}

static int read_new(struct fs *fs, const struct inode *inode,
		    struct directory **directory)
{
	struct directory *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return fail_memory();
	d->users = 1;
	d->address = inode->address;
	r = entries_read(fs, inode, &d->entries);
	if (r)
		directory_close(d);
	else
		*directory = d;
	return r;
}

/**
 * directory_open() - find out what is in a folder
 * @fs: where it is
 * @inode: its descriptor
 * @directory: set to that, for directory_close(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int directory_open(struct fs *fs, const struct inode *inode,
		   struct directory **directory)
{
	struct directories *all = fs->directories;
	unsigned int i;
	int r;

	for (i = 0; i < MAX_KEPT; i++) {
		if (!all->kept[i] || all->kept[i]->address != inode->address)
			continue;
		all->kept[i]->users++;
		*directory = all->kept[i];
		return 0;
	}
	r = read_new(fs, inode, directory);
	if (!r)
		keep(all, *directory);
	return r;
}

/**
 * directory_find() - look a name up
 * @directory: where
 * @name: one part of a path
 *
 * Return: the entry, or NULL if there is none.
 */
const struct entry *directory_find(const struct directory *directory,
				   const char *name)
{
	size_t low = 0, high = directory->entries.nr, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(name, directory_name(directory, middle));
		if (!order)
			return &directory->entries.list[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/**
 * directory_nr() - how much is in a folder
 * @directory: it
 *
 * Return: the number of entries, without itself and the one above.
 */
size_t directory_nr(const struct directory *directory)
{
	return directory->entries.nr;
}

/**
 * directory_is_whole() - is that as many as the folder says?
 * @directory: it
 *
 * Return: false if not, which was warned of.
 */
bool directory_is_whole(const struct directory *directory)
{
	return !directory->entries.is_partial;
}

/**
 * directory_name() - one of them
 * @directory: the folder
 * @i: which
 *
 * Return: its name.
 */
const char *directory_name(const struct directory *directory, size_t i)
{
	return directory->entries.names + directory->entries.list[i].name;
}

/**
 * directory_close() - be done with it
 * @directory: it, or NULL
 */
void directory_close(struct directory *directory)
{
	if (!directory || --directory->users)
		return;
	entries_free(&directory->entries);
	free(directory);
}
