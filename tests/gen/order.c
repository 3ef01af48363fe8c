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

/* Permutes @nr places by chunks; what makes no whole one stays behind them. */
static int shuffle_chunks(u64 *place, u64 nr, u64 chunk, struct rng *rng)
{
	const u64 chunks = nr / chunk, base = nr ? place[0] : 0;
	u64 *order = calloc(chunks + 1, sizeof(*order));
	u64 i;

	if (!order)
		return report("out of memory");
	for (i = 0; i < chunks; i++)
		order[i] = i;
	order_shuffle(order, chunks, rng);
	for (i = 0; i < chunks * chunk; i++)
		place[i] = base + order[i / chunk] * chunk + i % chunk;
	free(order);
	return 0;
}

static int place_windows(u64 *place, const struct mix *mix,
			 const struct runs *runs, struct rng *rng)
{
	u64 first = 0, behind = 0, border = 0; /* data grains, but for @border */
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		const struct run *r = &runs->run[i];
		u64 at = r->start, n;

		if (r->what != SESPARSE_ALLOCATED)
			continue;
		for (; at < r->start + r->len; at += n, behind += n) {
			if (at >= border) {
				if (shuffle_chunks(place + first,
						   behind - first, mix->chunk,
						   rng))
					return -1;
				first = behind;
				border = (at / mix->window + 1) * mix->window;
			}
			n = min_t(u64, border, r->start + r->len) - at;
		}
	}
	return shuffle_chunks(place + first, behind - first, mix->chunk, rng);
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
		return place_windows(place, mix, runs, rng);
	case ORDER_STREAMS:
		return place_streams(place, nr, mix, runs, grains);
	default:
		break;
	}
	return 0;
}
