// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 (FIPS 180-4).
 */
#include <stdio.h>
#include <string.h>

#include "util/sha256.h"

static const u32 constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static inline u32 rotate(u32 x, unsigned int by)
{
	return x >> by | x << (32 - by);
}

/* One round; the eight words move on by changing places. */
/* NOLINTBEGIN(bugprone-macro-parentheses): all of them are names or elements */
#define ROUND(a, b, c, d, e, f, g, h, i)				\
	do {								\
		h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +	\
		     ((e & f) ^ (~e & g)) + constants[i] + w[i];	\
		d += h;							\
		h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +	\
		     ((a & b) ^ (a & c) ^ (b & c));			\
	} while (0)
/* NOLINTEND(bugprone-macro-parentheses) */

static void digest_block(struct sha256 *s, const u8 *block)
{
	u32 w[64], v[8], t, u;
	unsigned int i;

	for (i = 0; i < 16; i++)
		w[i] = (u32)block[4 * i] << 24 | (u32)block[4 * i + 1] << 16 |
		       (u32)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (; i < 64; i++) {
		t = w[i - 15];
		u = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(t, 7) ^ rotate(t, 18) ^ t >> 3) +
		       (rotate(u, 17) ^ rotate(u, 19) ^ u >> 10);
	}
	memcpy(v, s->state, sizeof(v));
	for (i = 0; i < 64; i += 8) {
		ROUND(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], i);
		ROUND(v[7], v[0], v[1], v[2], v[3], v[4], v[5], v[6], i + 1);
		ROUND(v[6], v[7], v[0], v[1], v[2], v[3], v[4], v[5], i + 2);
		ROUND(v[5], v[6], v[7], v[0], v[1], v[2], v[3], v[4], i + 3);
		ROUND(v[4], v[5], v[6], v[7], v[0], v[1], v[2], v[3], i + 4);
		ROUND(v[3], v[4], v[5], v[6], v[7], v[0], v[1], v[2], i + 5);
		ROUND(v[2], v[3], v[4], v[5], v[6], v[7], v[0], v[1], i + 6);
		ROUND(v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[0], i + 7);
	}
	for (i = 0; i < 8; i++)
		s->state[i] += v[i];
}

/**
 * sha256_start() - begin a sum
 * @s: the sum
 */
void sha256_start(struct sha256 *s)
{
	static const u32 start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
	};

	memcpy(s->state, start, sizeof(start));
	s->bytes = 0;
}

/**
 * sha256_add() - go on with a sum
 * @s: the sum
 * @data: what follows
 * @size: its bytes
 */
void sha256_add(struct sha256 *s, const void *data, size_t size)
{
	const u8 *at = data;

	while (size) {
		size_t have = s->bytes % sizeof(s->block);
		size_t n = min_t(size_t, size, sizeof(s->block) - have);

		if (n == sizeof(s->block)) {
			digest_block(s, at);
		} else {
			memcpy(s->block + have, at, n);
			if (have + n == sizeof(s->block))
				digest_block(s, s->block);
		}
		s->bytes += n;
		at += n;
		size -= n;
	}
}

/**
 * sha256_end() - finish a sum
 * @s: the sum
 * @text: set to its hexadecimal digits
 */
void sha256_end(struct sha256 *s, char text[SHA256_TEXT])
{
	static const u8 padding[64] = { 0x80 };
	u64 bits = 8 * s->bytes;
	size_t have = s->bytes % 64;
	u8 length[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		length[i] = (u8)(bits >> (56 - 8 * i));
	sha256_add(s, padding, (have < 56 ? 56 : 120) - have);
	sha256_add(s, length, sizeof(length));
	for (i = 0; i < 8; i++)
		sprintf(text + 8 * i, "%08x", s->state[i]);
}
