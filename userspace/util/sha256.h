/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4).
 */
#ifndef SESPARSE_UTIL_SHA256_H
#define SESPARSE_UTIL_SHA256_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

#define SHA256_TEXT 65 /* hexadecimal digits and a NUL */

/**
 * struct sha256 - a sum of some bytes
 * @state: of the whole blocks
 * @bytes: how many bytes there were
 * @block: the last of them, that are no whole block
 */
struct sha256 {
	u32 state[8];
	u64 bytes;
	u8 block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_end(struct sha256 *s, char text[SHA256_TEXT]);

#endif /* SESPARSE_UTIL_SHA256_H */
