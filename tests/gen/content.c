// SPDX-License-Identifier: GPL-2.0-only
/*
 * What allocated grains hold; mksesparse.c has the formula.
 */
#include "content.h"
#include "rng.h"

/**
 * content_fill() - make the content of a grain
 * @grain: SESPARSE_GRAIN_BYTES to fill
 * @key: rng_key() of the layer and extent, for RNG_CONTENT
 * @virt: the grain's number in the extent's virtual order
 */
void content_fill(void *grain, u64 key, u64 virt)
{
	struct rng rng = { rng_mix(key + GEN_GAMMA * (virt + 1)) };
	__le64 *word = grain;
	size_t i;

	for (i = 0; i < SESPARSE_GRAIN_BYTES / sizeof(*word); i++)
		word[i] = cpu_to_le64(rng_next(&rng));
}
