/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the product makes of a mutant, against what the slow reader says.
 */
#ifndef MUTATE_TRIAL_H
#define MUTATE_TRIAL_H

#include "../gen/report.h"
#include "mutant.h"

/**
 * struct tally - what came of the trials
 * @refused: chains that were not to be had without salvage
 * @salvaged: of those, the ones that were with it
 * @errors: grains that had to be errors, and were
 * @data: grains that came from an extent
 * @recovered: of the chains that were recovered, grains that read as they did
 * @unsure: those that do so, or not, and were told to be unsure
 * @hidden: those that do not, of extents in which nothing contradicts anything
 * @held: the most bytes that a map took
 */
struct tally {
	u64 refused;
	u64 salvaged;
	u64 errors;
	u64 data;
	u64 recovered;
	u64 unsure;
	u64 hidden;
	u64 held;
};

int trial_by_tool(struct mutant *m, const char *tool, struct tally *tally);
int trial_by_recovery(struct mutant *m, const char *tool, bool encrypt,
		      struct tally *tally);
int trial_by_device(struct mutant *m, struct tally *tally);
void tally_grains(struct tally *tally, const struct slow_chain *c);

#endif /* MUTATE_TRIAL_H */
