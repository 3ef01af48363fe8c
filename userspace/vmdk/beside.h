/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors in the folder of a file that have to do with it.
 */
#ifndef SESPARSE_VMDK_BESIDE_H
#define SESPARSE_VMDK_BESIDE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "vmdk/descriptor-text.h"

struct folder;

/**
 * struct beside - what may be a descriptor
 * @name: in its folder
 * @st: what it is
 * @text: what is in it; where a value that was asked for ends, its line does, too
 * @encoding: of the names in it, or NULL
 */
struct beside {
	const char *name;
	struct stat st;
	struct text text;
	const char *encoding;
};

/* Return: 0 to go on, or an errno. */
typedef int beside_fn(void *data, const struct beside *b);

/* What a descriptor may say of a file. */
enum beside_kind {
	BESIDE_OWNER, /* it names it as an extent */
	BESIDE_WHOLE, /* likewise, and says that it is not the whole disk */
	BESIDE_CHILD, /* it names it as its parent */
};

const char *beside_value(const struct beside *b, const char *key);
const char *beside_parent(const struct beside *b);
bool beside_next_extent(const struct beside *b, unsigned int *line,
			const char **name);
int beside_each(const struct folder *folder, beside_fn *each, void *data);
int beside_find(const struct folder *folder, const char *path,
		enum beside_kind kind, char **found);

#endif /* SESPARSE_VMDK_BESIDE_H */
