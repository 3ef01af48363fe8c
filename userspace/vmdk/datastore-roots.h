/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datastores as folders that descriptors, and users, name files in.
 */
#ifndef SESPARSE_VMDK_DATASTORE_ROOTS_H
#define SESPARSE_VMDK_DATASTORE_ROOTS_H

#include <stddef.h>

struct datastores;
struct log;
struct roots;

int datastore_roots_open(const struct log *log, const char *const *luns,
			 size_t nr_luns, struct roots *roots,
			 struct datastores **all);

#endif /* SESPARSE_VMDK_DATASTORE_ROOTS_H */
