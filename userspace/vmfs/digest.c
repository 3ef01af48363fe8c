// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two sums of 64 bits, with a step for 8 bytes that is a permutation of what the
 * sum was: a change of one word always changes both.
 */
#include "vmfs/digest.h"

static u64 rotate(u64 word, unsigned int by)
{
	return word << by | word >> (64 - by);
}

static void add_word(struct digest *d, u64 word)
{
	d->low = rotate((d->low ^ word) * 0x9fb21c651e98df25ULL, 29);
	d->high = rotate(d->high + word, 23) * 0xd6e8feb86659fd93ULL;
}

/**
 * digest_add() - take in more
 * @digest: of what comes before; each part is taken in by itself, so the same
 *          bytes in other parts give another digest
 * @bytes: what comes next
 * @size: their number
 */
void digest_add(struct digest *digest, const void *bytes, size_t size)
{
	const char *from = bytes;
	u64 word;

	add_word(digest, size);
	for (; size >= sizeof(word); size -= sizeof(word)) {
		memcpy(&word, from, sizeof(word));
		add_word(digest, word);
		from += sizeof(word);
	}
	word = 0;
	memcpy(&word, from, size);
	add_word(digest, word);
}

/**
 * digest_is() - are two the same?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool digest_is(const struct digest *a, const struct digest *b)
{
	return a->low == b->low && a->high == b->high;
}
