/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other links of a disk: snapshots that are newer than those of a chain, or
 * branch off it, and what else is made of the same files.
 */
#ifndef SESPARSE_VMDK_RELATIVES_H
#define SESPARSE_VMDK_RELATIVES_H

#include <stddef.h>
#include <sys/stat.h>

struct chain;
struct roots;

/**
 * struct relative_file - a file of a link
 * @path: its name
 * @st: what it is
 */
struct relative_file {
	char *path;
	struct stat st;
};

/**
 * struct relatives - the files of these links; all 0 before
 * @list: each of them
 * @nr: their number
 */
struct relatives {
	struct relative_file *list;
	size_t nr;
};

int relatives_find(const struct chain *chain, const struct roots *roots,
		   struct relatives *relatives);
void relatives_free(struct relatives *relatives);

#endif /* SESPARSE_VMDK_RELATIVES_H */
