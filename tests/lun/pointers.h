/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of a file's blocks, in the file's descriptor or in pointer
 * blocks that it points to.
 */
#ifndef LUN_POINTERS_H
#define LUN_POINTERS_H

#include <stdio.h>

#include "resource.h"

/* "ZLA": what the pointers in a file descriptor lead to. */
enum zla {
	ZLA_FB = 1,
	ZLA_SB = 2,
	ZLA_PB = 3,
	ZLA_PB2 = 5,
	ZLA_DOUBLE = 0x10d0,
	ZLA_INLINE = 0x10d1
};

/* The file that a pointer block lies in. */
enum pb_home {
	PB_SBC,
	PB_PBC,
	PB_PB2,
	PB_FB,
	PB_HOMES
};

/**
 * struct filesystem - a volume and its system files
 * @v: the volume
 * @fdc: file descriptors
 * @sbc: sub-blocks
 * @pbc: pointer blocks
 * @pb2: pointer blocks of the second level, or of .sbc.sf
 * @map: where the manifest's lines about places go, or NULL
 */
struct filesystem {
	struct volume v;
	struct resource fdc;
	struct resource sbc;
	struct resource pbc;
	struct resource pb2;
	FILE *map;
};

/**
 * struct pointers - the addresses of a file's blocks, added one by one
 * @fs: the file system
 * @depth: pointer blocks between the descriptor and a block: 0 to 2
 * @home: where pointer blocks that hold addresses of blocks lie
 * @outer_home: where those do that hold addresses of pointer blocks
 * @keep: pointer blocks of holes only are there too
 * @path: the file's, for the manifest
 * @top: what the file descriptor holds
 * @inner: the pointer block being filled
 * @outer: and the one above it
 * @nr: addresses added
 * @nr_pbs: pointer blocks made
 * @data_blocks: addresses that are none of holes
 */
struct pointers {
	struct filesystem *fs;
	unsigned int depth;
	enum pb_home home;
	enum pb_home outer_home;
	bool keep;
	const char *path;
	u64 *top;
	u64 *inner;
	u64 *outer;
	u64 nr;
	u64 nr_pbs;
	u64 data_blocks;
};

void path_write(FILE *to, const char *path);
void filesystem_note(const struct filesystem *fs, const char *path, u64 offset,
		     u64 length);

int pointers_open(struct pointers *p, struct filesystem *fs, u64 blocks,
		  unsigned int depth);
int pointers_add(struct pointers *p, u64 address);
int pointers_finish(struct pointers *p);
enum zla pointers_zla(const struct pointers *p);
void pointers_close(struct pointers *p);

#endif /* LUN_POINTERS_H */
