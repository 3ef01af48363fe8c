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

/* libdevmapper refuses tables of more than 50 MB, which these can't reach. */
#define MAX_TARGETS 300000

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

/* In sectors, of whole sectors of the LUNs. */
static u64 end_of(const struct attachment *file, unsigned int block)
{
	return file->source->layout->bytes / block *
	       (block / SESPARSE_SECTOR_SIZE);
}

static bool needs_device(const struct attachment *file, unsigned int block)
{
	return file->source->layout && !file->name && end_of(file, block);
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
			    source->path, MAX_LUN, MAX_TARGETS);
	return m->make(m->data, ++m->nr, table, name);
}

/* Add a device's worth of pieces, from *@at on, which is moved behind them. */
static int add_pieces(const struct attachments *a, const struct source *source,
		      u64 end, u64 *at, struct dm_table *table)
{
	struct layout_piece piece;
	struct target_device lun;
	u64 sectors;
	int r = 0;

	for (; *at < end && table->nr < MAX_TARGETS && !r; *at += sectors) {
		layout_look(source->layout, *at * SESPARSE_SECTOR_SIZE, &piece);
		sectors = min_t(u64, end, piece.end / SESPARSE_SECTOR_SIZE) -
			  *at;
		if (!piece.device) {
			r = dm_table_add_zero(table, sectors);
			continue;
		}
		lun = attach_place(a, piece.device,
				   piece.at / SESPARSE_SECTOR_SIZE);
		r = dm_table_add_linear(table, sectors, lun.device, lun.sector);
	}
	return r;
}

/* Make a device of the next pieces. */
static int make_part(struct making *m, const struct source *source, u64 end,
		     u64 *at, char **name)
{
	struct dm_table table = { 0 };
	int r;

	*name = NULL;
	r = add_pieces(m->a, source, end, at, &table);
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
