/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes by offset: what an extent is read from.
 */
#ifndef SESPARSE_SOURCE_SOURCE_H
#define SESPARSE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "source/direct.h"
#include "source/holes.h"

struct file_found;
struct layout;
struct log;
struct splice;
struct stored;

/**
 * struct source - a file or block device that is read
 * @path: its name, for messages
 * @fd: open for reading, or -1 if it could not be and need not, or if it lies in
 *      a datastore
 * @is_block: it is a block device
 * @direct: the same for direct I/O, after source_open_direct()
 * @sectors: its length, if it is open
 * @stored: it lies in a datastore, or NULL
 * @layout: where, then, or if it is spliced
 * @splice: some of it comes from memory, or NULL; @fd says only which file it is
 */
struct source {
	char *path;
	int fd;
	struct direct direct;
	bool is_block;
	u64 sectors;
	struct stored *stored;
	struct layout *layout;
	struct splice *splice;
};

/**
 * struct source_place - where a part of a source is to be read
 * @source: what has a descriptor to read it by, or NULL: zeros
 * @at: its first byte there
 * @bytes: its length
 */
struct source_place {
	const struct source *source;
	u64 at;
	u64 bytes;
};

/* One that is not open yet, or could not be: source_close() takes that, too. */
#define SOURCE_CLOSED(name) \
	((struct source){ .path = (name), .fd = -1, .direct.fd = -1 })

/* Can it be read? */
static inline bool source_is_open(const struct source *source)
{
	return source->fd >= 0 || source->layout;
}

int source_open(const struct log *log, const struct file_found *found,
		struct source *source);
int source_peek(const struct file_found *found, struct source *source);
void source_open_direct(const struct log *log, struct source *source);
int source_read_some(const struct source *source, void *buf, size_t bytes,
		     u64 at, size_t *done);
int source_read(const struct source *source, void *buf, size_t bytes, u64 at);
struct stretch source_stretch(const struct source *source, u64 at, u64 end,
			      u32 align);
struct source_place source_place(const struct source *source, u64 at, u64 end,
				 u64 min_hole, struct holes_seen *seen);
int source_stat(const struct source *source, struct stat *st);
void source_drop_cache(const struct source *source);
void source_close(struct source *source);

#endif /* SESPARSE_SOURCE_SOURCE_H */
