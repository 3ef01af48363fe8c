/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places in lists that are in order.
 */
#ifndef SESPARSE_UTIL_SEARCH_H
#define SESPARSE_UTIL_SEARCH_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

/**
 * search_first() - the first element that is not below a value
 * @list: the elements, in the order of a u64 that each has
 * @nr: their number
 * @size: bytes of each
 * @offset: where in it the u64 is
 * @value: the value
 *
 * Return: its index, or @nr if all are below.
 */
static inline size_t search_first(const void *list, size_t nr, size_t size,
				  size_t offset, u64 value)
{
	size_t low = 0, high = nr, middle;
	u64 found;

	while (low < high) {
		middle = low + (high - low) / 2;
		memcpy(&found, (const char *)list + middle * size + offset,
		       sizeof(found));
		if (found < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif /* SESPARSE_UTIL_SEARCH_H */
