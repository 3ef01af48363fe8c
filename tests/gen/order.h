/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the data grains of an extent lie.
 */
#ifndef GEN_ORDER_H
#define GEN_ORDER_H

#include "runs.h"

int order_place(u64 *place, u64 nr, const struct mix *mix,
		const struct runs *runs, u64 grains, struct rng *rng);
void order_shuffle(u64 *number, u64 nr, struct rng *rng);

#endif /* GEN_ORDER_H */
