/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the reader finds, compared with a manifest.
 */
#ifndef LUN_CHECK_COMPARE_H
#define LUN_CHECK_COMPARE_H

#include "manifest.h"

struct datastore;

/**
 * struct comparison - of a volume with its manifest
 * @m: the manifest
 * @force: as the tool's --force
 * @contents: read every byte, not only find out where it lies
 * @touched: whether the path's metadata is not as it was, so that it may be found
 *           in any state or not at all; NULL if nothing is changed
 * @data: what to call @touched with
 * @compared: how many things were as they must be
 */
struct comparison {
	const struct manifest *m;
	bool force;
	bool contents;
	bool (*touched)(const void *data, const char *path);
	const void *data;
	size_t compared;
};

int comparison_run(struct comparison *c);

#endif /* LUN_CHECK_COMPARE_H */
