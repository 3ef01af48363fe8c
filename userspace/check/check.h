/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares every structure of a chain with every other.
 */
#ifndef SESPARSE_CHECK_CHECK_H
#define SESPARSE_CHECK_CHECK_H

struct chain;
struct descriptor;
struct extent;
struct findings;
struct replay_options;

void check_chain(const struct chain *chain, struct findings *findings);
int check_extent(const struct replay_options *how, const struct descriptor *d,
		 const struct extent *e, struct findings *findings);

#endif /* SESPARSE_CHECK_CHECK_H */
