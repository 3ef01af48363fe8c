/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 128 bits by which large structures are compared with what they were: enough
 * against chance, not against forgery.
 */
#ifndef SESPARSE_VMFS_DIGEST_H
#define SESPARSE_VMFS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

/**
 * struct digest - it
 * @low: one half
 * @high: the other
 */
struct digest {
	u64 low;
	u64 high;
};

/* Of nothing. */
#define DIGEST_START { 0x9e3779b97f4a7c15ULL, 0xc2b2ae3d27d4eb4fULL }

void digest_add(struct digest *digest, const void *bytes, size_t size);
bool digest_is(const struct digest *a, const struct digest *b);

#endif /* SESPARSE_VMFS_DIGEST_H */
