// SPDX-License-Identifier: GPL-2.0-only
#include "util/message.h"
#include "util/ranges.h"
#include "util/search.h"

/**
 * ranges_find() - where in a set to begin
 * @r: the set
 * @start: a byte
 *
 * Return: the index of the first range that does not end before @start, or the
 * number of ranges.
 */
size_t ranges_find(const struct ranges *r, u64 start)
{
	return search_first(r->list, r->nr, sizeof(*r->list),
			    offsetof(struct range, end), start);
}

static int make_room(struct ranges *r)
{
	size_t room = r->room ? 2 * r->room : 16;
	struct range *list;

	if (r->nr < r->room)
		return 0;
	list = reallocarray(r->list, room, sizeof(*list));
	if (!list)
		return fail_memory();
	r->list = list;
	r->room = room;
	return 0;
}

/**
 * ranges_add() - add a range to a set
 * @r: the set
 * @start: the range's first byte
 * @end: the byte after its last
 *
 * Return: 0, or an exit code after a message.
 */
int ranges_add(struct ranges *r, u64 start, u64 end)
{
	size_t first, after;

	if (make_room(r))
		return EXIT_MEMORY;
	first = ranges_find(r, start);
	for (after = first; after < r->nr && r->list[after].start <= end;
	     after++) {
		start = min_t(u64, start, r->list[after].start);
		end = max_t(u64, end, r->list[after].end);
	}
	memmove(&r->list[first + 1], &r->list[after],
		(r->nr - after) * sizeof(*r->list));
	r->list[first] = (struct range){ .start = start, .end = end };
	r->nr = r->nr + 1 - (after - first);
	return 0;
}

/**
 * ranges_bytes() - how much is in a set
 * @r: the set
 *
 * Return: bytes.
 */
u64 ranges_bytes(const struct ranges *r)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < r->nr; i++)
		sum += r->list[i].end - r->list[i].start;
	return sum;
}

/**
 * ranges_free() - empty a set
 * @r: it
 */
void ranges_free(struct ranges *r)
{
	free(r->list);
	*r = (struct ranges){ 0 };
}
