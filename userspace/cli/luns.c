// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/luns.h"
#include "cli/options.h"
#include "source/folder.h"
#include "util/message.h"
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
 * luns_open() - find the datastores on the LUNs that were named
 * @o: the command line; names of files are looked up there from now on
 *
 * Return: 0, or an exit code after a message.
 */
int luns_open(struct options *o)
{
	struct roots *roots = &o->image.roots;
	size_t i;
	int r;

	r = datastores_open(&o->log, o->luns, o->nr_luns, NULL,
			    &o->datastores);
	if (r)
		return r;
	roots->luns = o->datastores;
	for (i = 0; i < datastores_nr(o->datastores) && !r; i++)
		r = add_roots(roots, o->datastores, i);
	return r;
}

/**
 * luns_needed() - refuse a command line without LUNs
 * @o: the command line
 *
 * Return: 0, or an exit code after a message.
 */
int luns_needed(const struct options *o)
{
	return o->nr_luns ? 0 :
	       fail(EXIT_USAGE,
		    "%s: expected --lun DEVICE: it is for the files of a datastore; those of this machine have other tools",
		    o->operands[0]);
}

/**
 * luns_close() - close what luns_open() has opened
 * @o: the command line
 *
 * All folders and files of the datastores are to be put before.
 */
void luns_close(struct options *o)
{
	roots_free(&o->image.roots);
	datastores_close(o->datastores);
	o->datastores = NULL;
}
