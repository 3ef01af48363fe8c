/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sorted runs of grains: their number follows the data, not the capacity.
 */
#ifndef GEN_RUNS_H
#define GEN_RUNS_H

#include "options.h"
#include "rng.h"

/**
 * struct run - grains in a row of which the same can be said
 * @start: the first one
 * @len: how many
 * @what: in a layer their sesparse_state, in a whole chain the layer they lie in
 */
struct run {
	u64 start;
	u64 len;
	unsigned int what;
};

/* Ascending, apart from each other; an empty one is all zeros. */
struct runs {
	struct run *run;
	size_t nr;
	size_t room;
};

int runs_share(struct runs *runs, const struct mix *mix, u64 grains,
	       struct rng *rng);
int runs_scatter(struct runs *runs, const struct mix *mix, u64 grains, u64 data,
		 struct rng *rng);
int runs_overlay(struct runs *chain, const struct runs *layer,
		 unsigned int number);
u64 runs_count(const struct runs *runs, unsigned int what);
void runs_free(struct runs *runs);

#endif /* GEN_RUNS_H */
