// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "cli/luns.h"
#include "cli/options.h"
#include "util/message.h"
#include "vmdk/datastore-roots.h"
#include "vmdk/find-file.h"
#include "vmfs/datastore.h"

/**
 * luns_open() - find the datastores on the LUNs that were named
 * @o: the command line; names of files are looked up there from now on
 *
 * Return: 0, or an exit code after a message.
 */
int luns_open(struct options *o)
{
	return datastore_roots_open(&o->log, o->luns, o->nr_luns,
				    &o->image.roots, &o->datastores);
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
