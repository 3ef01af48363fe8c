/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hosts that have a volume open say so in its heartbeat region.
 */
#ifndef SESPARSE_VMFS_HEARTBEAT_H
#define SESPARSE_VMFS_HEARTBEAT_H

#include <stdbool.h>
#include <stddef.h>

#include "vmfs/uuid.h"

struct fs;

/**
 * struct heartbeats - those in use
 * @owners: the hosts
 * @nr: their number
 */
struct heartbeats {
	unsigned char (*owners)[UUID_BYTES];
	size_t nr;
};

int heartbeats_read(const struct fs *fs, struct heartbeats *heartbeats);
bool heartbeats_have(const struct heartbeats *heartbeats,
		     const unsigned char owner[UUID_BYTES]);
void heartbeats_free(struct heartbeats *heartbeats);

#endif /* SESPARSE_VMFS_HEARTBEAT_H */
