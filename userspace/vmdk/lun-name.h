/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files in datastores, as users write them.
 */
#ifndef SESPARSE_VMDK_LUN_NAME_H
#define SESPARSE_VMDK_LUN_NAME_H

#include <stdbool.h>

struct datastores;
struct folder;

/**
 * struct lun_name - a file of a datastore
 * @root: the datastore's topmost folder, which the datastore holds
 * @below: the name there, relative; a part of what was parsed
 */
struct lun_name {
	struct folder *root;
	const char *below;
};

bool lun_name_is(const char *name);
int lun_name_parse(const struct datastores *luns, const char *name,
		   struct lun_name *parsed);

#endif /* SESPARSE_VMDK_LUN_NAME_H */
