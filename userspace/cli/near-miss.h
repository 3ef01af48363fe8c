/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What somebody may have meant who typed a word that is none.
 */
#ifndef SESPARSE_CLI_NEAR_MISS_H
#define SESPARSE_CLI_NEAR_MISS_H

/**
 * struct near_miss - the search for a word
 * @typed: what was typed
 * @best: the word that is nearest to it so far; NULL: none is near
 * @distance: how far it is from it
 */
struct near_miss {
	const char *typed;
	const char *best;
	unsigned int distance;
};

void near_miss_try(struct near_miss *search, const char *word);

#endif /* SESPARSE_CLI_NEAR_MISS_H */
