/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is changed in an extent that was good.
 */
#ifndef GEN_EDIT_H
#define GEN_EDIT_H

#include "extent.h"

int edit_entries(struct extent *x);
void edit_headers(struct extent *x);
int edit_size(const struct options *o, unsigned int layer, unsigned int number,
	      const struct outfile *f);
const struct edit *edit_find(const struct options *o, enum edit_kind kind,
			     unsigned int layer);

#endif /* GEN_EDIT_H */
