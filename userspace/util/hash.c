// SPDX-License-Identifier: GPL-2.0-only
#include "util/hash.h"

/**
 * hash_add() - hash more
 * @hash: of what comes before, or HASH_START
 * @bytes: what comes next
 * @size: their number
 *
 * Return: the hash of all.
 */
u64 hash_add(u64 hash, const void *bytes, size_t size)
{
	const unsigned char *c = bytes;

	for (; size; size--)
		hash = (hash ^ *c++) * 0x100000001b3ULL;
	return hash;
}
