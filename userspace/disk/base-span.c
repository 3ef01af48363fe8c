// SPDX-License-Identifier: GPL-2.0-only
#include "disk/base-span.h"
#include "vmdk/descriptor.h"

/**
 * base_span() - which piece of the base a sector of the disk is in
 * @base: the base's descriptor
 * @start: the sector
 * @end: where the piece ends at the latest, a sector behind @start
 *
 * Return: the piece that starts at @start; past the base's end it is zeros.
 */
struct base_span base_span(const struct descriptor *base, u64 start, u64 end)
{
	struct base_span span = { .length = end - start, .beyond = true };
	const struct extent *e;
	u64 first = 0;
	size_t i;

	for (i = 0; i < base->nr_extents; i++, first += e->sectors) {
		e = &base->extents[i];
		if (start >= first + e->sectors)
			continue;
		span.beyond = false;
		span.length = min_t(u64, end, first + e->sectors) - start;
		span.missing = e->type == EXTENT_MISSING;
		if (e->type == EXTENT_ZERO || span.missing)
			break;
		span.extent = e;
		span.sector = e->offset + start - first;
		break;
	}
	return span;
}
