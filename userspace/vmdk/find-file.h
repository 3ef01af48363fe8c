/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the files are that a descriptor names, which may be another machine's, or
 * any that whoever wrote it would like to be read.
 */
#ifndef SESPARSE_VMDK_FIND_FILE_H
#define SESPARSE_VMDK_FIND_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"
#include "source/file.h"

struct datastores;
struct folder;

/**
 * struct root - a folder that is elsewhere on this machine
 * @from: where it is for whoever wrote the descriptors, absolute
 * @to: where it is here
 * @made: a name that is to be freed with it, or NULL
 * @folder: that, once it has been looked at
 */
struct root {
	const char *from;
	const char *to;
	char *made;
	struct folder *folder;
};

/**
 * struct roots - such folders
 * @list: the folders
 * @nr: their number
 * @luns: the datastores that the user's names are looked up in, or NULL: they are
 *        those of this machine's files
 */
struct roots {
	struct root *list;
	size_t nr;
	const struct datastores *luns;
};

/**
 * struct reference - a descriptor's mention of a file
 * @from: the descriptor
 * @folder: the folder that it is in
 * @line: the line
 * @what: what the file is, for the message
 * @name: its name, in the locale's encoding
 * @raw: its name in the descriptor's bytes, or NULL where they are the same
 * @option: what there is besides --map-root if it is not found, for the message
 * @cid: the content ID that it should have, or NULL: none is known
 */
struct reference {
	const char *from;
	struct folder *folder;
	unsigned int line;
	const char *what;
	const char *name;
	const char *raw;
	const char *option;
	const u32 *cid;
};

/**
 * struct located - a file that was found
 * @file: the file
 * @top: the folder beneath which it was, or NULL: the user has named it
 * @below: its name there
 * @has_rival: the name leads to another place, too, which was not taken
 */
struct located {
	struct file_found file;
	struct folder *top;
	char *below;
	bool has_rival;
};

/* What is an error: anything but finding it, or only that it is refused, or none. */
enum locate_how {
	LOCATE_OR_FAIL,
	LOCATE_IF_THERE,
	LOCATE_QUIETLY,
};

int locate(const struct reference *ref, const struct roots *roots,
	   enum locate_how how, struct located *located);
int locate_given(const struct roots *roots, const char *path,
		 struct located *located);
int locate_any(const struct roots *roots, const char *path,
	       struct folder **folder, struct located *located);
int located_folder(const struct located *located, struct folder **folder);
void located_free(struct located *located);
void roots_free(struct roots *roots);

#endif /* SESPARSE_VMDK_FIND_FILE_H */
