/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system files that hold file descriptors, sub-blocks and pointer blocks.
 */
#ifndef LUN_RESOURCE_H
#define LUN_RESOURCE_H

#include "volume.h"

/* Types of an address: its low three bits. */
enum address {
	ADDRESS_FB = 1,
	ADDRESS_SB = 2,
	ADDRESS_PB = 3,
	ADDRESS_FD = 4,
	ADDRESS_PB2 = 5,
	ADDRESS_LFB = 7
};

/**
 * struct resource - a system file
 * @type: of the addresses of what is in it
 * @per_cluster: resources of a cluster
 * @clusters: of a group
 * @size: bytes of a resource
 * @header: bytes of a cluster's header
 * @blocks: its file blocks
 * @nr_blocks: how many
 * @groups: cluster groups that it has
 * @nr: resources that are taken, one after the other
 */
struct resource {
	enum address type;
	u32 per_cluster;
	u32 clusters;
	u32 size;
	u32 header;
	u64 *blocks;
	u64 nr_blocks;
	u64 groups;
	u64 nr;
};

#define RESOURCE_GROUPS_AT 0x10000 /* behind the file's own metadata */

void resource_init(struct resource *r, const struct volume *v,
		   enum address type, u32 size);
int resource_grow(struct resource *r, struct volume *v, u64 groups);
int resource_take(struct resource *r, struct volume *v, u64 *n);
u64 resource_address(const struct resource *r, const struct volume *v, u64 n);
int resource_write(const struct resource *r, struct volume *v, u64 n,
		   const void *data, size_t size);
u64 resource_place(const struct resource *r, u64 n);
u64 resource_bytes(const struct resource *r);
int resource_finish(const struct resource *r, struct volume *v);
void resource_free(struct resource *r);

u64 address_of_block(const struct volume *v, u64 block);
u64 address_of_large(u64 block);
u64 address_to_be_zeroed(const struct volume *v, u64 address, u8 mask);

#endif /* LUN_RESOURCE_H */
