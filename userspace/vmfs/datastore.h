/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMFS volumes on the devices of the command line.
 */
#ifndef SESPARSE_VMFS_DATASTORE_H
#define SESPARSE_VMFS_DATASTORE_H

#include <stdbool.h>
#include <stddef.h>

struct datastores;
struct folder;
struct log;
struct source;

/**
 * struct datastore - a volume
 * @label: its name, from the volume itself
 * @uuid: as in /vmfs/volumes/UUID
 * @root: its topmost folder, whose @real is "/vmfs/volumes/UUID"; there is nothing
 *        beside or above it
 */
struct datastore {
	const char *label;
	const char *uuid;
	struct folder *root;
};

/**
 * struct datastores_options - how to take volumes that are not as they should be
 * @force: warn only of to-be-zeroed bits whose meaning is not known, and read what
 *         lies there: for tests that find out what it is
 */
struct datastores_options {
	bool force;
};

int datastores_open(const struct log *log, const char *const *luns,
		    size_t nr_luns, const struct datastores_options *options,
		    struct datastores **all);
size_t datastores_nr(const struct datastores *all);
const struct datastore *datastores_get(const struct datastores *all, size_t i);
const struct source *datastores_device(const struct datastores *all, size_t i);
int datastores_check_unchanged(const struct datastores *all);
void datastores_close(struct datastores *all);

#endif /* SESPARSE_VMFS_DATASTORE_H */
