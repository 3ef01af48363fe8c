/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is smaller than a file block lies in files of the volume's own: sub-blocks
 * in .sbc.sf, pointer blocks in .pbc.sf and .pb2.sf, descriptors of files in .fdc.sf.
 */
#ifndef SESPARSE_VMFS_RESOURCE_H
#define SESPARSE_VMFS_RESOURCE_H

#include "vmfs/address.h"

struct fs;
struct layout;
struct place;

enum resource_file {
	RESOURCE_FD,
	RESOURCE_SUB_BLOCK,
	RESOURCE_POINTER_BLOCK,
	RESOURCE_POINTER_BLOCK_2,
	NR_RESOURCES,
};

/* A file's own blocks may be found by means of another, but not of itself. */
enum resource_state {
	RESOURCE_UNREAD,
	RESOURCE_BEING_READ,
	RESOURCE_READ,
};

/**
 * struct resource - such a file
 * @state: is it known?
 * @per_cluster: resources in a cluster; 0: there are none at all
 * @per_group: clusters in a group
 * @groups_at: where the groups begin: byte of the file
 * @size: bytes of a resource
 * @group_bytes: of a group
 * @nr_groups: their number
 * @nr: number of resources
 * @layout: where the file lies
 */
struct resource {
	enum resource_state state;
	u32 per_cluster;
	u32 per_group;
	u32 groups_at;
	u32 size;
	u32 group_bytes;
	u32 nr_groups;
	u64 nr;
	struct layout *layout;
};

int resource_find(struct fs *fs, const char *what,
		  const struct address *address, u32 bytes,
		  struct place *place);
int resources_read(struct fs *fs);
void resources_free(struct fs *fs);

#endif /* SESPARSE_VMFS_RESOURCE_H */
