/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of grains, of which there may be 2^34: it takes memory only where it
 * isn't empty.
 */
#ifndef SESPARSE_UTIL_BITSET_H
#define SESPARSE_UTIL_BITSET_H

#include "dm-sesparse/portable.h"

#define BITSET_LEAF 4096U /* numbers that stand or fall together */

/**
 * struct bitset - numbers from 0 on
 * @leaves: bitmaps of BITSET_LEAF bits, or NULL where there are none
 * @nr: how many there are room for
 */
struct bitset {
	u64 **leaves;
	u64 nr;
};

int bitset_init(struct bitset *set, u64 size);
int bitset_add(struct bitset *set, u64 number, bool *was);
u64 bitset_word(const struct bitset *set, u64 number);
bool bitset_has(const struct bitset *set, u64 number);
bool bitset_is_empty(const struct bitset *set, u64 first, u64 nr);
void bitset_free(struct bitset *set);

#endif /* SESPARSE_UTIL_BITSET_H */
