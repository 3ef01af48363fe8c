/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and folders made in a folder of this machine: they have their names once
 * all of them are there, or none is.
 */
#ifndef SESPARSE_CLI_COPIES_H
#define SESPARSE_CLI_COPIES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct datastores;

/* ".sesparsesetup-XXXXXXXXXXXXXXXX", with the NUL. */
#define COPY_NAME_SIZE 32

/**
 * struct copy_made - a file or folder that is to have its name in the end
 * @made: its name until then
 * @name: its name then
 * @there: the file that has that name now, open and locked, or -1
 * @is_folder: it is a folder
 */
struct copy_made {
	char made[COPY_NAME_SIZE];
	char *name;
	int there;
	bool is_folder;
};

/**
 * struct copies - what is being made
 * @path: the folder, for messages
 * @fd: the folder
 * @force: files that are there may be replaced
 * @luns: but those that they are on, or NULL
 * @list: what is in it
 * @nr: their number
 */
struct copies {
	const char *path;
	int fd;
	bool force;
	const struct datastores *luns;
	struct copy_made *list;
	size_t nr;
};

int copies_open(const char *path, bool force, struct copies *c);
int copies_file(struct copies *c, const char *name, int *fd);
int copies_folder(struct copies *c, const char *name, int *fd);
int copies_finish(struct copies *c);
void copies_close(struct copies *c);

#endif /* SESPARSE_CLI_COPIES_H */
