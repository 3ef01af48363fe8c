/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many blocks of one size, read at a time and in the order of the disk.
 */
#ifndef SESPARSE_VMFS_BATCH_H
#define SESPARSE_VMFS_BATCH_H

#include <stddef.h>

#include "vmfs/volume.h"

struct batch;
struct log;

/**
 * struct batch_block - a block to read
 * @place: where it lies
 * @data: set to its bytes, until the next batch is read
 */
struct batch_block {
	struct place place;
	unsigned char *data;
};

int batch_new(const struct log *log, u32 block, struct batch **batch);
size_t batch_size(const struct batch *batch);
int batch_read(struct batch *batch, const char *what,
	       struct batch_block *blocks, size_t nr);
void batch_free(struct batch *batch);

#endif /* SESPARSE_VMFS_BATCH_H */
