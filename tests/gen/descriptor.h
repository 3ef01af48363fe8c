/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text files that name a snapshot's extents and its parent.
 */
#ifndef GEN_DESCRIPTOR_H
#define GEN_DESCRIPTOR_H

#include "options.h"
#include "output.h"

int descriptor_write(const struct options *o, struct output *out,
		     unsigned int layer);

#endif /* GEN_DESCRIPTOR_H */
