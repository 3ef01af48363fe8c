/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a chain of seSparse extents must read as, by the rules of
 * Documentation/format.rst, taken one entry after the other.  It shares nothing
 * with the module and the tool, which must come to the same.
 */
#ifndef TESTS_SLOW_CHAIN_H
#define TESTS_SLOW_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define SLOW_GRAIN 4096

enum slow_kind { SLOW_ABSENT, SLOW_ZERO, SLOW_DATA, SLOW_ERROR };

/* A grain of the disk; of SLOW_DATA the byte of its layer that it begins at. */
struct slow_grain {
	enum slow_kind kind;
	unsigned int layer;
	uint64_t offset;
};

/**
 * struct slow_chain - a chain, and what is found of it
 * @layers: its extents, open, newest first
 * @nr_layers: how many
 * @parent: what lies below them, open, or -1
 * @parent_sectors: how much of it there is; behind that are zeros
 * @sectors: of the disk, as the table says; 0: as the first extent says
 * @salvage: a corrupt entry is an error instead of a refusal
 * @ignore_dirty: an extent that was not closed cleanly is taken as it stands
 * @rest_lost: what no layer decides is an error: the chain does not end here
 * @grains: set to what each is, for slow_free()
 * @nr_grains: set to how many
 * @why: set to why it is refused, or to NULL
 * @bad_layer: set to the layer that is to blame
 * @bad_header: set if its header is
 */
struct slow_chain {
	const int *layers;
	unsigned int nr_layers;
	int parent;
	uint64_t parent_sectors;
	uint64_t sectors;
	bool salvage;
	bool ignore_dirty;
	bool rest_lost;
	struct slow_grain *grains;
	uint64_t nr_grains;
	const char *why;
	unsigned int bad_layer;
	bool bad_header;
};

void slow_decide(struct slow_chain *c);
unsigned int slow_read(const struct slow_chain *c, uint64_t grain,
		       unsigned char *buf);
void slow_free(struct slow_chain *c);

#endif /* TESTS_SLOW_CHAIN_H */
