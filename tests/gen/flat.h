/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that hold a disk's content as it is: the base, and what is expected.
 */
#ifndef GEN_FLAT_H
#define GEN_FLAT_H

#include "output.h"
#include "runs.h"

int flat_write_base(const struct options *o, struct output *out,
		    unsigned int number, const struct runs *runs);
int flat_write_raw(const struct options *o, const struct outfile *f,
		   unsigned int number, const struct runs *chain);

#endif /* GEN_FLAT_H */
