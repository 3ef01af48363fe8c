/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that recover has written, and a chain that is read with it.
 */
#ifndef SESPARSE_VMDK_PATCH_FILE_H
#define SESPARSE_VMDK_PATCH_FILE_H

#include <stdbool.h>

#include "sesparse/patch.h"

struct chain;
struct log;

/**
 * struct patch_use - a part of a file
 * @name: of the extent that it is for
 * @used: that was found
 */
struct patch_use {
	char name[PATCH_NAME];
	bool used;
};

/**
 * struct patch_uses - the parts of a file that several disks are read with
 * @list: each
 * @nr: their number; 0 before the first disk
 */
struct patch_uses {
	struct patch_use *list;
	size_t nr;
};

int patch_file_apply(const struct log *log, const char *path,
		     const struct chain *chain, struct patch_uses *several);
int patch_file_check_used(const char *path, const struct patch_uses *uses,
			  const char *whose);
void patch_uses_free(struct patch_uses *uses);

#endif /* SESPARSE_VMDK_PATCH_FILE_H */
