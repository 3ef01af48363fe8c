/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes by offset: what an extent is read from.
 */
#ifndef SESPARSE_SOURCE_SOURCE_H
#define SESPARSE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>

#include "source/direct.h"

struct file_found;
struct log;

/**
 * struct source - a file or block device that is read
 * @path: its name, for messages
 * @fd: open for reading, or -1 if it could not be and need not
 * @is_block: it is a block device
 * @direct: the same for direct I/O, after source_open_direct()
 * @sectors: its length, if @fd is open
 */
struct source {
	char *path;
	int fd;
	struct direct direct;
	bool is_block;
	u64 sectors;
};

int source_open(const struct log *log, const struct file_found *found,
		struct source *source);
void source_open_direct(const struct log *log, struct source *source);
void source_close(struct source *source);

#endif /* SESPARSE_SOURCE_SOURCE_H */
