/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file or block device rests on, so that nothing is written to what is
 * being read by another name.
 */
#ifndef SESPARSE_HOST_BENEATH_H
#define SESPARSE_HOST_BENEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/**
 * struct kin - a file or a block device
 * @dev: of the file's filesystem, or the block device's own
 * @ino: of the file; 0 for a block device
 */
struct kin {
	dev_t dev;
	ino_t ino;
};

/**
 * struct beneath - a file or block device with all that it rests on
 * @kin: itself, then partitions' disks, what device-mapper and md map to, and
 *       loop devices' files; all 0 before
 * @nr: their number
 */
struct beneath {
	struct kin *kin;
	size_t nr;
};

int beneath_find(const struct stat *st, struct beneath *l);
bool beneath_overlap(const struct beneath *a, const struct beneath *b);
void beneath_free(struct beneath *l);

#endif /* SESPARSE_HOST_BENEATH_H */
