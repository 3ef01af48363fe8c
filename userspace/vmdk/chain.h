/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A descriptor and its parents, down to the base.
 */
#ifndef SESPARSE_VMDK_CHAIN_H
#define SESPARSE_VMDK_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

/* Layers in a chain; the longest that were seen have 255. */
#define CHAIN_MAX_LAYERS 1024

struct descriptor;
struct log;
struct parent;
struct reference;
struct roots;

/**
 * struct chain - a disk, newest layer first
 * @links: the descriptors
 * @nr_links: their number
 * @nr_layers: how many of them are seSparse: all, or all but the last; 0: it is a
 *             disk without a snapshot
 * @broken: 0, or the exit code of what is wrong below the last layer: what stands
 *          there for a base is missing
 */
struct chain {
	struct descriptor **links;
	size_t nr_links;
	size_t nr_layers;
	int broken;
};

/**
 * enum chain_care - what becomes of links that can't be had, or that don't fit
 */
enum chain_care {
	CHAIN_WHOLE, /* they are refused */
	CHAIN_SALVAGE, /* below one that can't be had the base is missing */
	CHAIN_FOUND, /* nor does one that doesn't fit count */
	CHAIN_LENIENT, /* the links are not compared: that is the caller's */
};

/**
 * struct chain_options - how to follow a chain
 * @care: see there
 * @ciphertext: encrypted disks are not refused, as what is wanted of them is not
 *              encrypted
 * @ignore_cid: only warn where content IDs differ, or the base's capacity does:
 *              the layers' cannot, the kernel merges them grain by grain
 * @named: what names the newest descriptor; NULL: the user has
 * @roots: folders that are elsewhere on this machine
 * @parents: each is in the place of the next parent that is not found, or not
 *           known; raw bytes below the oldest layer whatever that one names
 * @nr_parents: their number
 */
struct chain_options {
	enum chain_care care;
	bool ciphertext;
	bool ignore_cid;
	const struct reference *named;
	const struct roots *roots;
	const struct parent *parents;
	size_t nr_parents;
};

/**
 * struct segment - layers of a chain that one map, and so one device, can hold
 * @first: the newest of them
 * @nr: their number
 */
struct segment {
	size_t first;
	size_t nr;
};

int chain_read(const struct log *log, const char *path,
	       const struct chain_options *options, struct chain *chain);
int chain_do_without(struct chain *chain, size_t depth, size_t index, u64 there,
		     int broken);
void chain_free(struct chain *chain);
bool chain_changed(const struct chain *chain, size_t depth);
const struct descriptor *chain_base(const struct chain *chain);
size_t segments_of(size_t nr_layers);
struct segment segment_of(size_t nr_layers, size_t number);

#endif /* SESPARSE_VMDK_CHAIN_H */
