/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Volumes with metadata that is not as it should be.
 */
#ifndef LUN_CHECK_MUTATE_H
#define LUN_CHECK_MUTATE_H

#include "manifest.h"

/**
 * struct mutation - how to change a volume
 * @count: how often, each time from its first state
 * @seed: all changes follow from it
 * @memory: how many MiB it may take to read it; 0: any
 */
struct mutation {
	unsigned long count;
	u64 seed;
	unsigned long memory;
};

int mutation_run(const struct mutation *mutation, const struct manifest *m);

#endif /* LUN_CHECK_MUTATE_H */
