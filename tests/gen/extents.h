/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that say of which extents a disk is made.
 */
#ifndef GEN_EXTENTS_H
#define GEN_EXTENTS_H

#include "options.h"

int extents_parse_base(struct options *o, const char *text);
int extents_finish(struct options *o, const char *extents, bool capacity_given);

#endif /* GEN_EXTENTS_H */
