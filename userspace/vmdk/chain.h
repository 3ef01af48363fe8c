/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A descriptor and its parents, down to the base.
 */
#ifndef SESPARSE_VMDK_CHAIN_H
#define SESPARSE_VMDK_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct descriptor;
struct log;
struct parent;
struct roots;

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

/**
 * struct chain_options - how to follow a chain
 * @lenient: don't compare the links: that is the caller's
 * @ciphertext: encrypted disks are not refused, as what is wanted of them is not
 *              encrypted
 * @ignore_cid: only warn where content IDs differ, or the base's capacity does:
 *              the layers' cannot, the kernel merges them grain by grain
 * @roots: folders that are elsewhere on this machine
 * @parent: the disk below the oldest layer, or NULL: what that one names
 */
struct chain_options {
	bool lenient;
	bool ciphertext;
	bool ignore_cid;
	const struct roots *roots;
	const struct parent *parent;
};

int chain_read(const struct log *log, const char *path,
	       const struct chain_options *options, struct chain *chain);
void chain_free(struct chain *chain);
const struct descriptor *chain_base(const struct chain *chain);

#endif /* SESPARSE_VMDK_CHAIN_H */
