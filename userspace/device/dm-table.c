// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/attach.h"
#include "device/dm-table.h"
#include "device/pieces.h"
#include "device/target-args.h"
#include "disk/base-span.h"
#include "source/layout.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"

/* What a line of the disk takes for its parent. */
enum parent_kind {
	PARENT_NONE, /* zeros */
	PARENT_EXTENT, /* all of it in one extent */
	PARENT_DEVICE, /* in several, or past the last one's end: a device of its own */
};

/*
 * An extent may be anywhere in its file, which must not show past the
 * extent's end: only where the line ends no later is the file fit as it is.
 * What stands in for the base is all of a device, past whose end are zeros; but
 * past that of a file on a LUN may be another's bytes.
 */
static enum parent_kind parent_of(const struct chain *chain, u64 start, u64 end,
				  struct base_span *span)
{
	const struct descriptor *base = chain_base(chain);
	u64 at;

	if (!base)
		return PARENT_NONE;
	*span = base_span(base, start, end);
	if (span->extent && (span->length == end - start ||
			     (base->stands_in && !span->extent->source->layout)))
		return PARENT_EXTENT;
	for (at = start; at < end; at += span->length) {
		*span = base_span(base, at, end);
		if (span->extent || span->missing)
			return PARENT_DEVICE;
	}
	return PARENT_NONE;
}

/**
 * dm_table_needs_base() - must the base become a device first?
 * @chain: the chain
 *
 * Return: true if a part of the disk has more than one extent below it.
 */
bool dm_table_needs_base(const struct chain *chain)
{
	const struct descriptor *top = chain->links[0];
	struct base_span span;
	u64 at = 0;
	size_t i;

	if (!chain->nr_layers)
		return false;
	for (i = 0; i < top->nr_extents; i++) {
		u64 end = at + top->extents[i].sectors;

		if (parent_of(chain, at, end, &span) == PARENT_DEVICE)
			return true;
		at = end;
	}
	return false;
}

/* Does any line of the disk name an extent of the base? */
static bool names_extents(const struct chain *chain)
{
	const struct descriptor *top = chain->links[0];
	struct base_span span;
	u64 at = 0;
	size_t i;

	for (i = 0; i < top->nr_extents; i++) {
		u64 end = at + top->extents[i].sectors;

		if (parent_of(chain, at, end, &span) == PARENT_EXTENT)
			return true;
		at = end;
	}
	return false;
}

/**
 * dm_table_takes_pieces() - can the base's table have the pieces of its files?
 * @chain: the chain
 *
 * Return: true if no other table names these files, and there are not too many;
 * then dm_table_of_base() wants no devices made of them.
 */
bool dm_table_takes_pieces(const struct chain *chain)
{
	const struct descriptor *base = chain_base(chain);
	const struct extent *e;
	size_t nr = 0;

	if (!base || (chain->nr_layers && (!dm_table_needs_base(chain) ||
					   names_extents(chain))))
		return false;
	for (e = base->extents; e < base->extents + base->nr_extents; e++)
		nr += 1 + (e->source && e->source->layout ?
			   e->source->layout->nr_runs : 0);
	return nr < DM_TABLE_MAX_TARGETS;
}

static int make_room(struct dm_table *table)
{
	const size_t room = table->room + table->room / 2 + 4;
	struct dm_table_line *lines;

	if (table->nr < table->room)
		return 0;
	lines = reallocarray(table->lines, room, sizeof(*lines));
	if (!lines)
		return fail_memory();
	table->lines = lines;
	table->room = room;
	return 0;
}

/**
 * dm_table_add() - let a device go on with another target
 * @table: its targets so far
 * @length: of the target, in sectors
 * @type: its name
 * @params: its arguments, for free(), on failure too; NULL: memory ran out
 *
 * Return: 0, or an exit code after a message.
 */
int dm_table_add(struct dm_table *table, unsigned long long length,
		 const char *type, char *params)
{
	const struct dm_table_line *last;
	int r;

	r = params ? make_room(table) : fail_memory();
	if (r) {
		free(params);
		return r;
	}
	last = table->nr ? &table->lines[table->nr - 1] : NULL;
	/* make_room() has seen to it. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	table->lines[table->nr++] = (struct dm_table_line){
		.start = last ? last->start + last->length : 0,
		.length = length,
		.type = type,
		.params = params,
	};
	return 0;
}

/**
 * dm_table_add_linear() - let it go on with a part of another device
 * @table: its targets so far
 * @length: of the part, in sectors
 * @device: "major:minor", or the device's name
 * @sector: where on it
 *
 * Return: 0, or an exit code after a message.
 */
int dm_table_add_linear(struct dm_table *table, unsigned long long length,
			const char *device, unsigned long long sector)
{
	char *params;

	if (asprintf(&params, "%s %llu", device, sector) < 0)
		params = NULL;
	return dm_table_add(table, length, "linear", params);
}

/**
 * dm_table_add_zero() - let it go on with zeros
 * @table: its targets so far
 * @length: of the zeros, in sectors
 *
 * Return: 0, or an exit code after a message.
 */
int dm_table_add_zero(struct dm_table *table, unsigned long long length)
{
	return dm_table_add(table, length, "zero", strdup(""));
}

static int add_span(struct dm_table *table, const struct base_span *span,
		    const struct attachments *names)
{
	struct target_device at;

	if (span->missing)
		return dm_table_add(table, span->length, "error", strdup(""));
	if (!span->extent)
		return dm_table_add_zero(table, span->length);
	at = attach_place(names, span->extent->source, span->sector);
	if (!at.device)
		return pieces_add(names, span->extent->source, span->sector,
				  span->sector + span->length, table);
	return dm_table_add_linear(table, span->length, at.device, at.sector);
}

/**
 * dm_table_of_base() - the base as a device of the disk's length
 * @chain: the chain
 * @names: what its sources are called
 * @table: filled in, for dm_table_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int dm_table_of_base(const struct chain *chain, const struct attachments *names,
		  struct dm_table *table)
{
	const struct descriptor *base = chain_base(chain);
	const u64 end = chain->links[0]->capacity;
	struct base_span span;
	int r = 0;
	u64 at;

	*table = (struct dm_table){ 0 };
	for (at = 0; at < end && !r; at += span.length) {
		span = base_span(base, at, end);
		r = add_span(table, &span, names);
	}
	return r;
}

static void set_layers(const struct chain *chain,
		       const struct dm_table_options *options, size_t index,
		       struct target_args *args)
{
	const struct segment segment = segment_of(chain->nr_layers,
						  options->segment);
	const struct extent *e;

	for (; args->nr_layers < segment.nr; args->nr_layers++) {
		e = &chain->links[segment.first + args->nr_layers]
			->extents[index];
		args->layers[args->nr_layers] =
			attach_place(options->names, e->source, e->offset);
	}
}

static void set_parent(const struct chain *chain,
		       const struct dm_table_options *options, u64 start,
		       u64 length, struct target_device *parent)
{
	enum parent_kind kind = PARENT_DEVICE;
	struct base_span span;

	if (options->segment + 1 == segments_of(chain->nr_layers))
		kind = parent_of(chain, start, start + length, &span);
	switch (kind) {
	case PARENT_NONE:
		break;
	case PARENT_EXTENT:
		*parent = attach_place(options->names, span.extent->source,
				       span.sector);
		break;
	case PARENT_DEVICE:
		parent->device = options->below;
		parent->sector = start;
		break;
	}
}

/* Add the line for the @index-th extent of each layer, which begins at @start. */
static int add_layers(const struct chain *chain,
		      const struct dm_table_options *options, size_t index,
		      u64 start, struct dm_table *table)
{
	const u64 length = chain->links[0]->extents[index].sectors;
	struct target_args args = { 0 };
	char *params;
	int r;

	set_layers(chain, options, index, &args);
	set_parent(chain, options, start, length, &args.parent);
	if (options->salvage)
		args.options[args.nr_options++] = "salvage";
	if (options->ignore_dirty)
		args.options[args.nr_options++] = "ignore_dirty";
	r = target_args_print(&args, &params);
	return r ? r : dm_table_add(table, length, "sesparse", params);
}

/**
 * dm_table_of_segment() - the disk that a segment makes with all below it; or, of a
 * chain without layers, that the base is
 * @chain: the chain
 * @options: what its targets are told
 * @table: filled in, for dm_table_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int dm_table_of_segment(const struct chain *chain,
		  const struct dm_table_options *options, struct dm_table *table)
{
	const struct descriptor *top = chain->links[0];
	u64 start = 0;
	size_t i;
	int r = 0;

	if (!chain->nr_layers)
		return dm_table_of_base(chain, options->names, table);
	*table = (struct dm_table){ 0 };
	for (i = 0; i < top->nr_extents && !r; i++) {
		r = add_layers(chain, options, i, start, table);
		start += top->extents[i].sectors;
	}
	return r;
}

/**
 * dm_table_free() - free a table's lines
 * @table: the table
 */
void dm_table_free(struct dm_table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		free(table->lines[i].params);
	free(table->lines);
	memset(table, 0, sizeof(*table));
}
