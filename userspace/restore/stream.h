/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk read from its start to its end, some blocks ahead.
 */
#ifndef SESPARSE_RESTORE_STREAM_H
#define SESPARSE_RESTORE_STREAM_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct disk;
struct log;
struct ranges;
struct stream;

/**
 * struct stretch_read - a stretch of the disk
 * @start: its first byte
 * @bytes: its length
 * @data: what it holds, PLAN_BLOCK_BYTES at the most; NULL: zeros, however long
 */
struct stretch_read {
	u64 start;
	u64 bytes;
	const char *data;
};

int stream_open(const struct log *log, const struct disk *disk,
		struct ranges *bad, struct stream **stream);
int stream_next(struct stream *s, struct stretch_read *stretch);
void stream_close(struct stream *s);

#endif /* SESPARSE_RESTORE_STREAM_H */
