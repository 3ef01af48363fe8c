/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A descriptor and its parents, down to the base.
 */
#ifndef SESPARSE_CHAIN_H
#define SESPARSE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct descriptor;
struct log;

/**
 * struct chain - a disk, newest layer first
 * @links: the descriptors
 * @nr_links: their number
 * @nr_layers: how many of them are seSparse: all, or all but the last
 */
struct chain {
	struct descriptor **links;
	size_t nr_links;
	size_t nr_layers;
};

int chain_read(const struct log *log, const char *path, bool ignore_cid,
	       struct chain *chain);
void chain_free(struct chain *chain);
const struct descriptor *chain_base(const struct chain *chain);

#endif /* SESPARSE_CHAIN_H */
