/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of a disk, read by any number of threads at once.
 */
#ifndef SESPARSE_EXPORT_READ_H
#define SESPARSE_EXPORT_READ_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

struct disk;

int read_part(const struct disk *disk, void *buf, size_t bytes, u64 at);
int read_ahead(const struct disk *disk, size_t bytes, u64 at);

#endif /* SESPARSE_EXPORT_READ_H */
