// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever made a file system may have put folders into themselves, or into many
 * others: none is gone into twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/folder.h"
#include "source/tree.h"
#include "util/message.h"

/* Names in a folder: more than file systems for disks are made for. */
#define MAX_NAMES (1U << 20)

static int add_name(void *data, const char *name)
{
	struct names_in *names = data;
	const size_t room = names->room ? 2 * names->room : 64;
	char **list;

	if (names->nr == MAX_NAMES)
		return EUCLEAN;
	if (names->nr == names->room) {
		list = reallocarray(names->list, room, sizeof(*list));
		if (!list)
			return ENOMEM;
		names->list = list;
		names->room = room;
	}
	names->list[names->nr] = strdup(name);
	return names->list[names->nr++] ? 0 : ENOMEM;
}

static int compare(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/**
 * names_read() - find out what is in a folder
 * @folder: the folder
 * @names: filled in, for names_free(), on failure too
 *
 * Return: 0, or an errno.
 */
int names_read(const struct folder *folder, struct names_in *names)
{
	int error;

	*names = (struct names_in){ 0 };
	error = folder_list(folder, add_name, names);
	if (names->nr && !names->list[names->nr - 1])
		names->nr--;
	if (names->nr)
		qsort(names->list, names->nr, sizeof(*names->list), compare);
	return error;
}

/**
 * names_free() - free what names_read() made
 * @names: it
 */
void names_free(struct names_in *names)
{
	size_t i;

	for (i = 0; i < names->nr; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names_in){ 0 };
}

/* One part of a name, and none that leads elsewhere. */
static bool is_one_part(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}

/**
 * tree_look() - find out what a name stands for
 * @folder: the folder that it is in
 * @entry: its @name is set; @kind and what goes with that are filled in; @found is
 *         for file_forget()
 */
void tree_look(struct folder *folder, struct tree_entry *entry)
{
	entry->folder = folder;
	entry->found = (struct file_found){ .fd = -1 };
	entry->kind = TREE_UNKNOWN;
	entry->error = is_one_part(entry->name) ?
		       folder_read_link(folder, entry->name, entry->link,
					sizeof(entry->link)) : EUCLEAN;
	if (!entry->error) {
		entry->kind = TREE_LINK;
		return;
	}
	if (entry->error == EINVAL)
		entry->error = folder_look(folder, entry->name, &entry->found);
	if (!entry->error)
		entry->kind = S_ISDIR(entry->found.st.st_mode) ? TREE_FOLDER :
								 TREE_FILE;
}

/* A folder, or room for one. */
struct been {
	bool is_used;
	dev_t dev;
	ino_t ino;
};

/**
 * struct tree - a walk
 * @ops: what is done
 * @data: for that
 * @been: the folders that it has been in, each where its number says or behind that
 * @nr: their number
 * @room: for how many there is memory: a power of two, or 0
 */
struct tree {
	const struct tree_ops *ops;
	void *data;
	struct been *been;
	size_t nr;
	size_t room;
};

/* Where the folder is, or should be. */
static struct been *find_been(const struct tree *t, dev_t dev, ino_t ino)
{
	size_t at = (size_t)((ino * 0x9e3779b97f4a7c15ULL) >> 20);
	struct been *b;

	for (;; at++) {
		b = &t->been[at & (t->room - 1)];
		if (!b->is_used || (b->dev == dev && b->ino == ino))
			return b;
	}
}

static int make_room(struct tree *t)
{
	struct tree larger = { .room = t->room ? 2 * t->room : 64 };
	const struct been *b;
	size_t i;

	if (2 * t->nr < t->room)
		return 0;
	larger.been = calloc(larger.room, sizeof(*larger.been));
	if (!larger.been)
		return ENOMEM;
	for (i = 0; i < t->room; i++) {
		b = &t->been[i];
		if (b->is_used)
			*find_been(&larger, b->dev, b->ino) = *b;
	}
	free(t->been);
	t->been = larger.been;
	t->room = larger.room;
	return 0;
}

/* Return: 0, or an errno: EUCLEAN if it was there before. */
static int note_folder(struct tree *t, const struct stat *st)
{
	int error = make_room(t);
	struct been *b;

	if (error)
		return error;
	b = find_been(t, st->st_dev, st->st_ino);
	if (b->is_used)
		return EUCLEAN;
	*b = (struct been){ true, st->st_dev, st->st_ino };
	t->nr++;
	return 0;
}

/**
 * struct place - a folder that the walk is in
 * @folder: the folder
 * @below: its name from where the walk began
 * @depth: folders above it
 * @names: in it
 */
struct place {
	struct folder *folder;
	const char *below;
	unsigned int depth;
	struct names_in names;
};

static int walk(struct tree *t, const struct place *at);

static int enter(struct tree *t, const struct tree_entry *entry,
		 struct place *inner)
{
	int error;

	*inner = (struct place){
		.below = entry->below,
		.depth = entry->depth + 1,
	};
	if (inner->depth == TREE_MAX_DEPTH)
		return ELOOP;
	error = note_folder(t, &entry->found.st);
	if (!error)
		error = folder_enter(entry->folder, entry->name,
				     &inner->folder);
	return error ? error : names_read(inner->folder, &inner->names);
}

static int walk_folder(struct tree *t, struct tree_entry *entry)
{
	struct place inner;
	int r;

	entry->error = enter(t, entry, &inner);
	entry->is_partial = !entry->error && !folder_is_whole(inner.folder);
	if (entry->error)
		entry->kind = TREE_UNKNOWN;
	r = t->ops->entry(t->data, entry);
	if (!r && !entry->error) {
		r = walk(t, &inner);
		if (!r && t->ops->leave)
			r = t->ops->leave(t->data, entry);
	}
	names_free(&inner.names);
	folder_put(inner.folder);
	return r;
}

static int walk_name(struct tree *t, const struct place *at, const char *name)
{
	struct tree_entry *entry = calloc(1, sizeof(*entry));
	char *below = NULL;
	int r;

	if (!entry || asprintf(&below, "%s%s%s", at->below,
			       *at->below ? "/" : "", name) < 0) {
		free(entry);
		return fail_memory();
	}
	entry->name = name;
	entry->below = below;
	entry->depth = at->depth;
	tree_look(at->folder, entry);
	r = entry->kind == TREE_FOLDER ? walk_folder(t, entry) :
					 t->ops->entry(t->data, entry);
	file_forget(&entry->found);
	free(below);
	free(entry);
	return r == TREE_LEAVE_OUT ? 0 : r;
}

static int walk(struct tree *t, const struct place *at)
{
	size_t i;
	int r = 0;

	for (i = 0; i < at->names.nr && !r; i++)
		r = walk_name(t, at, at->names.list[i]);
	return r;
}

/**
 * tree_walk() - go through a folder and all beneath it
 * @folder: the folder
 * @ops: what to do
 * @data: handed to it
 *
 * Links are not followed.
 *
 * Return: 0, or an exit code after a message, or what @ops returned.
 */
int tree_walk(struct folder *folder, const struct tree_ops *ops, void *data)
{
	struct tree t = { .ops = ops, .data = data };
	struct place top = { .folder = folder, .below = "" };
	int r;

	r = names_read(folder, &top.names);
	if (r)
		r = fail(exit_code_of(r), "%s: cannot be listed: %s",
			 folder->real, strerror(r));
	else
		r = walk(&t, &top);
	names_free(&top.names);
	free(t.been);
	return r;
}
