// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/near-miss.h"
#include "dm-sesparse/portable.h"

/* No word here is as long; nobody means one by what is longer. */
#define MAX_LENGTH 24

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/*
 * Letters to change, to leave out, to put in, or to swap with the next, to make
 * @b of @a: row by row, of which the last three are kept.
 */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][MAX_LENGTH + 1] = { 0 };
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2], *old;
	const size_t width = strlen(b);
	size_t i, j;

	for (j = 0; j <= width; j++)
		above[j] = (unsigned int)j;
	for (i = 1; i <= strlen(a); i++) {
		row[0] = (unsigned int)i;
		for (j = 1; j <= width; j++) {
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j], above[j - 1] +
					       (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		old = before;
		before = above;
		above = row;
		row = old;
	}
	return above[width];
}

/**
 * near_miss_try() - may this be the word that was meant?
 * @search: the search; all 0 but for @typed at its beginning
 * @word: the word
 *
 * A word of which the beginning was typed is near, and otherwise one that differs
 * in a letter of each three that were.
 */
void near_miss_try(struct near_miss *search, const char *word)
{
	const size_t length = strlen(search->typed);
	unsigned int d;

	if (!length || length > MAX_LENGTH || strlen(word) > MAX_LENGTH)
		return;
	d = strncmp(word, search->typed, length) ?
	    distance(search->typed, word) : 1;
	if (d > (length + 2) / 3 || d >= length ||
	    (search->best && d >= search->distance))
		return;
	search->best = word;
	search->distance = d;
}
