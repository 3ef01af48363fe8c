/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses: how a volume says where something of it lies.
 */
#ifndef SESPARSE_VMFS_ADDRESS_H
#define SESPARSE_VMFS_ADDRESS_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct fs;

/* An address's lower 3 bits; an address of 0 is that of nothing: a hole. */
enum address_kind {
	ADDRESS_NONE = 0,
	ADDRESS_BLOCK = 1, /* a file block; a small one in VMFS 6 */
	ADDRESS_SUB_BLOCK = 2,
	ADDRESS_POINTER_BLOCK = 3,
	ADDRESS_FD = 4, /* a descriptor of a file */
	ADDRESS_POINTER_BLOCK_2 = 5,
	ADDRESS_JOURNAL = 6,
	ADDRESS_LARGE_BLOCK = 7, /* of VMFS 6 */
};

/**
 * struct address - one, decoded
 * @kind: of what
 * @cluster: its number, or a block's in VMFS 3 and 5, or a large one's
 * @resource: its number in the cluster
 * @zeros: to be zeroed: 0, or bits that say what reads as zeros whatever it holds;
 *         all of the block does if all are set
 */
struct address {
	enum address_kind kind;
	u64 cluster;
	u32 resource;
	unsigned char zeros;
};

#define ADDRESS_ALL_ZEROS 0xff

struct address address_decode(const struct fs *fs, u64 raw);
struct address address_decode_fd(u32 raw);

#endif /* SESPARSE_VMFS_ADDRESS_H */
