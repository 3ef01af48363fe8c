/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the files are that a descriptor names, which may be another machine's.
 */
#ifndef SESPARSE_VMDK_FIND_FILE_H
#define SESPARSE_VMDK_FIND_FILE_H

#include <stddef.h>

/**
 * struct root - a folder that is elsewhere on this machine
 * @from: where it is for whoever wrote the descriptors, absolute
 * @to: where it is here
 */
struct root {
	const char *from;
	const char *to;
};

/**
 * struct roots - such folders
 * @list: the folders
 * @nr: their number
 */
struct roots {
	struct root *list;
	size_t nr;
};

/**
 * struct reference - a descriptor's mention of a file
 * @from: the descriptor
 * @line: the line
 * @what: what the file is, for the message
 * @name: its name, in the locale's encoding
 * @raw: its name in the descriptor's bytes, or NULL where they are the same
 * @way_out: what to do if it is not found, for the message
 */
struct reference {
	const char *from;
	unsigned int line;
	const char *what;
	const char *name;
	const char *raw;
	const char *way_out;
};

int locate(const struct reference *ref, const struct roots *roots, char **path);
int locate_if_there(const struct reference *ref, const struct roots *roots,
		    char **path);

#endif /* SESPARSE_VMDK_FIND_FILE_H */
