// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "restore/plan.h"
#include "restore/zeros.h"

/* To write more parts than these one by one takes longer than their zeros. */
#define MANY_RUNS 16

/* Zeros and data take turns: no more of them fit into a block. */
static_assert(2 * (PLAN_BLOCK_BYTES / (PLAN_MIN_GAP_BYTES + PLAN_ALIGN) + 1) <=
	      ZEROS_MAX_RUNS, "there is room for all runs");

/**
 * zeros_are() - are these zeros?
 * @bytes: they
 * @size: their number, at least 8
 *
 * Data are told by their first bytes, mostly: one cache line, and not a page.
 *
 * Return: true if so.
 */
bool zeros_are(const char *bytes, size_t size)
{
	u64 first;

	memcpy(&first, bytes, sizeof(first));
	return !first &&
	       !memcmp(bytes, bytes + sizeof(first), size - sizeof(first));
}

/* The end of the zeros that begin at @from, which may be none, in whole pieces. */
static size_t end_of_zeros(const struct zeros_block *b, size_t from)
{
	size_t bytes;

	for (; from < b->size; from += bytes) {
		bytes = min_t(size_t, PLAN_ALIGN, b->size - from);
		if (b->blank[from / PLAN_ALIGN] != bytes &&
		    !zeros_are(b->bytes + from, bytes))
			break;
	}
	return from;
}

/* What begins at @from, and how far it goes. */
static struct zeros_run look(const struct zeros_block *b, size_t from,
			     size_t least)
{
	size_t at = from, end = from;

	while (at < b->size) {
		end = end_of_zeros(b, at);
		if (end > at && (end - at >= least || end - at == b->size))
			break;
		at = min_t(size_t, b->size, end + PLAN_ALIGN);
	}
	if (at > from || at == b->size)
		return (struct zeros_run){ .end = at };
	return (struct zeros_run){ .end = end, .is_zero = true };
}

/* Return: how many there are, or @most + 1: more than that. */
static size_t cut(const struct zeros_block *b, size_t least, size_t most,
		  struct zeros_run *runs)
{
	size_t at, nr = 0;

	for (at = 0; at < b->size && nr < most; at = runs[nr++].end)
		runs[nr] = look(b, at, least);
	return at < b->size ? most + 1 : nr;
}

/**
 * zeros_cut() - cut a block where zeros begin and end
 * @b: the block
 * @least: fewer bytes of zeros than this are taken as data; 0: all are
 * @runs: filled in, in their order
 *
 * Of a block that would become many small ones, so does only what is large.
 *
 * Return: how many there are.
 */
size_t zeros_cut(const struct zeros_block *b, size_t least,
		 struct zeros_run runs[ZEROS_MAX_RUNS])
{
	size_t nr;

	if (!least) {
		runs[0] = (struct zeros_run){ .end = b->size };
		return 1;
	}
	nr = cut(b, least, MANY_RUNS, runs);
	if (nr <= MANY_RUNS)
		return nr;
	return cut(b, max_t(size_t, least, PLAN_MIN_GAP_BYTES), ZEROS_MAX_RUNS,
		   runs);
}
