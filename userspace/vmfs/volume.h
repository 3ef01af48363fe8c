/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A volume: the bytes that its extents make, one after the other.
 */
#ifndef SESPARSE_VMFS_VOLUME_H
#define SESPARSE_VMFS_VOLUME_H

#include "vmfs/lvm.h"

struct luns;

/**
 * struct volume - it
 * @luns: what it lies on
 * @uuid: the volume manager's for it
 * @copy: its number as a copy
 * @is_copy: it waits for a resignature
 * @name: how messages call it: a LUN that it is on, the first one
 * @pieces: all of it, in order, without gaps
 * @nr_pieces: their number
 * @bytes: its length
 */
struct volume {
	const struct luns *luns;
	unsigned char uuid[UUID_BYTES];
	u32 copy;
	bool is_copy;
	const char *name;
	struct piece *pieces;
	size_t nr_pieces;
	u64 bytes;
};

/**
 * struct place - where something is
 * @lun: what it lies on
 * @at: its first byte there
 */
struct place {
	const struct lun *lun;
	u64 at;
};

int volume_assemble(const struct luns *luns, struct extent *const *extents,
		    size_t nr, struct volume *volume);
u64 volume_locate(const struct volume *volume, u64 at, struct place *place);
int volume_find(const struct volume *volume, const char *what, u64 at,
		size_t bytes, struct place *place);
int volume_read(const struct volume *volume, const char *what, u64 at,
		void *buf, size_t bytes);
void volume_free(struct volume *volume);

#endif /* SESPARSE_VMFS_VOLUME_H */
