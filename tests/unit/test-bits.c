// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of grains, against an array of flags.
 */
#include <string.h>

#include "../../dm-sesparse/bits.h"
#include "unit.h"

#define LEAF SESPARSE_BITS_LEAF
#define SIZE (5 * LEAF + 77)

/* The numbers that are there; @added: in which leaves one ever was. */
struct model {
	bool has[SIZE];
	bool added[SIZE / LEAF + 1];
};

static bool agrees(const struct sesparse_bits *bits, const struct model *m)
{
	u64 i, j, word;

	for (i = 0; i < SIZE; i++)
		expect(sesparse_bits_has(bits, i), m->has[i]);
	for (i = 0; i < SIZE; i += 64) {
		for (j = i, word = 0; j < SIZE && j < i + 64; j++)
			word |= (u64)m->has[j] << (j - i);
		expect(sesparse_bits_get(bits, i), word);
		expect(sesparse_bits_get(bits, i + 63), word);
	}
	for (i = 0; i <= SIZE / LEAF; i++)
		expect(!sesparse_bits_word(bits, i * LEAF), !m->added[i]);
	return true;
}

/* Adds a run, of which nothing is added if any of it is there. */
static bool add(struct sesparse_bits *bits, struct model *m, u64 first,
		unsigned int nr)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < nr; i++)
		any |= m->has[first + i];
	expect(sesparse_bits_add(bits, first, nr), any);
	m->added[first / LEAF] = true;
	for (i = 0; i < nr && !any; i++)
		m->has[first + i] = true;
	return true;
}

static bool numbers_are_there_once_added(void)
{
	struct model *m = calloc(1, sizeof(*m));
	struct sesparse_bits bits;
	u64 seed = 1, first;
	unsigned int round, most, nr;
	bool ok = true;

	expect(sesparse_bits_init(&bits, SIZE, NULL), 0);
	ok = agrees(&bits, m);
	for (round = 0; ok && round < 2000; round++) {
		first = unit_random(&seed) % SIZE;
		most = min_t(u64, LEAF - first % LEAF, SIZE - first);
		nr = 1 + unit_random(&seed) % min_t(unsigned int, most, 300);
		ok = add(&bits, m, first, nr);
		if (round % 100 == 0)
			ok = ok && agrees(&bits, m);
	}
	ok = ok && agrees(&bits, m);
	sesparse_bits_exit(&bits);
	free(m);
	return ok;
}

static bool runs_end_where_they_should(void)
{
	static const struct {
		unsigned int first;
		unsigned int nr;
	} runs[] = {
		{ 0, 1 }, { 0, 64 }, { 63, 1 }, { 63, 2 }, { 64, 64 },
		{ 1, 63 }, { 1, 64 }, { 1, 128 }, { 0, LEAF }, { 4095, 1 },
		{ 4032, 64 }, { 4031, 65 }, { 5, 4000 },
	};
	struct sesparse_bits bits;
	struct model *m;
	size_t i;
	bool ok = true;

	for (i = 0; ok && i < ARRAY_SIZE(runs); i++) {
		m = calloc(1, sizeof(*m));
		expect(sesparse_bits_init(&bits, SIZE, NULL), 0);
		ok = add(&bits, m, LEAF + runs[i].first, runs[i].nr) &&
		     agrees(&bits, m) &&
		     /* Now that its last is there, all of it is refused. */
		     add(&bits, m, LEAF + runs[i].first, runs[i].nr) &&
		     agrees(&bits, m);
		sesparse_bits_exit(&bits);
		free(m);
	}
	return ok;
}

static bool numbers_beyond_the_size_are_not_there(void)
{
	struct sesparse_bits bits;

	expect(sesparse_bits_init(&bits, 100, NULL), 0);
	expect(sesparse_bits_add(&bits, 99, 1), 0);
	expect(sesparse_bits_has(&bits, 99), true);
	expect(sesparse_bits_has(&bits, LEAF), false);
	expect(sesparse_bits_get(&bits, ~0ULL), 0);
	sesparse_bits_exit(&bits);
	expect(sesparse_bits_init(&bits, 0, NULL), 0);
	expect(sesparse_bits_has(&bits, 0), false);
	sesparse_bits_exit(&bits);
	return true;
}

static bool every_failed_allocation_is_told(void)
{
	struct sesparse_bits bits;

	unit_fail_allocation(0);
	expect(sesparse_bits_init(&bits, SIZE, NULL), -ENOMEM);
	sesparse_bits_exit(&bits);
	unit_fail_allocation(2);
	expect(sesparse_bits_init(&bits, SIZE, NULL), 0);
	expect(sesparse_bits_add(&bits, 7, 3), 0);
	expect(sesparse_bits_add(&bits, 4 * LEAF, 3), -ENOMEM);
	expect(sesparse_bits_has(&bits, 4 * LEAF), false);
	expect(sesparse_bits_add(&bits, 10, 3), 0);
	unit_fail_allocation(-1);
	expect(sesparse_bits_add(&bits, 4 * LEAF, 3), 0);
	sesparse_bits_exit(&bits);
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "numbers_are_there_once_added", numbers_are_there_once_added },
		{ "runs_end_where_they_should", runs_end_where_they_should },
		{ "numbers_beyond_the_size_are_not_there",
		  numbers_beyond_the_size_are_not_there },
		{ "every_failed_allocation_is_told",
		  every_failed_allocation_is_told },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
