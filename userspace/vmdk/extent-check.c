// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "sesparse/header.h"
#include "sesparse/replay.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/file-kind.h"

/*
 * Only what is below a layer can be done without, or be given as raw bytes, which
 * are one file of this machine.
 */
static void way_out_of_size(const struct descriptor *d, const struct extent *e,
			    size_t depth, char *text, size_t size)
{
	const struct source *s = e->source;

	*text = '\0';
	if (e->device)
		return;
	if (!depth)
		snprintf(text, size, ": it takes another copy of the file");
	else if (d->nr_extents > 1 || s->stored || s->sectors <= e->offset)
		snprintf(text, size,
			 " (--salvage makes I/O errors of what is missing)");
	else if (e->offset)
		snprintf(text, size,
			 ": as --parent FILE:%llu it goes on with zeros past its end",
			 e->offset);
	else
		snprintf(text, size,
			 ": as --parent it goes on with zeros past its end");
}

static int check_size(const struct descriptor *d, const struct extent *e,
		      size_t depth)
{
	const struct source *s = e->source;
	char way_out[96];

	if (e->offset <= s->sectors && e->sectors <= s->sectors - e->offset)
		return 0;
	way_out_of_size(d, e, depth, way_out, sizeof(way_out));
	return fail(EXIT_DEVICE,
		    "%s: has %llu sectors, but %s:%u needs %llu from sector %llu on (truncated?)%s",
		    s->path, s->sectors, d->path, e->line, e->sectors,
		    e->offset, way_out);
}

/*
 * That a base's file was not replaced by another format of the same disk.  Only
 * the first extent tells: others begin with whatever the guest has there.  What
 * cannot be read is told where it is needed.
 */
static int check_kind(const struct descriptor *d, const struct extent *e,
		      bool ignore)
{
	const struct source *s = e->source;
	const char *what = NULL, *todo;
	char begin[FILE_KIND_BYTES];
	size_t done;

	if (e == d->extents && !d->stands_in &&
	    !source_read_some(s, begin, sizeof(begin),
			      e->offset * SESPARSE_SECTOR_SIZE, &done))
		what = file_kind_of_container(begin, done, true, &todo);
	if (!what)
		return 0;
	if (!ignore)
		return fail(EXIT_DEVICE,
			    "%s: is %s, but %s:%u has it as a %s extent, a disk's raw bytes (replaced?): %s (--ignore-cid takes its bytes as they are)",
			    s->path, what, d->path, e->line,
			    extent_type_name(e->type), todo);
	warn("%s: is %s, taken for a disk's raw bytes as %s:%u says", s->path,
	     what, d->path, e->line);
	return 0;
}

/* Of an extent given alone: nothing else has said what it should be. */
static int check_capacity(const struct descriptor *d)
{
	if (!d->bare || (d->capacity && d->capacity <= SESPARSE_MAX_CAPACITY))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: capacity is %llu sectors, expected 1 to %llu",
		    d->path, d->capacity, SESPARSE_MAX_CAPACITY);
}

/* Of headers that header_decode() refused. */
static const char *way_out_of_headers(const struct header *header)
{
	if (!header_is_one(header))
		return " (if it is lost or encrypted, recover makes a patch of what is left, which --patch reads it with)";
	if (header_is_of_more(header))
		return ": none of its grains is there, it takes another copy of the file";
	return "";
}

static int read_header(const struct extent *e, struct header *header)
{
	const struct source *s = e->source;
	int error;

	error = header_read(s, e->offset, header);
	if (error == ENODATA)
		return fail(EXIT_DEVICE,
			    "%s: has %llu sectors, expected a seSparse extent from sector %llu on (truncated?): it takes another copy of the file",
			    s->path, s->sectors, e->offset);
	return error ? fail(exit_code_of(error), "%s: cannot read: %s", s->path,
			    strerror(error)) : 0;
}

/**
 * extent_geometry() - read and check a seSparse extent's headers
 * @d: the descriptor that names it
 * @e: the extent, its source open
 * @geo: filled in on success, of @e's sectors
 *
 * Return: 0, or an exit code after a message.
 */
int extent_geometry(const struct descriptor *d, const struct extent *e,
		    struct sesparse_geometry *geo)
{
	const struct source *s = e->source;
	struct header header;
	char why[160];
	int r;

	r = read_header(e, &header);
	if (r)
		return r;
	if (header_decode(s, e->offset, &header, geo, why, sizeof(why)))
		return fail(EXIT_DEVICE, "%s: %s%s", s->path, why,
			    way_out_of_headers(&header));
	if (geo->capacity == e->sectors)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: capacity is %llu sectors, but %s:%u has %llu, expected them equal",
		    s->path, geo->capacity, d->path, e->line, e->sectors);
}

/* Puts the replayed extent in the place of the one on disk, or says why not. */
static int replay(const struct log *log, struct extent *e,
		  const struct check_options *options)
{
	const struct replay_options how = {
		.log = log,
		.salvage = options->salvage,
		.leave_out_newest = options->leave_out_newest,
		.replayed = options->replayed,
	};
	struct replay replay;
	char text[REPLAY_TEXT];
	int r;

	r = replay_extent(&how, e->source, e->offset, &replay);
	if (r)
		return r;
	if (replay.error)
		return fail(exit_code_of(replay.error),
			    "%s: cannot read %s %llu: %s", e->source->path,
			    replay.unread, replay.at, strerror(replay.error));
	if (replay.is_refused)
		return fail(EXIT_DEVICE,
			    "%s: the journal cannot be replayed (experimental): %s: have ESXi open and close it, or take it as it stands with --ignore-dirty",
			    e->source->path, replay.why.text);
	e->nr_replayed = replay.nr;
	e->first_replayed = replay.first;
	e->last_replayed = replay.last;
	replay_describe(&replay, text);
	warn("%s: was not closed cleanly, its journal is replayed in memory (experimental): %s",
	     e->source->path, text);
	return 0;
}

static int check_dirt(const struct log *log, const struct descriptor *d,
		      struct extent *e,
		      const struct check_options *options)
{
	const struct source *s = e->source;
	struct sesparse_geometry geo;
	int r;

	r = extent_geometry(d, e, &geo);
	if (r)
		return r;
	if (!geo.dirty)
		return 0;
	if (options->replay)
		return replay(log, e, options);
	if (!options->ignore_dirty)
		return fail(EXIT_DEVICE,
			    "%s: was not closed cleanly (replayJournal is set): have ESXi open and close it, have its journal replayed in memory with --replay (experimental), or take it as it stands with --ignore-dirty",
			    s->path);
	warn("%s: was not closed cleanly (replayJournal is set)", s->path);
	return 0;
}

/* How much of a base's extent its file holds. */
static u64 sectors_there(const struct extent *e)
{
	const u64 sectors = e->source->sectors;

	return min_t(u64, e->sectors,
		     sectors > e->offset ? sectors - e->offset : 0);
}

/* Is it what the descriptor says?  If not, @there tells how much of it is. */
static int check_extent(const struct descriptor *d, const struct extent *e,
			size_t depth, bool ignore_kind, u64 *there)
{
	struct sesparse_geometry geo;
	int r;

	*there = 0;
	if (e->type == EXTENT_SESPARSE)
		return extent_geometry(d, e, &geo);
	r = check_kind(d, e, ignore_kind);
	if (r)
		return r;
	*there = sectors_there(e);
	return check_size(d, e, depth);
}

static int check_link(const struct log *log, struct chain *chain, size_t depth,
		      const struct check_options *options)
{
	struct descriptor *d = chain->links[depth];
	const bool is_layer = depth < chain->nr_layers;
	struct extent *e;
	u64 there;
	size_t i;
	int r;

	r = check_capacity(d);
	for (i = 0; i < d->nr_extents && !r; i++) {
		e = &d->extents[i];
		if (!e->source || !source_is_open(e->source))
			continue;
		debug(log, "%s: checking the %s extent", e->source->path,
		      extent_type_name(e->type));
		r = check_extent(d, e, depth, options->ignore_kind, &there);
		if (r && options->salvage) {
			r = chain_do_without(chain, depth, i, there, r);
			if (is_layer)
				return r; /* @d is gone */
		} else if (!r && is_layer) {
			r = check_dirt(log, d, e, options);
		}
	}
	return r;
}

/**
 * extents_check() - check the extents of a chain against its descriptors
 * @log: how much to tell
 * @chain: the chain, its sources found
 * @options: what to let pass
 *
 * Sources that are not open are taken on trust.
 *
 * Return: 0, or an exit code after a message.
 */
int extents_check(const struct log *log, struct chain *chain,
		  const struct check_options *options)
{
	size_t i;
	int r = 0;

	for (i = 0; i < chain->nr_links && !r; i++)
		r = check_link(log, chain, i, options);
	return r;
}

/* Of headers that are none nothing is said here. */
static bool is_dirty(const struct extent *e)
{
	const struct source *s = e->source;
	struct sesparse_geometry geo;
	struct header header;
	char why[160];

	return s && source_is_open(s) && !header_read(s, e->offset, &header) &&
	       !header_decode(s, e->offset, &header, &geo, why, sizeof(why)) &&
	       geo.dirty;
}

/**
 * extents_replay() - replay the journals of a chain that is not checked otherwise
 * @log: how much to tell
 * @chain: the chain, its sources found
 * @options: how
 *
 * Return: 0, or an exit code after a message.
 */
int extents_replay(const struct log *log, const struct chain *chain,
		   const struct check_options *options)
{
	struct extent *e;
	size_t i, j;
	int r = 0;

	for (i = 0; i < chain->nr_layers; i++)
		for (j = 0; j < chain->links[i]->nr_extents && !r; j++) {
			e = &chain->links[i]->extents[j];
			if (is_dirty(e))
				r = replay(log, e, options);
		}
	return r;
}

static int bad_sectors(const struct descriptor *d, const struct extent *e,
		       unsigned int size)
{
	char line[16] = "";

	if (e->line)
		snprintf(line, sizeof(line), ":%u", e->line);
	return fail(EXIT_DEVICE,
		    "%s%s: the extent has %llu sectors from sector %llu on, expected multiples of %u: no disk of sectors of %u bytes (open it with --sector-size 512)",
		    d->path, line, e->sectors, e->offset,
		    size / SESPARSE_SECTOR_SIZE, size);
}

/**
 * extents_check_sectors() - check that extents begin and end with sectors
 * @chain: the chain
 * @size: bytes of a sector, 512 or more
 *
 * Return: 0, or an exit code after a message.
 */
int extents_check_sectors(const struct chain *chain, unsigned int size)
{
	const u64 mask = size / SESPARSE_SECTOR_SIZE - 1;
	const struct descriptor *d;
	const struct extent *e;
	size_t i, j;

	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		for (j = 0; j < d->nr_extents; j++) {
			e = &d->extents[j];
			if (!((e->offset | e->sectors) & mask))
				continue;
			return bad_sectors(d, e, size);
		}
	}
	return 0;
}

/**
 * extent_table_bytes() - how much there is to read of an extent's tables
 * @e: a seSparse extent, its source open if it was found
 *
 * Return: the bytes of its directory, and of the tables that it has by its own
 * count; 0 if that cannot be told.
 */
u64 extent_table_bytes(const struct extent *e)
{
	const struct source *s = e->source;
	struct sesparse_geometry geo;
	struct header header;
	char why[160];
	u64 tables;

	if (!s || header_read(s, e->offset, &header) ||
	    header_decode(s, e->offset, &header, &geo, why, sizeof(why)))
		return 0;
	tables = le64_to_cpu(header_volatile(&header)->free_gt_number);
	return geo.nr_tables * sizeof(u64) +
	       min_t(u64, tables, geo.nr_tables) * SESPARSE_TABLE_BYTES;
}

/**
 * extents_table_bytes() - how much there is to read of a chain's tables
 * @chain: the chain, its sources open
 *
 * Return: bytes, as far as the headers tell.
 */
u64 extents_table_bytes(const struct chain *chain)
{
	const struct descriptor *d;
	u64 sum = 0;
	size_t i, j;

	for (i = 0; i < chain->nr_layers; i++) {
		d = chain->links[i];
		for (j = 0; j < d->nr_extents; j++)
			sum += extent_table_bytes(&d->extents[j]);
	}
	return sum;
}
