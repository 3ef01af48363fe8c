/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a seSparse extent's grain directory and grain tables from its file.
 */
#ifndef SESPARSE_SESPARSE_TABLE_READER_H
#define SESPARSE_SESPARSE_TABLE_READER_H

#include "dm-sesparse/format.h"

struct progress;
struct source;

/**
 * struct tables - an extent whose tables are to be read
 * @source: the file or device, open
 * @start: the extent's first sector there
 * @geo: its geometry
 * @progress: gets further with what is read, or NULL
 */
struct tables {
	const struct source *source;
	u64 start;
	struct sesparse_geometry geo;
	struct progress *progress;
};

/**
 * struct tables_user - who takes what was read; each returns 0 to go on
 * @entries: take @nr entries of the directory from the @first on; @error, if it
 *           isn't 0, is why they could not be read
 * @wants: is table @index of the extent to be read?
 * @table: take table @index, or learn the @error that kept it from being read
 * @private: for the three
 */
struct tables_user {
	int (*entries)(void *private, u64 first, u64 nr, const __le64 *entries,
		       int error);
	bool (*wants)(void *private, u64 index);
	int (*table)(void *private, u64 index, const __le64 *entries,
		     int error);
	void *private;
};

int tables_read_bytes(const struct tables *t, u64 at, void *buf, size_t bytes,
		      bool *hole);
int tables_read_directory(const struct tables *t,
			  const struct tables_user *user);
int tables_read(const struct tables *t, const struct tables_user *user);

#endif /* SESPARSE_SESPARSE_TABLE_READER_H */
