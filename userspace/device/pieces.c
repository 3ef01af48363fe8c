// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file in pieces becomes a device with a dm-linear target for each, and a dm-zero
 * target for each hole.  What is in one piece needs none: see attach.c.
 */
#include <stdlib.h>

#include "device/attach.h"
#include "device/dm-table.h"
#include "device/name.h"
#include "device/pieces.h"
#include "dm-sesparse/format.h"
#include "source/layout.h"
#include "source/source.h"
#include "util/message.h"

/**
 * pieces_check() - check that devices can be made of a file's pieces
 * @source: the file, on LUNs
 * @block: bytes of the LUNs' sectors, the largest
 *
 * Past its last whole sector nothing of a file is wanted.
 *
 * Return: 0, or an exit code after a message.
 */
int pieces_check(const struct source *source, unsigned int block)
{
	const u64 end = source->layout->bytes & ~(u64)(block - 1);
	struct layout_piece piece;
	u64 at;

	for (at = 0; at < end; at = piece.end) {
		layout_look(source->layout, at, &piece);
		if (!((piece.start | piece.at) & (block - 1)))
			continue;
		return fail(EXIT_DEVICE,
			    "%s: byte %llu of the file is byte %llu of %s, expected multiples of %u, as its sectors are: %s",
			    source->path, piece.start, piece.at,
			    piece.device ? piece.device->path : "a hole", block,
			    block > SESPARSE_SECTOR_SIZE ?
			    "open it with --sector-size 512" :
			    "copy it (cp), and open the copy");
	}
	return 0;
}

/**
 * pieces_is_one() - is all of a file in one piece?
 * @source: the file, on LUNs
 * @piece: set to the piece
 *
 * Return: true if so, and it is no hole.
 */
bool pieces_is_one(const struct source *source, struct layout_piece *piece)
{
	const struct layout *layout = source->layout;

	if (!source->sectors)
		return false;
	layout_look(layout, 0, piece);
	return piece->device && piece->end == layout->bytes;
}

/* Add the piece that a sector lies in, from there to @end at most; move behind it. */
static int add_piece(const struct attachments *a, const struct source *source,
		     u64 *at, u64 end, struct dm_table *table)
{
	const u64 byte = *at * SESPARSE_SECTOR_SIZE;
	struct layout_piece piece;
	struct target_device lun;
	u64 sectors;

	layout_look(source->layout, byte, &piece);
	sectors = min_t(u64, end, piece.end / SESPARSE_SECTOR_SIZE) - *at;
	*at += sectors;
	if (!piece.device)
		return dm_table_add_zero(table, sectors);
	lun = attach_place(a, piece.device, (piece.at + byte - piece.start) /
					    SESPARSE_SECTOR_SIZE);
	return dm_table_add_linear(table, sectors, lun.device, lun.sector);
}

/**
 * pieces_add() - let a device go on with a part of a file in pieces
 * @a: the sources
 * @source: the file, one of them
 * @start: first sector of the part
 * @end: sector behind its last, which the file has
 * @table: the device's targets so far
 *
 * Return: 0, or an exit code after a message.
 */
int pieces_add(const struct attachments *a, const struct source *source,
	       u64 start, u64 end, struct dm_table *table)
{
	int r = 0;

	while (start < end && !r)
		r = add_piece(a, source, &start, end, table);
	return r;
}

/* In sectors, of whole sectors of the LUNs. */
static u64 end_of(const struct attachment *file, unsigned int block)
{
	return file->source->layout->bytes / block *
	       (block / SESPARSE_SECTOR_SIZE);
}

static bool needs_device(const struct attachment *file, unsigned int block)
{
	return file->source->layout && !file->name && !file->in_base &&
	       end_of(file, block);
}

/**
 * pieces_need_devices() - is there anything to make?
 * @a: the sources, named as far as they can be
 *
 * Return: true if pieces_make() will make a device.
 */
bool pieces_need_devices(const struct attachments *a)
{
	size_t i;

	for (i = 0; i < a->nr_sources; i++)
		if (needs_device(&a->list[i], a->block))
			return true;
	return false;
}

/* Devices being made. */
struct making {
	struct attachments *a;
	pieces_fn make;
	void *data;
	unsigned int nr;
};

static int make_device(struct making *m, const struct source *source,
		       const struct dm_table *table, char **name)
{
	*name = NULL;
	if (m->nr == MAX_LUN)
		return fail(EXIT_DEVICE,
			    "%s: in more pieces than %d devices of %d can have: copy it (cp), and open the copy",
			    source->path, MAX_LUN, DM_TABLE_MAX_TARGETS);
	return m->make(m->data, ++m->nr, table, name);
}

/* Make a device of the next pieces. */
static int make_part(struct making *m, const struct source *source, u64 end,
		     u64 *at, char **name)
{
	struct dm_table table = { 0 };
	int r = 0;

	*name = NULL;
	while (*at < end && table.nr < DM_TABLE_MAX_TARGETS && !r)
		r = add_piece(m->a, source, at, end, &table);
	if (!r)
		r = make_device(m, source, &table, name);
	dm_table_free(&table);
	return r;
}

/* Most files need but one device: others one more, which joins theirs. */
static int make_file(struct making *m, struct attachment *file)
{
	const u64 end = end_of(file, m->a->block);
	struct dm_table join = { 0 };
	u64 at = 0, start;
	char *name;
	int r;

	do {
		start = at;
		r = make_part(m, file->source, end, &at, &name);
		if (!r && at - start == end) {
			file->name = name;
			return 0;
		}
		if (!r)
			r = dm_table_add_linear(&join, at - start, name, 0);
		free(name);
	} while (!r && at < end);
	if (!r)
		r = make_device(m, file->source, &join, &file->name);
	dm_table_free(&join);
	return r;
}

/**
 * pieces_make() - make devices of files in pieces
 * @a: the sources, named as far as they can be; then all that can be needed
 * @make: makes each device
 * @data: for @make
 *
 * Return: 0, or an exit code after a message.
 */
int pieces_make(struct attachments *a, pieces_fn make, void *data)
{
	struct making m = { .a = a, .make = make, .data = data };
	size_t i;
	int r = 0;

	for (i = 0; i < a->nr_sources && !r; i++)
		if (needs_device(&a->list[i], a->block))
			r = make_file(&m, &a->list[i]);
	return r;
}
