// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's load.c for files: what it refuses is refused here, in the same
 * words, and what it doesn't read is not read here either.
 */
#include <string.h>

#include "dm-sesparse/owners.h"
#include "sesparse/layer.h"
#include "source/source.h"
#include "util/message.h"

/* An extent being taken in. */
struct loading {
	const struct layer *layer;
	const struct sesparse_geometry *geo;
	struct sesparse_owners owners;
	u64 *cells; /* of a table of layer->deciders */
};

/* An error of build.c and map.c, where the map has no limit. */
static int built(int error)
{
	return error ? fail_memory() : 0;
}

/* Says what is corrupt: where that ends the load, or to those who ask for it. */
#define complain(l, code, format, ...)                                      \
	((l)->layer->salvage ?                                              \
		(debug((l)->layer->log, "%s: " format,                      \
		       (l)->layer->tables.source->path, __VA_ARGS__), 0) :         \
		fail(code, "%s: " format " (--salvage makes I/O errors of it)", \
		     (l)->layer->tables.source->path, __VA_ARGS__))

static int bad_table(const struct loading *l, u64 table)
{
	return built(sesparse_build_bad_table(l->layer->build, table));
}

static int take_entry(struct loading *l, u64 table, u64 entry)
{
	char why[SESPARSE_OWNERS_TEXT];
	struct sesparse_claim claim;
	int r;

	if (sesparse_owners_take(&l->owners, table, entry, &claim))
		return 0;
	sesparse_owners_explain(&l->owners, &claim, why, sizeof(why));
	r = complain(l, EXIT_DEVICE, "grain directory entry %llu %s", table,
		     why);
	return r ? r : built(sesparse_owners_spoil(&claim, l->layer->build));
}

static int take_entries(void *private, u64 first, u64 nr,
			const __le64 *entries, int error)
{
	struct loading *l = private;
	int r = 0;
	u64 i;

	if (error)
		r = complain(l, exit_code_of(error),
			     "cannot read the grain directory at entry %llu: %s",
			     first, strerror(error));
	for (i = 0; i < nr && !r; i++)
		r = error ? bad_table(l, first + i) :
			    take_entry(l, first + i, le64_to_cpu(entries[i]));
	return r;
}

static bool wants_table(void *private, u64 index)
{
	const struct loading *l = private;

	return sesparse_owners_wants(&l->owners, index, l->layer->build->map);
}

/* Puts the layer down for cells of @kind that the table has now. */
static int note_decider(const struct loading *l, u64 table, u64 kind)
{
	const struct layer *layer = l->layer;
	u64 *cells = layer->build->cells;
	const u64 first = table << SESPARSE_TABLE_SHIFT;
	unsigned int i, nr = sesparse_map_cells(layer->deciders, table);

	sesparse_map_read(layer->build->map, first, nr, cells);
	sesparse_map_read(layer->deciders, first, nr, l->cells);
	for (i = 0; i < nr; i++)
		if (cells[i] == kind && l->cells[i] == SESPARSE_CELL_HOLE)
			l->cells[i] = sesparse_cell(layer->number, first + i);
	return built(sesparse_map_store(layer->deciders, table, l->cells));
}

static int take_table(void *private, u64 index, const __le64 *entries,
		      int error)
{
	struct loading *l = private;
	struct sesparse_build *b = l->layer->build;
	const u64 table = sesparse_owners_of(&l->owners, index);
	const u64 zeros = b->counts.zero;
	char why[SESPARSE_OWNERS_TEXT];
	struct sesparse_fault fault;
	int r;

	if (error) {
		r = complain(l, exit_code_of(error),
			     "cannot read grain table %llu at sector %llu: %s",
			     index,
			     l->geo->tables + index * SESPARSE_TABLE_SECTORS,
			     strerror(error));
		return r ? r : bad_table(l, table);
	}
	r = built(sesparse_build_table(b, table, entries, &fault));
	if (!r && fault.nr) {
		sesparse_owners_explain_fault(&l->owners, index, &fault, why,
					      sizeof(why));
		r = complain(l, EXIT_DEVICE, "%s", why);
	}
	if (!r && b->counts.zero != zeros)
		r = note_decider(l, table, SESPARSE_CELL_ZERO);
	return r;
}

/* Errors may come up in any table until the very end of a layer. */
static int note_errors(const struct loading *l)
{
	struct sesparse_build *b = l->layer->build;
	struct sesparse_run run;
	u64 grain, table;
	int r = 0;

	for (grain = 0; grain < b->map->nr_grains && !r;) {
		sesparse_map_lookup(b->map, grain, SESPARSE_TABLE_ENTRIES,
				    &run);
		table = grain >> SESPARSE_TABLE_SHIFT;
		grain += run.nr;
		if (run.source != SESPARSE_READ_ERROR)
			continue;
		r = note_decider(l, table, SESPARSE_CELL_BAD);
		grain = (table + 1) << SESPARSE_TABLE_SHIFT;
	}
	return r;
}

static int load(struct loading *l)
{
	const struct tables_user user = {
		.entries = take_entries,
		.wants = wants_table,
		.table = take_table,
		.private = l,
	};
	struct sesparse_build *b = l->layer->build;
	const u64 corrupt = b->counts.corrupt;
	int r;

	r = built(sesparse_build_begin_layer(b, l->layer->number,
					     l->geo));
	if (!r)
		r = tables_read_directory(&l->layer->tables, &user);
	if (!r)
		r = tables_read(&l->layer->tables, &user);
	if (!r)
		r = built(sesparse_build_end_layer(b));
	if (r || b->counts.corrupt == corrupt)
		return r;
	if (!l->layer->silent)
		warn("%s: %llu grains of the disk are I/O errors (--debug tells of each table)",
		     l->layer->tables.source->path, b->counts.corrupt - corrupt);
	return note_errors(l);
}

/**
 * layer_load() - take an extent's directory and tables into a map
 * @layer: the extent and the map
 *
 * Return: 0, or an exit code after a message, which names the table and the
 * entry that is corrupt.
 */
int layer_load(const struct layer *layer)
{
	struct loading l = { .layer = layer, .geo = &layer->tables.geo };
	int r;

	l.cells = malloc(SESPARSE_TABLE_BYTES);
	if (l.cells && !sesparse_owners_init(&l.owners, l.geo, NULL))
		r = load(&l);
	else
		r = fail_memory();
	sesparse_owners_exit(&l.owners);
	free(l.cells);
	return r;
}
