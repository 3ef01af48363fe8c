// SPDX-License-Identifier: GPL-2.0-only
#include "bits.h"

/**
 * sesparse_bits_init() - make an empty set
 * @bits: the set
 * @size: what all of its numbers are below
 * @account: what its memory is counted on, or NULL
 *
 * Return: 0, -ENOMEM, or -ENOSPC when the account's limit is reached;
 * sesparse_bits_exit() may follow in any case.
 */
int sesparse_bits_init(struct sesparse_bits *bits, u64 size,
		       struct sesparse_account *account)
{
	int r;

	bits->account = account;
	bits->nr = sesparse_bits_leaves(size);
	bits->leaves = sesparse_zalloc(account,
				       bits->nr * sizeof(*bits->leaves), &r);
	return r;
}

/**
 * sesparse_bits_exit() - free what a set takes
 * @bits: the set, or all 0
 */
void sesparse_bits_exit(struct sesparse_bits *bits)
{
	u64 i;

	for (i = 0; bits->leaves && i < bits->nr; i++) {
		sesparse_free(bits->account, bits->leaves[i],
			      SESPARSE_BITS_LEAF_BYTES);
		cond_resched();
	}
	sesparse_free(bits->account, bits->leaves,
		      bits->nr * sizeof(*bits->leaves));
	*bits = (struct sesparse_bits){ 0 };
}

/**
 * sesparse_bits_grow() - allocate a leaf
 * @bits: the set
 * @leaf: where it is to hang, where there is none yet
 *
 * Return: 0, -ENOMEM, or -ENOSPC when the account's limit is reached.
 */
int sesparse_bits_grow(struct sesparse_bits *bits, u64 **leaf)
{
	int r;

	*leaf = sesparse_zalloc(bits->account, SESPARSE_BITS_LEAF_BYTES, &r);
	return r;
}

/**
 * sesparse_bits_get() - which of 64 numbers are there
 * @bits: the set
 * @number: any of them, of whatever size: those with the same @number / 64
 *
 * Return: a bit for each, the least for the first.
 */
u64 sesparse_bits_get(const struct sesparse_bits *bits, u64 number)
{
	const u64 *word = number / SESPARSE_BITS_LEAF < bits->nr ?
			  sesparse_bits_word(bits, number) : NULL;

	return word ? *word : 0;
}
