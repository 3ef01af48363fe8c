// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/folder.h"

/**
 * folder_look() - look up a file beneath a folder
 * @folder: the folder
 * @name: relative; must not lead out of it
 * @found: set on success, all but its path
 *
 * Return: 0, or an errno; EXDEV if the name leads out.
 */
int folder_look(const struct folder *folder, const char *name,
		struct file_found *found)
{
	return folder->ops->look(folder, name, found);
}

/**
 * folder_enter() - open a folder beneath another
 * @folder: the other
 * @name: relative; must not lead out of it
 * @below: set to it, for folder_put(), on success; to @folder if it is that one
 *
 * Return: 0, or an errno; EXDEV if the name leads out.
 */
int folder_enter(struct folder *folder, const char *name,
		 struct folder **below)
{
	int r = folder->ops->enter(folder, name, below);

	if (!r && folder->ops->same(folder, *below)) {
		folder_put(*below);
		*below = folder_get(folder);
	}
	return r;
}

/* The file system's root has no siblings, nor has what is right below it. */
static int open_above(const struct folder *folder, struct folder **above)
{
	int r;

	if (folder->alone)
		return EXDEV;
	r = folder->ops->above(folder, above);
	if (r || strcmp((*above)->real, "/"))
		return r;
	folder_put(*above);
	return EXDEV;
}

/**
 * folder_beside() - open a folder that lies in the same folder as another
 * @folder: the other
 * @name: one part, neither "." nor ".."
 * @beside: set to it, for folder_put(), on success
 *
 * Return: 0, or an errno; EXDEV if there is nothing beside it that may be looked
 * at, or if the name leads out of the folder that both should be in, or is it.
 */
int folder_beside(const struct folder *folder, const char *name,
		  struct folder **beside)
{
	struct folder *above;
	int r;

	r = open_above(folder, &above);
	if (r)
		return r;
	r = folder_enter(above, name, beside);
	if (!r && *beside == above) {
		folder_put(*beside);
		r = EXDEV;
	}
	folder_put(above);
	return r;
}

/**
 * folder_list() - go through the names in a folder
 * @folder: the folder
 * @each: called with each of them but "." and "..", in any order
 * @data: handed to it
 *
 * Return: 0, or an errno, or what @each returned, if that is not 0.
 */
int folder_list(const struct folder *folder, folder_name_fn each, void *data)
{
	return folder->ops->list(folder, each, data);
}

/**
 * folder_is_whole() - do the names in a folder seem to be all?
 * @folder: the folder, which folder_list() has gone through
 *
 * Return: false if the folder says that it has another number of them: it was being
 * changed while it was read, or is damaged.
 */
bool folder_is_whole(const struct folder *folder)
{
	return !folder->ops->is_whole || folder->ops->is_whole(folder);
}

/**
 * folder_read_link() - where a symbolic link leads
 * @folder: the folder that it is in
 * @name: its name there
 * @text: set to what it holds
 * @size: room for that
 *
 * Return: 0, or an errno; EINVAL if it is no link.
 */
int folder_read_link(const struct folder *folder, const char *name, char *text,
		     size_t size)
{
	return folder->ops->read_link(folder, name, text, size);
}

/**
 * folder_is_above() - is one folder what the other is directly in?
 * @folder: the other
 * @above: the one
 *
 * Return: true if so, and if what is beside @folder may be looked at.
 */
bool folder_is_above(const struct folder *folder, const struct folder *above)
{
	struct folder *found;
	bool is;

	if (open_above(folder, &found))
		return false;
	is = found->ops == above->ops && found->ops->same(found, above);
	folder_put(found);
	return is;
}

/**
 * folder_get() - hold a folder once more
 * @folder: it
 *
 * Return: it.
 */
struct folder *folder_get(struct folder *folder)
{
	folder->users++;
	return folder;
}

/**
 * folder_put() - hold it once less, and close it if nobody does
 * @folder: it, or NULL
 */
void folder_put(struct folder *folder)
{
	if (!folder || --folder->users)
		return;
	free(folder->path);
	free(folder->real);
	folder->ops->close(folder);
}
