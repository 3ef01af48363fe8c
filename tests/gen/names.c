// SPDX-License-Identifier: GPL-2.0-only
/*
 * How ESXi names a disk's files: what follows the disk's own name.
 */
#include "names.h"

/**
 * name_descriptor() - name a descriptor
 * @suffix: GEN_SUFFIX bytes
 * @layer: its snapshot, 0 for the base
 */
void name_descriptor(char *suffix, unsigned int layer)
{
	if (layer)
		snprintf(suffix, GEN_SUFFIX, "-%06u.vmdk", layer);
	else
		snprintf(suffix, GEN_SUFFIX, ".vmdk");
}

/**
 * name_extent() - name the file of an extent
 * @suffix: GEN_SUFFIX bytes
 * @o: the request
 * @layer: its snapshot, 0 for the base
 * @number: its number in there, from 1
 */
void name_extent(char *suffix, const struct options *o, unsigned int layer,
		 unsigned int number)
{
	if (layer && o->nr_extents == 1)
		snprintf(suffix, GEN_SUFFIX, "-%06u-sesparse.vmdk", layer);
	else if (layer)
		snprintf(suffix, GEN_SUFFIX, "-%06u-sesparse-s%03u.vmdk", layer,
			 number);
	else if (o->nr_extents == 1)
		snprintf(suffix, GEN_SUFFIX, "-flat.vmdk");
	else
		snprintf(suffix, GEN_SUFFIX, "-f%03u.vmdk", number);
}
