// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that an image asks for, counted.
 *
 * How much a load takes is the image's to say, and a hostile one says much.  So all
 * that grows with it is counted before it is allocated, against one limit for all
 * devices and all loads, and given back when it is freed.  Whoever passes NULL for the
 * account takes what there is.
 *
 * What is larger than a page is made of single pages: none need be beside another,
 * and a host whose memory is in pieces need not be made to move them together.
 */
#include "memory.h"

/* What the allocator takes for @bytes, without what it notes down about them. */
static u64 memory_cost(u64 bytes)
{
	return bytes > PAGE_SIZE ? ALIGN(bytes, PAGE_SIZE) :
				   roundup_pow_of_two(max_t(u64, bytes, 8));
}

/* The most that @bytes, 8 or more, pay for. */
static u64 memory_worth(u64 bytes)
{
	return bytes > PAGE_SIZE ? ALIGN_DOWN(bytes, PAGE_SIZE) :
				   rounddown_pow_of_two(bytes);
}

/*
 * Takes @most bytes, or what is left, if that is @least at the least.  Both are costs.
 * Returns what was taken, 0 if nothing.  That it is one step, from what was used to
 * what is, keeps two loads from passing the limit together.
 */
static u64 memory_take(struct sesparse_account *a, u64 least, u64 most)
{
	s64 used;
	u64 left;

	if (!a)
		return most;
	used = atomic64_read(a->used);
	do {
		left = a->limit > (u64)used ? a->limit - used : 0;
		if (left < least)
			return 0;
		if (left < most)
			most = memory_worth(left);
	} while (!atomic64_try_cmpxchg(a->used, &used, used + most));
	a->held += most;
	return most;
}

static void memory_give(struct sesparse_account *a, u64 bytes)
{
	if (!a)
		return;
	a->held -= bytes;
	atomic64_sub(bytes, a->used);
}

/**
 * sesparse_account_init() - open an account that holds nothing
 * @a: the account
 * @used: what all that share the limit hold together
 * @limit: the limit
 */
void sesparse_account_init(struct sesparse_account *a, atomic64_t *used,
			   u64 limit)
{
	*a = (struct sesparse_account){ .used = used, .limit = limit };
}

/**
 * sesparse_account_refuse() - note what an -ENOSPC would have taken
 * @a: the account
 * @bytes: what was asked for
 *
 * The functions below do so themselves, but for sesparse_zalloc_most().
 */
void sesparse_account_refuse(struct sesparse_account *a, u64 bytes)
{
	a->over += bytes;
	a->need = max_t(u64, a->need, a->held + memory_cost(a->over));
}

static void *memory_get(struct sesparse_account *a, u64 cost, bool zero,
			int *error)
{
	void *p = zero ? sesparse_zeroed_memory(cost) : sesparse_memory(cost);

	*error = p ? 0 : -ENOMEM;
	if (!p)
		memory_give(a, cost);
	return p;
}

static void *memory_alloc(struct sesparse_account *a, u64 bytes, bool zero,
			  int *error)
{
	const u64 cost = memory_cost(bytes);

	if (memory_take(a, cost, cost))
		return memory_get(a, cost, zero, error);
	sesparse_account_refuse(a, cost);
	*error = -ENOSPC;
	return NULL;
}

/**
 * sesparse_alloc() - take memory
 * @a: the account, or NULL
 * @bytes: how much, for sesparse_free()
 * @error: set to 0, -ENOMEM, or -ENOSPC where the limit does not allow it
 *
 * Up to a page it is kmalloc()ed, and aligned as that is; more is vmalloc()ed, of pages
 * that are anywhere.
 *
 * Context: Process context, sleeps; does not call the OOM killer.
 * Return: the memory, or NULL.
 */
void *sesparse_alloc(struct sesparse_account *a, u64 bytes, int *error)
{
	return memory_alloc(a, bytes, false, error);
}

/**
 * sesparse_zalloc() - take memory that is 0
 * @a: the account, or NULL
 * @bytes: how much, for sesparse_free()
 * @error: as sesparse_alloc()'s
 *
 * Context: As sesparse_alloc().
 * Return: the memory, or NULL.
 */
void *sesparse_zalloc(struct sesparse_account *a, u64 bytes, int *error)
{
	return memory_alloc(a, bytes, true, error);
}

/**
 * sesparse_zalloc_most() - take memory that is 0, less of it near the limit
 * @a: the account, or NULL
 * @least: bytes that are worth having
 * @bytes: how much is wanted; set to how much it is, for sesparse_free()
 * @error: as sesparse_alloc()'s; what -ENOSPC refused is not noted
 *
 * Context: As sesparse_alloc().
 * Return: the memory, or NULL.
 */
void *sesparse_zalloc_most(struct sesparse_account *a, u64 least, u64 *bytes,
			   int *error)
{
	*bytes = memory_take(a, memory_cost(least), memory_cost(*bytes));
	*error = -ENOSPC;
	return *bytes ? memory_get(a, *bytes, true, error) : NULL;
}

/**
 * sesparse_free() - give memory back, at once
 * @a: the account that it was taken from, or NULL
 * @p: the memory, or NULL
 * @bytes: how much it was
 *
 * Context: Process context, sleeps.
 */
void sesparse_free(struct sesparse_account *a, void *p, u64 bytes)
{
	if (!p)
		return;
	sesparse_free_memory(p);
	memory_give(a, memory_cost(bytes));
}
