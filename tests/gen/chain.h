/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole chain of snapshots with its base.
 */
#ifndef GEN_CHAIN_H
#define GEN_CHAIN_H

#include "options.h"
#include "output.h"

int chain_write(const struct options *o, struct output *out);

#endif /* GEN_CHAIN_H */
