// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the data grains of an extent lie.
 */
#include "order.h"
#include "report.h"

/**
 * order_shuffle() - put numbers into random order
 * @number: the numbers
 * @nr: how many
 * @rng: decides
 */
void order_shuffle(u64 *number, u64 nr, struct rng *rng)
{
	for (; nr > 1; nr--) {
		u64 other = rng_below(rng, nr), last = number[nr - 1];

		number[nr - 1] = number[other];
		number[other] = last;
	}
}

/* How many of the data grains come before virtual grain @virt. */
static void rank_streams(u64 *rank, u64 streams, const struct runs *runs,
			 u64 grains)
{
	u64 seen = 0, s = 0;
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		const struct run *r = &runs->run[i];

		if (r->what != SESPARSE_ALLOCATED)
			continue;
		/* Streams that begin before this run ends. */
		for (; s < streams; s++) {
			u64 first = grains * s / streams;

			if (first >= r->start + r->len)
				break;
			rank[s] = seen +
				  (first > r->start ? first - r->start : 0);
		}
		seen += r->len;
	}
	for (; s <= streams; s++)
		rank[s] = seen;
}

static int place_streams(u64 *place, u64 nr, const struct mix *mix,
			 const struct runs *runs, u64 grains)
{
	u64 *rank = calloc(2 * mix->streams + 1, sizeof(*rank));
	u64 *next;
	u64 s, n, phys = 0;

	if (!rank)
		return report("out of memory");
	next = rank + mix->streams + 1;
	rank_streams(rank, mix->streams, runs, grains);
	memcpy(next, rank, mix->streams * sizeof(*next));
	while (phys < nr) {
		for (s = 0; s < mix->streams; s++) {
			n = min_t(u64, mix->chunk, rank[s + 1] - next[s]);
			for (; n; n--)
				place[next[s]++] = phys++;
		}
	}
	free(rank);
	return 0;
}

/**
 * order_place() - choose the place of each data grain
 * @place: to be set: the physical grain of the n-th data grain in virtual order
 * @nr: data grains
 * @mix: the order wanted
 * @runs: the grains' states
 * @grains: all of the extent's grains
 * @rng: decides
 *
 * Return: 0, or -1 after a report.
 */
int order_place(u64 *place, u64 nr, const struct mix *mix,
		const struct runs *runs, u64 grains, struct rng *rng)
{
	u64 i;

	for (i = 0; i < nr; i++)
		place[i] = mix->order == ORDER_REVERSED ? nr - 1 - i : i;
	switch (mix->order) {
	case ORDER_PERMUTED:
		order_shuffle(place, nr, rng);
		break;
	case ORDER_WINDOW:
		for (i = 0; i < nr; i += mix->window)
			order_shuffle(place + i,
				      min_t(u64, mix->window, nr - i), rng);
		break;
	case ORDER_STREAMS:
		return place_streams(place, nr, mix, runs, grains);
	default:
		break;
	}
	return 0;
}
