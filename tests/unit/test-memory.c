// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is counted, against what was asked for.
 */
#include <pthread.h>

#include "../../dm-sesparse/memory.h"
#include "unit.h"

#define PAGE 4096
#define LIMIT (64 * PAGE)

static bool accounts_share_one_limit(void)
{
	struct sesparse_account one, two;
	atomic64_t used = { 0 };
	void *first, *second;
	int error;

	sesparse_account_init(&one, &used, LIMIT);
	sesparse_account_init(&two, &used, LIMIT);
	first = sesparse_alloc(&one, 40 * PAGE, &error);
	expect(error, 0);
	expect(one.held, 40 * PAGE);
	expect(!sesparse_alloc(&two, 30 * PAGE, &error), true);
	expect(error, -ENOSPC);
	expect(two.held, 0);
	expect(two.need, 30 * PAGE);
	expect(atomic64_read(&used), 40 * PAGE);

	/* What one gives back the other has at once. */
	sesparse_free(&one, first, 40 * PAGE);
	expect(atomic64_read(&used), 0);
	second = sesparse_alloc(&two, LIMIT, &error);
	expect(error, 0);
	expect(!sesparse_alloc(&one, 8, &error), true);
	expect(error, -ENOSPC);
	sesparse_free(&two, second, LIMIT);
	expect(one.held + two.held + atomic64_read(&used), 0);
	return true;
}

static bool what_is_counted_is_what_the_allocator_takes(void)
{
	static const u64 sizes[][2] = {
		{ 0, 8 }, { 1, 8 }, { 8, 8 }, { 9, 16 }, { 512, 512 },
		{ 3000, 4096 }, { 4096, 4096 }, { 4097, 8192 },
		{ 10000, 12288 }, { 1 << 20, 1 << 20 },
	};
	struct sesparse_account account;
	atomic64_t used = { 0 };
	size_t i;
	void *p;
	int error;

	sesparse_account_init(&account, &used, ~0ULL >> 1);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = sesparse_alloc(&account, sizes[i][0], &error);
		expect(error, 0);
		expect(account.held, sizes[i][1]);
		sesparse_free(&account, p, sizes[i][0]);
		expect(atomic64_read(&used), 0);
	}
	return true;
}

static bool refusals_add_up_to_the_need(void)
{
	struct sesparse_account account;
	atomic64_t used = { 0 };
	int error;
	void *p;

	sesparse_account_init(&account, &used, LIMIT);
	p = sesparse_alloc(&account, LIMIT - PAGE, &error);
	sesparse_account_refuse(&account, 2 * PAGE);
	sesparse_account_refuse(&account, 3 * PAGE);
	expect(account.need, LIMIT + 4 * PAGE);
	/* What goes later does not make it less. */
	sesparse_free(&account, p, LIMIT - PAGE);
	sesparse_account_refuse(&account, 1);
	expect(account.need, LIMIT + 4 * PAGE);
	return true;
}

static bool near_the_limit_less_is_taken(void)
{
	struct sesparse_account account;
	atomic64_t used = { 0 };
	u64 most = 16 * PAGE, rest = 16 * PAGE, none = 16 * PAGE;
	unsigned char *p;
	int error;
	void *q;

	sesparse_account_init(&account, &used, 20 * PAGE + 100);
	p = sesparse_zalloc_most(&account, PAGE, &most, &error);
	expect(error, 0);
	expect(most, 16 * PAGE);
	expect(p[0] | p[most - 1], 0);
	q = sesparse_zalloc_most(&account, PAGE, &rest, &error);
	expect(error, 0);
	expect(rest, 4 * PAGE);
	expect(account.held, 20 * PAGE);
	expect(!sesparse_zalloc_most(&account, PAGE, &none, &error), true);
	expect(error, -ENOSPC);
	expect(account.need, 0);
	sesparse_free(&account, q, rest);
	sesparse_free(&account, p, most);
	expect(atomic64_read(&used), 0);
	return true;
}

static bool failed_allocations_are_not_counted(void)
{
	struct sesparse_account account;
	atomic64_t used = { 0 };
	u64 bytes = PAGE;
	int error;

	sesparse_account_init(&account, &used, LIMIT);
	unit_fail_allocation(0);
	expect(!sesparse_alloc(&account, 100, &error), true);
	expect(error, -ENOMEM);
	unit_fail_allocation(0);
	expect(!sesparse_zalloc(&account, 100, &error), true);
	expect(error, -ENOMEM);
	unit_fail_allocation(0);
	expect(!sesparse_zalloc_most(&account, 100, &bytes, &error), true);
	expect(error, -ENOMEM);
	expect(account.held + account.need + atomic64_read(&used), 0);
	return true;
}

static bool without_an_account_nothing_is_counted(void)
{
	u64 bytes = 5000;
	void *p, *q;
	int error;

	p = sesparse_zalloc(NULL, 100, &error);
	expect(error, 0);
	q = sesparse_zalloc_most(NULL, 100, &bytes, &error);
	expect(error, 0);
	expect(bytes, 8192);
	sesparse_free(NULL, q, bytes);
	sesparse_free(NULL, p, 100);
	sesparse_free(NULL, NULL, 100);
	return true;
}

/**
 * struct user - one of several threads that load
 * @account: what it takes
 * @refused: allocations that the limit did not allow
 * @passed: the limit was seen passed, or something else failed
 */
struct user {
	struct sesparse_account account;
	unsigned long refused;
	bool passed;
};

static void *take_and_give(void *data)
{
	struct user *user = data;
	void *held[16];
	int round, i, error;

	for (round = 0; round < 500; round++) {
		for (i = 0; i < 16; i++) {
			held[i] = sesparse_alloc(&user->account, 3 * PAGE,
						 &error);
			user->refused += error == -ENOSPC;
			user->passed |= error && error != -ENOSPC;
			user->passed |= atomic64_read(user->account.used) >
					LIMIT;
		}
		while (i--)
			sesparse_free(&user->account, held[i], 3 * PAGE);
	}
	return NULL;
}

static bool several_at_once_never_pass_the_limit(void)
{
	struct user users[4] = { 0 };
	pthread_t threads[4];
	atomic64_t used = { 0 };
	unsigned long refused = 0;
	int i;

	/* There is room for all that one wants, and not for two. */
	for (i = 0; i < 4; i++) {
		sesparse_account_init(&users[i].account, &used, LIMIT);
		expect(pthread_create(&threads[i], NULL, take_and_give,
				      &users[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		expect(users[i].passed, false);
		expect(users[i].account.held, 0);
		refused += users[i].refused;
	}
	expect(refused > 0, true);
	expect(atomic64_read(&used), 0);
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "accounts_share_one_limit", accounts_share_one_limit },
		{ "what_is_counted_is_what_the_allocator_takes",
		  what_is_counted_is_what_the_allocator_takes },
		{ "refusals_add_up_to_the_need", refusals_add_up_to_the_need },
		{ "near_the_limit_less_is_taken",
		  near_the_limit_less_is_taken },
		{ "failed_allocations_are_not_counted",
		  failed_allocations_are_not_counted },
		{ "without_an_account_nothing_is_counted",
		  without_an_account_nothing_is_counted },
		{ "several_at_once_never_pass_the_limit",
		  several_at_once_never_pass_the_limit },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
