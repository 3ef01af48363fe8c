/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How ESXi names a disk's files: what follows the disk's own name.
 */
#ifndef GEN_NAMES_H
#define GEN_NAMES_H

#include "options.h"

/* Room for any suffix. */
#define GEN_SUFFIX 48

void name_descriptor(char *suffix, unsigned int layer);
void name_extent(char *suffix, const struct options *o, unsigned int layer,
		 unsigned int number);

#endif /* GEN_NAMES_H */
