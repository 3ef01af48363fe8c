/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as they lie on disk, the least significant byte first.
 */
#ifndef LUN_BYTES_H
#define LUN_BYTES_H

#include "../../dm-sesparse/format.h"

static inline void put_bytes(void *to, u64 value, unsigned int bytes)
{
	u8 *at = to;

	for (; bytes; bytes--, value >>= 8)
		*at++ = (u8)value;
}

static inline void put16(void *at, u64 value)
{
	put_bytes(at, value, 2);
}

static inline void put32(void *at, u64 value)
{
	put_bytes(at, value, 4);
}

static inline void put64(void *at, u64 value)
{
	put_bytes(at, value, 8);
}

static inline u64 round_up_to(u64 value, u64 unit)
{
	return (value + unit - 1) / unit * unit;
}

#endif /* LUN_BYTES_H */
