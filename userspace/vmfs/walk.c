// SPDX-License-Identifier: GPL-2.0-only
/*
 * As source/open-below.c has it: no part of a name may lead out, not even back in
 * again.  A folder that is beneath itself is damaged, so whoever goes down into all
 * folders gets to an end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/layout.h"
#include "util/message.h"
#include "vmfs/content.h"
#include "vmfs/directory.h"
#include "vmfs/entries.h"
#include "vmfs/fs.h"
#include "vmfs/lun.h"
#include "vmfs/map.h"
#include "vmfs/walk.h"

#define MAX_LINKS 40
#define MAX_NAME 255

/* Where hosts have their volumes, for links that say so. */
#define VOLUMES "/vmfs/volumes/"

static bool is_folder(const struct walk *w, const struct inode *inode)
{
	struct stat st;

	inode_stat(w->fs, inode, &st);
	return S_ISDIR(st.st_mode);
}

/**
 * walk_is_folder() - does a name lead to a folder?
 * @walk: the name
 *
 * Return: true if so.
 */
bool walk_is_folder(const struct walk *walk)
{
	return is_folder(walk, &walk->inode);
}

/* Return: 0, or EUCLEAN after a message. */
static int stand_at(struct walk *w, u32 address)
{
	inode_free(&w->inode);
	return inode_read(w->fs, address, &w->inode) ? EUCLEAN : 0;
}

/* Cut the first part, and the slashes behind it, off @rest. */
static void take_part(char *rest, char part[MAX_NAME + 1])
{
	const size_t length = strcspn(rest, "/");
	const size_t skip = length + strspn(rest + length, "/");

	memcpy(part, rest, length);
	part[length] = '\0';
	memmove(rest, rest + skip, strlen(rest + skip) + 1);
}

static int go_back(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (w->depth == w->top)
		return EXDEV;
	*(slash ? slash : w->done) = '\0';
	return stand_at(w, w->chain[--w->depth - 1]);
}

static int keep_part(struct walk *w, const char *part)
{
	const size_t length = strlen(w->done);
	const size_t room = sizeof(w->done) - length;

	return (size_t)snprintf(w->done + length, room, "%s%s",
				length ? "/" : "", part) < room ? 0 :
	       ENAMETOOLONG;
}

/**
 * walk_read_link() - read where a link leads
 * @fs: where it is
 * @inode: its descriptor
 * @text: set to that
 * @size: room for it
 *
 * Return: 0, or an errno: EUCLEAN after a message.
 */
int walk_read_link(struct fs *fs, const struct inode *inode, char *text,
		   size_t size)
{
	const u64 length = inode->length;
	struct layout *layout;
	int r;

	if (length >= size)
		return ENAMETOOLONG;
	r = map_inode(fs, inode, "a link", NULL, &layout);
	if (r)
		return EUCLEAN;
	r = content_read(fs, "a link", layout, 0, text, length);
	layout_free(layout);
	text[length] = '\0';
	return r ? EUCLEAN : 0;
}

/* Where a link from the root of all hosts goes on in this volume, or NULL. */
static const char *in_volume(const struct fs *fs, const char *text)
{
	const char *const names[] = { fs->uuid, fs->label };
	size_t i, length;

	if (strncmp(text, VOLUMES, strlen(VOLUMES)))
		return NULL;
	text += strlen(VOLUMES);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		length = strlen(names[i]);
		if (length && !strncmp(text, names[i], length) &&
		    (text[length] == '/' || !text[length]))
			return text + length + strspn(text + length, "/");
	}
	return NULL;
}

/* From the top: only the root is what such a link means. */
static int go_to_top(struct walk *w)
{
	if (w->top != 1)
		return EXDEV;
	w->depth = w->top;
	w->done[0] = '\0';
	return stand_at(w, w->chain[0]);
}

/* It stands in the folder that the link is in. */
static int follow_link(struct walk *w, const struct inode *link)
{
	char text[PATH_MAX], rest[PATH_MAX];
	const char *to = text;
	int r;

	if (++w->links > MAX_LINKS)
		return ELOOP;
	r = walk_read_link(w->fs, link, text, sizeof(text));
	if (r)
		return r;
	if (!*text)
		return ENOENT;
	if (*text == '/') {
		to = in_volume(w->fs, text);
		r = to ? go_to_top(w) : EXDEV;
		if (r)
			return r;
	}
	if ((size_t)snprintf(rest, sizeof(rest), "%s%s%s", to,
			     *w->rest ? "/" : "", w->rest) >= sizeof(rest))
		return ENAMETOOLONG;
	strcpy(w->rest, rest + strspn(rest, "/"));
	return 0;
}

/* Takes @inode on success. */
static int go_down(struct walk *w, const char *part, struct inode *inode)
{
	unsigned int i;
	int r;

	r = keep_part(w, part);
	if (r)
		return r;
	if (is_folder(w, inode)) {
		for (i = 0; i < w->depth; i++)
			if (w->chain[i] == inode->address) {
				fail(EXIT_DEVICE,
				     "%s: the folder \"%s\" (file descriptor %#x) is beneath itself",
				     w->fs->volume.name, w->done,
				     inode->address);
				return EUCLEAN;
			}
		if (w->depth == WALK_MAX_DEPTH)
			return ENAMETOOLONG;
		w->chain[w->depth++] = inode->address;
	}
	inode_free(&w->inode);
	w->inode = *inode;
	inode->raw = NULL;
	return 0;
}

/* A descriptor is used again for another file, which the entry does not mean. */
static int read_entry(struct walk *w, const char *part,
		      const struct entry *entry, struct inode *inode)
{
	if (inode_read(w->fs, entry->address, inode))
		return EUCLEAN;
	if (inode->generation == entry->generation)
		return 0;
	fail(EXIT_DEVICE,
	     "%s: file descriptor %#x at byte %llu: its generation is %u, expected %u as in the entry \"%s\": the folder is being changed, or damaged",
	     inode->place.lun->source.path, inode->address, inode->place.at,
	     inode->generation, entry->generation, part);
	inode_free(inode);
	return EUCLEAN;
}

static int find(struct walk *w, const char *part, struct inode *inode)
{
	const struct entry *entry;
	struct directory *directory;
	int r = ENOENT;

	if (directory_open(w->fs, &w->inode, &directory))
		return EUCLEAN;
	entry = directory_find(directory, part);
	if (entry)
		r = read_entry(w, part, entry, inode);
	directory_close(directory);
	return r;
}

static int take_step(struct walk *w, bool follow)
{
	const size_t length = strcspn(w->rest, "/");
	const bool more = w->rest[length] == '/';
	char part[MAX_NAME + 1];
	struct inode inode;
	int r;

	if (!walk_is_folder(w))
		return ENOTDIR;
	if (length > MAX_NAME)
		return ENAMETOOLONG;
	take_part(w->rest, part);
	if (!strcmp(part, "."))
		return 0;
	if (!strcmp(part, ".."))
		return go_back(w);
	r = find(w, part, &inode);
	if (r)
		return r;
	if (inode.type == INODE_LINK && (follow || more))
		r = follow_link(w, &inode);
	else if (more && !is_folder(w, &inode))
		r = ENOTDIR;
	else
		r = go_down(w, part, &inode);
	inode_free(&inode);
	return r;
}

static int start(struct walk *w, const char *name)
{
	if (!*name)
		return ENOENT;
	if (*name == '/')
		return EXDEV;
	if (strlen(name) >= sizeof(w->rest))
		return ENAMETOOLONG;
	strcpy(w->rest, name);
	return stand_at(w, w->chain[w->depth - 1]);
}

/**
 * walk_to() - resolve a name
 * @fs: where
 * @chain: descriptors of the folders from the root to the one to begin with
 * @depth: their number, not 0
 * @name: relative; must not lead out of that folder
 * @follow: the last part, too, if it is a link
 * @walk: set to what it leads to, for walk_free(), on success
 *
 * Return: 0, or an errno: EXDEV if it leads out, EUCLEAN after a message.
 */
int walk_to(struct fs *fs, const u32 *chain, unsigned int depth,
	    const char *name, bool follow, struct walk **walk)
{
	struct walk *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return ENOMEM;
	w->fs = fs;
	memcpy(w->chain, chain, depth * sizeof(*chain));
	w->depth = depth;
	w->top = depth;
	r = start(w, name);
	while (!r && *w->rest)
		r = take_step(w, follow);
	if (r)
		walk_free(w);
	else
		*walk = w;
	return r;
}

/**
 * walk_free() - be done with what a name has led to
 * @walk: it
 */
void walk_free(struct walk *walk)
{
	inode_free(&walk->inode);
	free(walk);
}
