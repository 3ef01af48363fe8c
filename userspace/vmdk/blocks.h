/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel finds the bytes of a chain's extents: block devices, given
 * or made.
 */
#ifndef SESPARSE_VMDK_BLOCKS_H
#define SESPARSE_VMDK_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"
#include "source/direct.h"

struct chain;
struct log;
struct roots;

/**
 * struct stand_in - a block device in the place of an extent file
 * @file: the file, as in the descriptor, its last part or where it really is
 * @device: the device
 * @path: the file that it has been used for
 */
struct stand_in {
	const char *file;
	const char *device;
	char *path;
};

/**
 * struct blocks_options - how to find them
 * @roots: folders that are elsewhere on this machine
 * @stand_ins: block devices to take in place of files
 * @nr_stand_ins: their number
 * @must_open: a block device that cannot be opened is an error
 */
struct blocks_options {
	const struct roots *roots;
	struct stand_in *stand_ins;
	size_t nr_stand_ins;
	bool must_open;
};

/**
 * struct source - what an extent reads from
 * @path: the file or block device
 * @fd: open for reading, or -1 if it could not be and need not
 * @is_block: it is a block device
 * @direct: the same for direct I/O, after blocks_open_direct()
 * @sectors: its length, if @fd is open
 * @name: how a table names it; NULL until that is settled
 * @loop: the open loop device made for it, or -1
 */
struct source {
	char *path;
	int fd;
	struct direct direct;
	bool is_block;
	u64 sectors;
	char *name;
	int loop;
};

/**
 * struct blocks - the sources of a chain, each once
 * @sources: the sources
 * @nr: their number
 */
struct blocks {
	struct source **sources;
	size_t nr;
};

int blocks_find(const struct log *log, const struct chain *chain,
		const struct blocks_options *options, struct blocks *blocks);
int blocks_name(const struct blocks *blocks, bool dry_run);
int blocks_print(const struct blocks *blocks);
int blocks_attach(const struct log *log, const struct blocks *blocks,
		  unsigned int sector_size);
void blocks_tell(const struct blocks *blocks);
void blocks_detach(const struct blocks *blocks);
void blocks_open_direct(const struct log *log, const struct blocks *blocks);
void blocks_free(struct blocks *blocks);

#endif /* SESPARSE_VMDK_BLOCKS_H */
