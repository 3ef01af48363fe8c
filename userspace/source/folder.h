/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders, whatever keeps them: where names that are not trusted are looked up,
 * beneath and nowhere else.
 */
#ifndef SESPARSE_SOURCE_FOLDER_H
#define SESPARSE_SOURCE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct file_found;
struct folder;

/* Called for each name in a folder but "." and ".."; not 0 ends that. */
typedef int (*folder_name_fn)(void *data, const char *name);

/**
 * struct folder_ops - what differs from one kind of folders to the next
 * @look: look a file beneath up; sets all of it but its path
 * @enter: open a folder beneath; sets all of it but its path
 * @above: open the folder that it is in; likewise; ENOENT if there is none
 * @list: call @each with each name in it, in any order, until it returns an errno
 * @is_whole: does it list as many names as it says that it has? NULL: it says nothing
 * @read_link: copy where the link of that name in it leads, as a string
 * @same: are the two one folder?
 * @close: free it and what @enter or @above set
 *
 * Those that can fail return 0 or an errno: EXDEV for a name that leads out,
 * EUCLEAN, after a message, for a structure that is damaged.
 */
struct folder_ops {
	int (*look)(const struct folder *folder, const char *name,
		    struct file_found *found);
	int (*enter)(const struct folder *folder, const char *name,
		     struct folder **below);
	int (*above)(const struct folder *folder, struct folder **above);
	int (*list)(const struct folder *folder, folder_name_fn each,
		    void *data);
	bool (*is_whole)(const struct folder *folder);
	int (*read_link)(const struct folder *folder, const char *name,
			 char *text, size_t size);
	bool (*same)(const struct folder *a, const struct folder *b);
	void (*close)(struct folder *folder);
};

/**
 * struct folder - an open folder
 * @ops: its kind's
 * @users: how many hold it
 * @alone: what is beside it is not to be looked at
 * @path: what names of files in it begin with in messages
 * @real: its absolute name, without links
 */
struct folder {
	const struct folder_ops *ops;
	unsigned int users;
	bool alone;
	char *path;
	char *real;
};

int folder_look(const struct folder *folder, const char *name,
		struct file_found *found);
int folder_enter(struct folder *folder, const char *name,
		 struct folder **below);
int folder_beside(const struct folder *folder, const char *name,
		  struct folder **beside);
int folder_list(const struct folder *folder, folder_name_fn each, void *data);
bool folder_is_whole(const struct folder *folder);
int folder_read_link(const struct folder *folder, const char *name, char *text,
		     size_t size);
bool folder_is_above(const struct folder *folder, const struct folder *above);
struct folder *folder_get(struct folder *folder);
void folder_put(struct folder *folder);

#endif /* SESPARSE_SOURCE_FOLDER_H */
