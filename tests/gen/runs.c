// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the state of each grain of a layer, and lays layers over each other.
 */
#include "report.h"
#include "runs.h"

static int runs_add(struct runs *runs, u64 start, u64 len, unsigned int what)
{
	struct run *last = runs->nr ? &runs->run[runs->nr - 1] : NULL;

	if (!len)
		return 0;
	if (last && last->what == what && last->start + last->len == start) {
		last->len += len;
		return 0;
	}
	if (runs->nr == runs->room) {
		size_t room = runs->room ? 2 * runs->room : 64;
		struct run *more;

		more = reallocarray(runs->run, room, sizeof(*more));
		if (!more)
			return report("out of memory");
		runs->run = more;
		runs->room = room;
	}
	runs->run[runs->nr++] = (struct run){ start, len, what };
	return 0;
}

/* At most @max grains. */
static u64 run_length(const struct mix *mix, u64 max, struct rng *rng)
{
	u64 len = 1;

	if (mix->run_fixed)
		return min_t(u64, mix->run, max);
	while (len < max && rng_below(rng, mix->run))
		len++;
	return len;
}

/* @dice: below GEN_WHOLE */
static unsigned int pick_state(const struct mix *mix, u64 dice)
{
	if (dice < mix->data)
		return SESPARSE_ALLOCATED;
	dice -= mix->data;
	if (dice < mix->zero)
		return SESPARSE_ZERO;
	dice -= mix->zero;
	return dice < mix->unmapped ? SESPARSE_UNMAPPED : SESPARSE_ABSENT;
}

/**
 * runs_share() - give each state its share of all grains, as near as dice do
 * @runs: empty, to be filled
 * @mix: shares and run lengths
 * @grains: how many there are
 * @rng: decides
 *
 * Return: 0, or -1 after a report.
 */
int runs_share(struct runs *runs, const struct mix *mix, u64 grains,
	       struct rng *rng)
{
	u32 some = mix->data + mix->zero + mix->unmapped;
	u64 start, len;

	if (!some)
		return 0;
	if (mix->data == GEN_WHOLE || mix->zero == GEN_WHOLE ||
	    mix->unmapped == GEN_WHOLE)
		return runs_add(runs, 0, grains, pick_state(mix, 0));
	for (start = 0; start < grains; start += len) {
		unsigned int state = pick_state(mix, rng_below(rng, GEN_WHOLE));

		len = run_length(mix, grains - start, rng);
		if (state != SESPARSE_ABSENT &&
		    runs_add(runs, start, len, state))
			return -1;
	}
	return 0;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Sorted random numbers up to and with @max. */
static u64 *sorted_numbers(size_t nr, u64 max, struct rng *rng)
{
	u64 *number = calloc(nr, sizeof(*number));
	size_t i;

	if (!number) {
		report_line("out of memory");
		return NULL;
	}
	for (i = 0; i < nr; i++)
		number[i] = rng_below(rng, max + 1);
	qsort(number, nr, sizeof(*number), compare_u64);
	return number;
}

/* Runs one right after the other, exactly @left[] grains of each state. */
static int draw_runs(struct runs *runs, const struct mix *mix, u64 *left,
		     struct rng *rng)
{
	u64 total = 0, start = 0, dice, len;
	unsigned int i;

	for (i = 0; i < SESPARSE_CORRUPT; i++)
		total += left[i];
	for (; total; total -= len, start += len) {
		dice = rng_below(rng, total);
		for (i = 0; dice >= left[i]; i++)
			dice -= left[i];
		len = run_length(mix, left[i], rng);
		left[i] -= len;
		/* A grain away from the last one, so that they do not merge. */
		if (runs_add(runs, start + runs->nr, len, i))
			return -1;
	}
	return 0;
}

/**
 * runs_scatter() - scatter an exact number of data grains
 * @runs: empty, to be filled
 * @mix: run lengths; zero and unmapped grains as shares of all that are touched
 * @grains: how many there are
 * @data: how many of them are to hold data
 * @rng: decides
 *
 * Return: 0, or -1 after a report.
 */
int runs_scatter(struct runs *runs, const struct mix *mix, u64 grains, u64 data,
		 struct rng *rng)
{
	u64 whole = GEN_WHOLE - mix->zero - mix->unmapped;
	u64 left[SESPARSE_CORRUPT] = {
		[SESPARSE_ALLOCATED] = data,
		[SESPARSE_ZERO] = data * mix->zero / whole,
		[SESPARSE_UNMAPPED] = data * mix->unmapped / whole,
	};
	u64 total = left[SESPARSE_ALLOCATED] + left[SESPARSE_ZERO] +
		    left[SESPARSE_UNMAPPED];
	u64 *gap;
	size_t i;

	if (!total)
		return 0;
	if (total > grains)
		return report("%llu grains in use do not fit an extent of %llu",
			      total, grains);
	if (draw_runs(runs, mix, left, rng))
		return -1;
	gap = sorted_numbers(runs->nr, grains - total, rng);
	if (!gap)
		return -1;
	for (i = 0; i < runs->nr; i++)
		runs->run[i].start += gap[i] - i;
	free(gap);
	return 0;
}

/* Adds what @below has from *@at on and before @end; sets *@at behind it. */
static int add_below(struct runs *sum, const struct runs *below, size_t *i,
		     u64 *at, u64 end)
{
	while (*i < below->nr && below->run[*i].start < end) {
		const struct run *r = &below->run[*i];
		u64 from = max_t(u64, r->start, *at);
		u64 stop = min_t(u64, r->start + r->len, end);

		if (from < stop && runs_add(sum, from, stop - from, r->what))
			return -1;
		if (r->start + r->len > end)
			break;
		++*i;
	}
	*at = end;
	return 0;
}

/**
 * runs_overlay() - lay a layer over a chain
 * @chain: the data of the layers below; becomes that of all
 * @layer: the layer's own runs
 * @number: the layer's
 *
 * Return: 0, or -1 after a report.
 */
int runs_overlay(struct runs *chain, const struct runs *layer,
		 unsigned int number)
{
	struct runs sum = { 0 };
	size_t i, below = 0;
	u64 at = 0;
	int ret = 0;

	for (i = 0; !ret && i < layer->nr; i++) {
		const struct run *r = &layer->run[i];

		ret = add_below(&sum, chain, &below, &at, r->start);
		if (!ret && r->what == SESPARSE_ALLOCATED)
			ret = runs_add(&sum, r->start, r->len, number);
		at = r->start + r->len;
	}
	if (!ret)
		ret = add_below(&sum, chain, &below, &at, ~0ULL);
	runs_free(chain);
	*chain = sum;
	return ret;
}

/**
 * runs_count() - count the grains of which something is said
 * @runs: the runs
 * @what: the thing said
 *
 * Return: how many.
 */
u64 runs_count(const struct runs *runs, unsigned int what)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		if (runs->run[i].what == what)
			sum += runs->run[i].len;
	}
	return sum;
}

/**
 * runs_free() - free runs and make them empty
 * @runs: the runs
 */
void runs_free(struct runs *runs)
{
	free(runs->run);
	*runs = (struct runs){ 0 };
}
