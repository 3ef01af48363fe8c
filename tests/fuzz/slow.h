/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a disk must read as, one grain after the other, and whether a map says so.
 */
#ifndef TESTS_FUZZ_SLOW_H
#define TESTS_FUZZ_SLOW_H

#include "dm-sesparse/map.h"

enum slow_kind {
	SLOW_OPEN, /* no layer has said anything */
	SLOW_ZERO,
	SLOW_ERROR,
	SLOW_DATA,
};

/**
 * struct slow_grain - what is known of a grain
 * @kind: what it is
 * @layer: SLOW_DATA: the layer that has it
 * @grain: and the grain there
 */
struct slow_grain {
	enum slow_kind kind;
	unsigned int layer;
	u64 grain;
};

void slow_compare(const struct sesparse_map *map,
		  const struct slow_grain *grains, u64 seed);

#endif /* TESTS_FUZZ_SLOW_H */
