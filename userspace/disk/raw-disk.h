/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw bytes, taken as a disk of one extent.
 */
#ifndef SESPARSE_DISK_RAW_DISK_H
#define SESPARSE_DISK_RAW_DISK_H

#include "disk/disk.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"

/**
 * struct raw_disk - a disk without a descriptor; not to be moved
 * @disk: what it reads as
 * @chain: of one link
 * @links: that
 * @descriptor: what it would have for a descriptor
 * @extent: the only line of that
 */
struct raw_disk {
	struct disk disk;
	struct chain chain;
	struct descriptor *links[1];
	struct descriptor descriptor;
	struct extent extent;
};

int raw_disk_read(const struct log *log, const struct source *source,
		  struct raw_disk *raw);
void raw_disk_free(struct raw_disk *raw);

#endif /* SESPARSE_DISK_RAW_DISK_H */
