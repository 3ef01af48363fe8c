/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMFS file system: what its descriptor says, and what is known of it since.
 */
#ifndef SESPARSE_VMFS_FS_H
#define SESPARSE_VMFS_FS_H

#include <stdbool.h>

#include "vmfs/heartbeat.h"
#include "vmfs/resource.h"
#include "vmfs/volume.h"

#define FS_LABEL_SIZE 129

struct directories;
struct log;
struct seen;

/**
 * struct fs - it
 * @log: how much to tell
 * @force: only warn of to-be-zeroed bits whose meaning is not known
 * @volume: what it lies on
 * @number: its number among the datastores
 * @label: its name
 * @uuid: in text
 * @major: version of the format
 * @is_6: addresses have 64 bits: it is VMFS 6 or newer
 * @block_bits: log2 of the bytes of a file block
 * @large_bits: log2 of those of a large one; only VMFS 6 has such
 * @sub_block: bytes of a sub-block
 * @is_dense: sub-blocks' addresses have two more bits (before VMFS 6)
 * @lock_bytes: of a lock, which a descriptor of a file begins with
 * @fd_bytes: of a descriptor of a file
 * @pointers_at: where in one its pointers begin
 * @nr_pointers: their number
 * @inline_at: where in one the bytes of a small file begin
 * @per_pointer_block: pointers in a pointer block
 * @system_at: descriptors of the system's own files: byte of the volume
 * @pb2_at: that of the second pointer block file likewise, or 0
 * @pb2: its address, or 0
 * @per_cluster: file blocks in a cluster (VMFS 6)
 * @resources: files that the small things lie in
 * @heartbeats: of hosts that have it open
 * @directories: those that were read
 * @seen: files that were mapped
 */
struct fs {
	const struct log *log;
	bool force;
	struct volume volume;
	unsigned int number;
	char label[FS_LABEL_SIZE];
	char uuid[UUID_TEXT_SIZE];
	u32 major;
	bool is_6;
	unsigned int block_bits;
	unsigned int large_bits;
	u32 sub_block;
	bool is_dense;
	u32 lock_bytes;
	u32 fd_bytes;
	u32 pointers_at;
	u32 nr_pointers;
	u32 inline_at;
	u32 per_pointer_block;
	u64 system_at;
	u64 pb2_at;
	u32 pb2;
	u32 per_cluster;
	struct resource resources[NR_RESOURCES];
	struct heartbeats heartbeats;
	struct directories *directories;
	struct seen *seen;
};

/* Bytes of a pointer, and of a block of them. */
static inline u32 fs_pointer_bytes(const struct fs *fs)
{
	return fs->is_6 ? 8 : 4;
}

static inline u32 fs_pointer_block_bytes(const struct fs *fs)
{
	return fs->per_pointer_block * fs_pointer_bytes(fs);
}

bool fs_read_label(const struct lun *lun, u64 at, char label[FS_LABEL_SIZE]);
int fs_open(struct fs *fs);
void fs_close(struct fs *fs);

#endif /* SESPARSE_VMFS_FS_H */
