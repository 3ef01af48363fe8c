// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lies side by side is read at once, up to 1 MiB, in the order of the file;
 * holes in the file, most of what a snapshot of a large disk has for tables, are
 * not read at all: a hole says the same as no entry.
 *
 * Where a large read fails, small ones tell what can be read and what can't.
 */
#include "sesparse/table-reader.h"
#include "source/bytes.h"
#include "source/holes.h"
#include "source/source.h"
#include "util/message.h"
#include "util/progress.h"

/* Fuzzers set a smaller one. */
#ifndef READ_BYTES
#define READ_BYTES (1U << 20)
#endif
#define READ_TABLES (READ_BYTES / SESPARSE_TABLE_BYTES)

static_assert(READ_BYTES % SESPARSE_TABLE_BYTES == 0);

/* The least part of the directory that is tried by itself. */
#define RETRY_BYTES 4096U

/* A reading: @buf holds READ_BYTES. */
struct reading {
	const struct tables *t;
	const struct tables_user *user;
	void *buf;
};

/* Byte of the file where a sector of the extent lies: both have been checked. */
static u64 byte_of(const struct tables *t, u64 sector)
{
	return (t->start + sector) * SESPARSE_SECTOR_SIZE;
}

static int read_at(const struct tables *t, void *buf, u64 at, size_t bytes)
{
	const int error = source_read(t->source, buf, bytes, at);

	if (t->progress)
		progress_add(t->progress, bytes);
	return error;
}

/* The first byte from @at on that a hole doesn't hold, at the most @end. */
static u64 skip_hole(const struct tables *t, u64 at, u64 end)
{
	struct stretch stretch;

	if (at == end)
		return end;
	stretch = source_stretch(t->source, at, end, sizeof(u64));
	return stretch.is_hole ? stretch.end : at;
}

/**
 * tables_read_bytes() - read some of an extent
 * @t: the extent
 * @at: the first byte, from the extent's start
 * @buf: where to put them
 * @bytes: how many, all of them in the file
 * @hole: set if all of it is a hole; @buf is not filled in then
 *
 * Return: 0, or an errno.
 */
int tables_read_bytes(const struct tables *t, u64 at, void *buf, size_t bytes,
		      bool *hole)
{
	const u64 start = byte_of(t, 0) + at;

	*hole = skip_hole(t, start, start + bytes) == start + bytes;
	return *hole ? 0 : read_at(t, buf, start, bytes);
}

static int directory_part(const struct reading *d, u64 first, u64 nr, u64 at)
{
	const struct tables_user *u = d->user;
	u64 i, step;
	int error, r = 0;

	error = read_at(d->t, d->buf, at, nr * sizeof(u64));
	if (!error)
		return u->entries(u->private, first, nr, d->buf, 0);
	for (i = 0; i < nr && !r; i += step) {
		step = min_t(u64, RETRY_BYTES / sizeof(u64), nr - i);
		error = read_at(d->t, d->buf, at + i * sizeof(u64),
				step * sizeof(u64));
		r = u->entries(u->private, first + i, step, d->buf, error);
	}
	return r;
}

/**
 * tables_read_directory() - read an extent's grain directory
 * @t: the extent
 * @user: whose @entries takes it, in order, entries in holes left out
 *
 * Return: 0, an exit code after a message, or what @entries returned.
 */
int tables_read_directory(const struct tables *t,
			  const struct tables_user *user)
{
	const u64 start = byte_of(t, t->geo.directory);
	const u64 end = start + t->geo.nr_tables * sizeof(u64);
	struct reading d = { t, user, malloc(READ_BYTES) };
	u64 at, bytes;
	int r = 0;

	if (!d.buf)
		return fail_memory();
	for (at = start; at < end && !r; at += bytes) {
		at = skip_hole(t, at, end);
		bytes = min_t(u64, READ_BYTES, end - at);
		if (bytes)
			r = directory_part(&d, (at - start) / sizeof(u64),
					   bytes / sizeof(u64), at);
	}
	free(d.buf);
	return r;
}

static u64 byte_of_table(const struct tables *t, u64 index)
{
	return byte_of(t, t->geo.tables + index * SESPARSE_TABLE_SECTORS);
}

static int some_tables(const struct reading *d, u64 first, u64 nr)
{
	const struct tables_user *u = d->user;
	int error, r = 0;
	u64 i;

	error = read_at(d->t, d->buf, byte_of_table(d->t, first),
			nr * SESPARSE_TABLE_BYTES);
	for (i = 0; i < nr && !r; i++) {
		char *table = (char *)d->buf + i * SESPARSE_TABLE_BYTES;
		int e = !error ? 0 :
			read_at(d->t, table, byte_of_table(d->t, first + i),
				SESPARSE_TABLE_BYTES);

		r = u->table(u->private, first + i, (void *)table, e);
	}
	return r;
}

/* The first table from @index on that is wanted and in no hole, else the end. */
static u64 next_table(const struct reading *d, u64 index)
{
	const struct tables *t = d->t;
	const u64 max = t->geo.max_tables;
	const u64 end = byte_of_table(t, max);
	u64 data;

	for (; index < max; index++) {
		if (!d->user->wants(d->user->private, index))
			continue;
		data = skip_hole(t, byte_of_table(t, index), end);
		data = (data - byte_of_table(t, 0)) / SESPARSE_TABLE_BYTES;
		if (data <= index)
			break;
		index = data - 1;
	}
	return index;
}

/**
 * tables_read() - read grain tables of an extent
 * @t: the extent
 * @user: whose @wants says which, and whose @table takes them, in the order of
 *        the file; tables that are all a hole are left out
 *
 * Return: 0, an exit code after a message, or what @table returned.
 */
int tables_read(const struct tables *t, const struct tables_user *user)
{
	struct reading d = { t, user, malloc(READ_BYTES) };
	u64 index, nr;
	int r = 0;

	if (!d.buf)
		return fail_memory();
	for (index = next_table(&d, 0); index < t->geo.max_tables && !r;
	     index = next_table(&d, index + nr)) {
		for (nr = 1; nr < READ_TABLES &&
			     index + nr < t->geo.max_tables; nr++)
			if (!user->wants(user->private, index + nr))
				break;
		r = some_tables(&d, index, nr);
	}
	free(d.buf);
	return r;
}
