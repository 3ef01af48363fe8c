/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VMware's volume manager says at the start of a device: which volume it is
 * an extent of, and where on it that volume's bytes lie.
 */
#ifndef SESPARSE_VMFS_LVM_H
#define SESPARSE_VMFS_LVM_H

#include <stdbool.h>
#include <stddef.h>

#include "vmfs/uuid.h"
#include "vmfs/partition.h"

struct lun;

/* Where it says so, from the partition's start, and its first 4 bytes. */
#define LVM_AT 0x100000
#define LVM_MAGIC 0xc001d00d

/* Volumes are numbered by pieces of so many bytes, whatever lies where. */
#define LVM_UNIT_BYTES (256ULL << 20)

/* A volume has so many extents at the most. */
#define LVM_MAX_EXTENTS 32

/**
 * struct piece - bytes of a volume that lie side by side on a LUN
 * @start: the first, of the volume
 * @end: the one after the last
 * @lun: what they lie on
 * @at: where: the first byte there
 */
struct piece {
	u64 start;
	u64 end;
	const struct lun *lun;
	u64 at;
};

/**
 * struct extent - what a device has of a volume
 * @lun: the device
 * @part: where on it
 * @volume: identifies the volume
 * @device: identifies the device
 * @copy: the volume's number as a copy: a resignature changes it
 * @is_copy: the volume waits for a resignature
 * @bytes: length of the volume
 * @nr_extents: how many the volume has
 * @first: the first unit of the volume on it
 * @last: the last one
 * @pieces: where what lies
 * @nr_pieces: their number
 */
struct extent {
	const struct lun *lun;
	struct vmfs_partition part;
	unsigned char volume[UUID_BYTES];
	unsigned char device[UUID_BYTES];
	u32 copy;
	bool is_copy;
	u64 bytes;
	u32 nr_extents;
	u64 first;
	u64 last;
	struct piece *pieces;
	size_t nr_pieces;
};

/**
 * struct extents - those that were found
 * @list: each
 * @nr: their number
 */
struct extents {
	struct extent *list;
	size_t nr;
};

int lvm_read(const struct lun *lun, const struct vmfs_partition *part,
	     struct extents *extents);
void extents_free(struct extents *extents);

#endif /* SESPARSE_VMFS_LVM_H */
