// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/folder.h"
#include "util/message.h"
#include "vmdk/datastore-roots.h"
#include "vmdk/find-file.h"
#include "vmfs/datastore.h"

/* Descriptors name a datastore by either; roots_free() takes the hold. */
static int add_root(struct roots *roots, const char *name,
		    const struct datastore *d)
{
	struct root *list;
	char *from;

	list = reallocarray(roots->list, roots->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	roots->list = list;
	if (asprintf(&from, "/vmfs/volumes/%s", name) < 0)
		return fail_memory();
	list[roots->nr++] = (struct root){
		.from = from,
		.to = from,
		.made = from,
		.folder = folder_get(d->root),
	};
	return 0;
}

/* Is @name the UUID of another datastore than @i, or, of @label, its label? */
static bool is_shared(const struct datastores *all, size_t i, const char *name,
		      bool label)
{
	const struct datastore *d;
	size_t j;

	for (j = 0; j < datastores_nr(all); j++) {
		d = datastores_get(all, j);
		if (j != i && (!strcmp(d->uuid, name) ||
			       (label && !strcmp(d->label, name))))
			return true;
	}
	return false;
}

/* A label that means two datastores, or a folder of another one, means none. */
static int add_roots(struct roots *roots, const struct datastores *all,
		     size_t i)
{
	const struct datastore *d = datastores_get(all, i);
	int r;

	if (is_shared(all, i, d->uuid, false))
		return fail(EXIT_DEVICE,
			    "two datastores on the LUNs have the UUID %s: one is a copy of the other: name the LUNs of only one",
			    d->uuid);
	r = add_root(roots, d->uuid, d);
	if (r || !*d->label || strchr(d->label, '/'))
		return r;
	if (!is_shared(all, i, d->label, true))
		return add_root(roots, d->label, d);
	warn("datastore %s (%s): another one on the LUNs has that name: what a descriptor names by it is not looked for there",
	     d->label, d->uuid);
	return 0;
}

/**
 * datastore_roots_open() - find the datastores on LUNs
 * @log: how much to tell
 * @luns: the LUNs that were named
 * @nr_luns: their number
 * @roots: names of files are looked up there from now on
 * @all: set to the datastores, for datastores_close() after roots_free(), on failure
 *       too
 *
 * Return: 0, or an exit code after a message.
 */
int datastore_roots_open(const struct log *log, const char *const *luns,
			 size_t nr_luns, struct roots *roots,
			 struct datastores **all)
{
	size_t i;
	int r;

	r = datastores_open(log, luns, nr_luns, NULL, all);
	if (r)
		return r;
	roots->luns = *all;
	for (i = 0; i < datastores_nr(*all) && !r; i++)
		r = add_roots(roots, *all, i);
	return r;
}
