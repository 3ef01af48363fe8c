/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of grains, of which there may be 2^34: it takes memory only where it
 * isn't empty.
 */
#ifndef DM_SESPARSE_BITS_H
#define DM_SESPARSE_BITS_H

#include "memory.h"

#define SESPARSE_BITS_LEAF 4096U /* numbers that are allocated together */
#define SESPARSE_BITS_LEAF_BYTES (SESPARSE_BITS_LEAF / 8)

/**
 * struct sesparse_bits - numbers from 0 on
 * @account: what its memory is counted on, or NULL
 * @leaves: bitmaps of SESPARSE_BITS_LEAF bits, or NULL where there are none
 * @nr: how many there are room for
 */
struct sesparse_bits {
	struct sesparse_account *account;
	u64 **leaves;
	u64 nr;
};

int sesparse_bits_init(struct sesparse_bits *bits, u64 size,
		       struct sesparse_account *account);
void sesparse_bits_exit(struct sesparse_bits *bits);
int sesparse_bits_grow(struct sesparse_bits *bits, u64 **leaf);
u64 sesparse_bits_get(const struct sesparse_bits *bits, u64 number);

/**
 * sesparse_bits_leaves() - leaves that a set has room for
 * @size: what all of its numbers are below
 *
 * Return: their number, 1 at the least; an empty set takes a pointer for each.
 */
static inline u64 sesparse_bits_leaves(u64 size)
{
	return DIV_ROUND_UP_ULL(size, SESPARSE_BITS_LEAF) ?: 1;
}

/**
 * sesparse_bits_leaf() - where the leaf that a number is in hangs
 * @bits: the set
 * @number: the number, below the set's size
 *
 * Return: the leaf's place; NULL stands there if there is none yet.
 */
static inline u64 **sesparse_bits_leaf(const struct sesparse_bits *bits,
				       u64 number)
{
	return &bits->leaves[number / SESPARSE_BITS_LEAF];
}

/**
 * sesparse_bits_word() - where a number's bit is
 * @bits: the set
 * @number: the number, below the set's size
 *
 * Return: the word, whose bit @number % 64 it is, or NULL: no number near it has
 * been added yet.
 */
static inline u64 *sesparse_bits_word(const struct sesparse_bits *bits,
				      u64 number)
{
	u64 *leaf = *sesparse_bits_leaf(bits, number);

	return leaf ? leaf + number % SESPARSE_BITS_LEAF / 64 : NULL;
}

/* Those of @nr bits from @bit on that are in @bit's word. */
static inline u64 sesparse_bits_mask(unsigned int bit, unsigned int nr)
{
	const unsigned int first = bit % 64;

	return ~0ULL >> (64 - min_t(unsigned int, nr, 64 - first)) << first;
}

/**
 * sesparse_bits_any() - is one of these numbers in a leaf?
 * @leaf: the leaf
 * @number: the first
 * @nr: how many, 1 or more, all of them in the leaf
 *
 * Return: true if one of them is there.
 */
static inline bool sesparse_bits_any(const u64 *leaf, u64 number,
				     unsigned int nr)
{
	unsigned int bit = number % SESPARSE_BITS_LEAF;
	const unsigned int end = bit + nr;

	for (; bit < end; bit = (bit | 63) + 1)
		if (leaf[bit / 64] & sesparse_bits_mask(bit, end - bit))
			return true;
	return false;
}

/**
 * sesparse_bits_put() - add numbers in a row to the leaf that they are in
 * @leaf: the leaf
 * @number: the first
 * @nr: how many, 1 or more, all of them in the leaf
 *
 * Return: 0, or 1 if one of them was there before, when none is added.
 */
static inline int sesparse_bits_put(u64 *leaf, u64 number, unsigned int nr)
{
	unsigned int bit = number % SESPARSE_BITS_LEAF;
	const unsigned int end = bit + nr;

	if (sesparse_bits_any(leaf, number, nr))
		return 1;
	for (; bit < end; bit = (bit | 63) + 1)
		leaf[bit / 64] |= sesparse_bits_mask(bit, end - bit);
	return 0;
}

/**
 * sesparse_bits_add() - add numbers in a row
 * @bits: the set
 * @number: the first, below the set's size
 * @nr: how many, 1 or more, all of them in one leaf
 *
 * Return: 0; 1 if one of them was there before, when none is added; -ENOMEM, or
 * -ENOSPC when the account's limit is reached.
 */
static inline int sesparse_bits_add(struct sesparse_bits *bits, u64 number,
				    unsigned int nr)
{
	u64 **leaf = sesparse_bits_leaf(bits, number);
	int r;

	if (unlikely(!*leaf)) {
		r = sesparse_bits_grow(bits, leaf);
		if (r)
			return r;
	}
	return sesparse_bits_put(*leaf, number, nr);
}

/**
 * sesparse_bits_has() - is a number there?
 * @bits: the set
 * @number: of whatever size
 *
 * Return: true if it is.
 */
static inline bool sesparse_bits_has(const struct sesparse_bits *bits,
				     u64 number)
{
	return sesparse_bits_get(bits, number) >> number % 64 & 1;
}

#endif /* DM_SESPARSE_BITS_H */
