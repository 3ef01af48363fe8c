// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/attach.h"
#include "device/dm-table.h"
#include "device/target-args.h"
#include "disk/base-span.h"
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
 * What stands in for the base is all of a device, past whose end are zeros.
 */
static enum parent_kind parent_of(const struct chain *chain, u64 start, u64 end,
				  struct base_span *span)
{
	const struct descriptor *base = chain_base(chain);
	u64 at;

	if (!base)
		return PARENT_NONE;
	*span = base_span(base, start, end);
	if (span->extent && (span->length == end - start || base->stands_in))
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

static int allocate(struct dm_table *table, size_t room)
{
	table->nr = 0;
	table->lines = calloc(room, sizeof(*table->lines));
	return table->lines ? 0 : fail_memory();
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
	struct dm_table_line *line;
	struct base_span span;
	u64 at;
	int r;

	r = allocate(table, base->nr_extents + 1);
	if (r)
		return r;
	for (at = 0; at < end; at += span.length) {
		span = base_span(base, at, end);
		line = &table->lines[table->nr++];
		line->start = at;
		line->length = span.length;
		line->type = span.extent ? "linear" :
			     span.missing ? "error" : "zero";
		if (!span.extent) {
			line->params = strdup("");
		} else if (asprintf(&line->params, "%s %llu",
				    attach_name_of(names, span.extent->source),
				    span.sector) < 0) {
			line->params = NULL;
		}
		if (!line->params)
			return fail_memory();
	}
	return 0;
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
		args->layers[args->nr_layers] = (struct target_device){
			.device = attach_name_of(options->names, e->source),
			.sector = e->offset,
		};
	}
}

static void set_parent(const struct chain *chain,
		       const struct dm_table_options *options,
		       const struct dm_table_line *line,
		       struct target_device *parent)
{
	enum parent_kind kind = PARENT_DEVICE;
	struct base_span span;

	if (options->segment + 1 == segments_of(chain->nr_layers))
		kind = parent_of(chain, line->start, line->start + line->length,
				 &span);
	switch (kind) {
	case PARENT_NONE:
		break;
	case PARENT_EXTENT:
		parent->device = attach_name_of(options->names,
						span.extent->source);
		parent->sector = span.sector;
		break;
	case PARENT_DEVICE:
		parent->device = options->below;
		parent->sector = line->start;
		break;
	}
}

/* The arguments of the line for the @index-th extent of each layer. */
static int print_args(const struct chain *chain,
		      const struct dm_table_options *options, size_t index,
		      struct dm_table_line *line)
{
	struct target_args args = { 0 };

	set_layers(chain, options, index, &args);
	set_parent(chain, options, line, &args.parent);
	if (options->salvage)
		args.options[args.nr_options++] = "salvage";
	if (options->ignore_dirty)
		args.options[args.nr_options++] = "ignore_dirty";
	return target_args_print(&args, &line->params);
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
	struct dm_table_line *line;
	u64 start = 0;
	size_t i;
	int r;

	if (!chain->nr_layers)
		return dm_table_of_base(chain, options->names, table);
	r = allocate(table, top->nr_extents);
	for (i = 0; i < top->nr_extents && !r; i++) {
		line = &table->lines[table->nr++];
		line->start = start;
		line->length = top->extents[i].sectors;
		line->type = "sesparse";
		r = print_args(chain, options, i, line);
		start += line->length;
	}
	return r;
}

/**
 * dm_table_of_target() - a device of one target
 * @length: in sectors
 * @type: the target's name
 * @params: its arguments, for free(), on failure too; NULL: memory ran out
 * @table: filled in, for dm_table_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int dm_table_of_target(unsigned long long length, const char *type, char *params,
		    struct dm_table *table)
{
	int r = allocate(table, 1);

	if (r) {
		free(params);
		return r;
	}
	table->lines[table->nr++] = (struct dm_table_line){
		.length = length,
		.type = type,
		.params = params,
	};
	return params ? 0 : fail_memory();
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
