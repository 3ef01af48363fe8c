// SPDX-License-Identifier: GPL-2.0-only
#include "util/bitset.h"
#include "util/message.h"

/**
 * bitset_init() - make an empty set
 * @set: the set, for bitset_free(), on failure too
 * @size: what all numbers are below
 *
 * Return: 0, or an exit code after a message.
 */
int bitset_init(struct bitset *set, u64 size)
{
	set->nr = DIV_ROUND_UP_ULL(size, BITSET_LEAF);
	set->leaves = calloc(set->nr + 1, sizeof(*set->leaves));
	return set->leaves ? 0 : fail_memory();
}

/**
 * bitset_add() - add a number
 * @set: the set
 * @number: below the set's size
 * @was: set to whether it was there before
 *
 * Return: 0, or an exit code after a message.
 */
int bitset_add(struct bitset *set, u64 number, bool *was)
{
	u64 **leaf = &set->leaves[number / BITSET_LEAF], *word;
	const u64 bit = 1ULL << number % 64;

	if (!*leaf)
		*leaf = calloc(BITSET_LEAF / 64, sizeof(u64));
	if (!*leaf)
		return fail_memory();
	word = &(*leaf)[number % BITSET_LEAF / 64];
	*was = *word & bit;
	*word |= bit;
	return 0;
}

/**
 * bitset_word() - which of 64 numbers are there
 * @set: the set
 * @number: the first of them, a multiple of 64, of whatever size
 *
 * Return: a bit for each, the least for the first.
 */
u64 bitset_word(const struct bitset *set, u64 number)
{
	const u64 leaf = number / BITSET_LEAF;

	return leaf < set->nr && set->leaves[leaf] ?
	       set->leaves[leaf][number % BITSET_LEAF / 64] : 0;
}

/**
 * bitset_has() - is a number there?
 * @set: the set
 * @number: of whatever size
 *
 * Return: true if it is.
 */
bool bitset_has(const struct bitset *set, u64 number)
{
	return bitset_word(set, number) >> number % 64 & 1;
}

/**
 * bitset_is_empty() - is none of these numbers there?
 * @set: the set
 * @first: the first, a multiple of BITSET_LEAF
 * @nr: their number
 *
 * Return: true if no number of a leaf that they are in was ever added.
 */
bool bitset_is_empty(const struct bitset *set, u64 first, u64 nr)
{
	u64 leaf;

	for (leaf = first / BITSET_LEAF;
	     leaf < set->nr && leaf * BITSET_LEAF < first + nr; leaf++)
		if (set->leaves[leaf])
			return false;
	return true;
}

/**
 * bitset_free() - free what a set takes
 * @set: the set, or all 0
 */
void bitset_free(struct bitset *set)
{
	u64 i;

	for (i = 0; set->leaves && i < set->nr; i++)
		free(set->leaves[i]);
	free(set->leaves);
	*set = (struct bitset){ 0 };
}
