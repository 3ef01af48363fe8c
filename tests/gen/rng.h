/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SplitMix64: the same numbers on every machine.
 */
#ifndef GEN_RNG_H
#define GEN_RNG_H

#include "../../dm-sesparse/format.h"

#define GEN_GAMMA 0x9e3779b97f4a7c15ULL

/* What a sequence of random numbers decides. */
enum rng_use {
	RNG_CONTENT,
	RNG_STATES,
	RNG_ORDER,
	RNG_SLOTS,
	RNG_STALE,
	RNG_CID,
	RNG_NOISE,
	RNG_JOURNAL
};

struct rng {
	u64 state;
};

/* One to one: different words stay different. */
static inline u64 rng_mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static inline u64 rng_next(struct rng *r)
{
	r->state += GEN_GAMMA;
	return rng_mix(r->state);
}

/* @n is far below 2^64, so that the remainder's bias does not matter. */
static inline u64 rng_below(struct rng *r, u64 n)
{
	return rng_next(r) % n;
}

/* A key for what @use decides about extent @extent of layer @layer. */
static inline u64 rng_key(u64 seed, enum rng_use use, unsigned int layer,
			  unsigned int extent)
{
	return rng_mix(seed + GEN_GAMMA * (1 + ((u64)use << 32 | layer << 16 |
						extent)));
}

#endif /* GEN_RNG_H */
