/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disk that a command line names.
 */
#ifndef SESPARSE_VMDK_IMAGE_H
#define SESPARSE_VMDK_IMAGE_H

#include <stdbool.h>

#include "vmdk/blocks.h"
#include "vmdk/chain.h"

struct options;

/**
 * struct input - a disk; all but @lenient is 0 before it is found
 * @lenient: links that don't fit together are not refused
 * @chain: its descriptors
 * @blocks: what holds its extents
 */
struct input {
	bool lenient;
	struct chain chain;
	struct blocks blocks;
};

int input_find(struct options *o, bool must_open, struct input *input);
int input_read(struct options *o, bool must_open, struct input *input);
void input_free(struct input *input);

#endif /* SESPARSE_VMDK_IMAGE_H */
