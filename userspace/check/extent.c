// SPDX-License-Identifier: GPL-2.0-only
/*
 * A seSparse extent, all of its structures one after the other.
 */
#include <string.h>

#include "check/check.h"
#include "check/passes.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor.h"

static int allocate(struct check *c)
{
	const struct sesparse_geometry *geo = &c->tables.geo;

	c->cells = malloc(SESPARSE_TABLE_BYTES);
	if (!c->cells || sesparse_owners_init(&c->owners, geo, NULL) ||
	    sesparse_map_init(&c->map, geo->nr_grains, true, NULL) ||
	    sesparse_bits_init(&c->mapped, geo->max_grains, NULL) ||
	    sesparse_bits_init(&c->twice, geo->max_grains, NULL) ||
	    sesparse_bits_init(&c->stale, geo->max_grains, NULL))
		return fail_memory();
	return 0;
}

static int check_contents(struct check *c)
{
	int r;

	r = allocate(c);
	if (!r)
		r = check_tables(c);
	findings_of(c->findings, c->tables.source->path);
	if (!r)
		r = check_bitmap(c);
	findings_of(c->findings, c->tables.source->path);
	return r ? r : check_backmap(c);
}

static void release(struct check *c)
{
	sesparse_bits_exit(&c->stale);
	sesparse_bits_exit(&c->twice);
	sesparse_bits_exit(&c->mapped);
	sesparse_map_exit(&c->map);
	free(c->cells);
	sesparse_owners_exit(&c->owners);
	free(c);
}

static int read_header(struct check *c)
{
	bool hole;
	int error;

	error = tables_read_bytes(&c->tables, 0, c->header, sizeof(c->header),
				  &hole);
	if (hole)
		memset(c->header, 0, sizeof(c->header));
	return error;
}

/* Headers that let no replay be tried are told of by check_header(). */
static int try_replay(struct check *c, const struct replay_options *how,
		      const struct extent *e)
{
	char why[160], text[REPLAY_TEXT];
	int r;

	if (sesparse_decode_header(c->header, e->source->sectors - e->offset,
				   &c->tables.geo, why, sizeof(why)) ||
	    !c->tables.geo.dirty)
		return 0;
	r = replay_extent(how, e->source, e->offset, &c->replay);
	if (!r && c->replay.error)
		return findings_unread(c->findings, c->replay.unread,
				       c->replay.at, c->replay.error);
	if (r || c->replay.is_refused || how->dry)
		return r;
	replay_describe(&c->replay, text);
	warn("%s: was not closed cleanly, checked as its journal is replayed in memory (experimental): %s",
	     e->source->path, text);
	return 0;
}

static int check_all(struct check *c, const struct replay_options *how,
		     const struct descriptor *d, const struct extent *e)
{
	const struct source *s = e->source;
	int error, r = 0;

	if (s->sectors < e->offset ||
	    s->sectors - e->offset < SESPARSE_HEADER_BYTES / SESPARSE_SECTOR_SIZE) {
		find(c->findings, FIND_TRUNCATED, 0,
		     "has %llu sectors, expected a seSparse extent from sector %llu on",
		     s->sectors, e->offset);
		return 0;
	}
	error = read_header(c);
	if (!error)
		r = try_replay(c, how, e);
	/* What was replayed has others. */
	if (!error && !r && !how->dry)
		error = read_header(c);
	if (error)
		return findings_unread(c->findings, "header at sector", e->offset, error);
	if (r)
		return r;
	if (!check_header(c))
		return 0;
	if (c->tables.geo.capacity != e->sectors)
		find(c->findings, FIND_CAPACITY, 0,
		     "capacity is %llu sectors, but %s:%u has %llu, expected them equal",
		     c->tables.geo.capacity, d->path, e->line, e->sectors);
	return check_contents(c);
}

/**
 * check_extent() - check a seSparse extent
 * @how: how to replay the journal of one that is dirty: in any case it is tried
 * @d: the descriptor that names it
 * @e: the extent, its source open
 * @findings: where findings go
 *
 * Return: 0, or an exit code after a message.
 */
int check_extent(const struct replay_options *how, const struct descriptor *d,
		 const struct extent *e, struct findings *findings)
{
	struct check *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return fail_memory();
	step(how->log, "%s: checking", e->source->path);
	c->findings = findings;
	c->tables.source = e->source;
	c->tables.start = e->offset;
	c->tables.progress = how->log->tables;
	findings_of(findings, e->source->path);
	r = check_all(c, how, d, e);
	findings_of(findings, NULL);
	release(c);
	return r;
}
