/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a folder, and in those beneath it, in the order of the names.
 */
#ifndef SESPARSE_SOURCE_TREE_H
#define SESPARSE_SOURCE_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "source/file.h"

struct folder;

/* What an entry() returns of a folder that is not to be gone into. */
#define TREE_LEAVE_OUT (-1)

/* Folders in folders: more than any VM's, fewer than what memory holds. */
#define TREE_MAX_DEPTH 64

/**
 * struct names_in - the names in a folder, sorted by their bytes
 * @list: they
 * @nr: their number
 * @room: for how many there is memory
 */
struct names_in {
	char **list;
	size_t nr;
	size_t room;
};

enum tree_kind {
	TREE_FILE, /* or whatever else is neither of these */
	TREE_FOLDER,
	TREE_LINK,
	TREE_UNKNOWN, /* it can't be looked at */
};

/**
 * struct tree_entry - something in a folder
 * @folder: the folder
 * @name: its name there
 * @below: its name from where the walk began
 * @depth: folders above it, from there; 0: it is right there
 * @kind: what it is
 * @found: it, but for its path; only if it is a file or folder
 * @link: what a link holds
 * @is_partial: a folder, of which names may be missing
 * @error: an errno: why it can't be looked at
 */
struct tree_entry {
	struct folder *folder;
	const char *name;
	const char *below;
	unsigned int depth;
	enum tree_kind kind;
	struct file_found found;
	char link[PATH_MAX];
	bool is_partial;
	int error;
};

/**
 * struct tree_ops - what is done with what is found; each returns 0, or what ends
 * the walk
 * @entry: called for each entry; of a folder before what is in it; it may return
 *         TREE_LEAVE_OUT
 * @leave: called behind what is in a folder, with that; or NULL
 */
struct tree_ops {
	int (*entry)(void *data, const struct tree_entry *entry);
	int (*leave)(void *data, const struct tree_entry *entry);
};

int names_read(const struct folder *folder, struct names_in *names);
void names_free(struct names_in *names);
void tree_look(struct folder *folder, struct tree_entry *entry);
int tree_walk(struct folder *folder, const struct tree_ops *ops, void *data);

#endif /* SESPARSE_SOURCE_TREE_H */
