/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains that were good and are broken in one or several places, the same of the
 * same seed and number anywhere.
 */
#ifndef MUTATE_MUTANT_H
#define MUTATE_MUTANT_H

#include <stdio.h>

#include "../gen/options.h"
#include "../gen/rng.h"
#include "../slow/chain.h"

#define MUTANT_LAYERS 4

/**
 * struct mutant - a chain of which something is wrong, mostly
 * @dir: where its files are
 * @nr_layers: how many, seSparse extents all
 * @sectors: of the disk
 * @has_parent: there is a flat base
 * @parent_sectors: how much of it the device is to have
 * @ignore_dirty: whether to read it so
 * @layers: its extents, open, newest first
 * @parent: the base, open, or -1
 * @rng: what comes next
 * @story: gets what it is and what was changed, a line each
 */
struct mutant {
	const char *dir;
	unsigned int nr_layers;
	u64 sectors;
	bool has_parent;
	u64 parent_sectors;
	bool ignore_dirty;
	int layers[MUTANT_LAYERS];
	int parent;
	struct rng rng;
	FILE *story;
	char *text;
	size_t size;
};

int mutant_write(struct mutant *m, const char *dir, u64 seed, u64 number);
const char *mutant_story(struct mutant *m);
void mutant_free(struct mutant *m);
void mutant_decide(const struct mutant *m, bool salvage, struct slow_chain *c);

void mutant_break(struct mutant *m);
void mutant_encrypt(struct mutant *m);

#endif /* MUTATE_MUTANT_H */
