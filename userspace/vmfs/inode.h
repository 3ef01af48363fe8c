/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors of files, in which a volume keeps all about one but its name.
 */
#ifndef SESPARSE_VMFS_INODE_H
#define SESPARSE_VMFS_INODE_H

#include "source/stored.h"
#include "vmfs/volume.h"

struct fs;

#define INODE_FOLDER 2
#define INODE_FILE 3
#define INODE_LINK 4
#define INODE_SYSTEM 5
#define INODE_RDM 6

/* How the pointers of one lead to its bytes. */
#define INODE_BLOCKS 1
#define INODE_SUB_BLOCKS 2
#define INODE_POINTER_BLOCKS 3
#define INODE_POINTER_BLOCKS_2 5
#define INODE_DOUBLE 0x10d0
#define INODE_INLINE 0x10d1

/* The address of a volume's topmost folder. */
#define INODE_ROOT 4

/**
 * struct inode - a file's descriptor
 * @address: its own
 * @generation: tells it from those that were in its place before
 * @place: where it lies
 * @raw: its bytes, fd_bytes of them
 * @type: INODE_FILE or another of these
 * @zla: INODE_BLOCKS or another of these
 * @length: of the file
 * @shift: log2 of the bytes that a pointer stands for
 */
struct inode {
	u32 address;
	u32 generation;
	struct place place;
	unsigned char *raw;
	u32 type;
	u32 zla;
	u64 length;
	unsigned int shift;
};

int inode_read(struct fs *fs, u32 address, struct inode *inode);
int inode_read_at(struct fs *fs, u32 address, u64 at, struct inode *inode);
u64 inode_pointer(const struct fs *fs, const struct inode *inode, u32 i);
void inode_stat(const struct fs *fs, const struct inode *inode,
		struct stat *st);
void inode_lock(const struct fs *fs, const struct inode *inode,
		struct stored_lock *lock);
void inode_free(struct inode *inode);

#endif /* SESPARSE_VMFS_INODE_H */
