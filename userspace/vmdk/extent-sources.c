// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-sources.h"
#include "vmdk/extent-twice.h"
#include "vmdk/find-file.h"

/* What the finding of one chain's sources goes by. */
struct search {
	const struct log *log;
	const struct sources_options *options;
	struct sources *sources;
};

static bool is_same(const char *path, const struct file_found *found)
{
	struct stat st;

	return file_is_found(found) && !stat(path, &st) &&
	       st.st_dev == found->st.st_dev && st.st_ino == found->st.st_ino;
}

/* How well a stand-in's name fits an extent file, which need not be here. */
static int rank(const struct stand_in *p, const struct extent *e,
		const char *path, const struct file_found *found)
{
	if (!strcmp(p->file, path) || is_same(p->file, found))
		return 3;
	if (!strcmp(p->file, e->file))
		return 2;
	return !strcmp(p->file, file_base_name(e->file));
}

/* The device that stands in for the extent file that is (to be) at @path. */
static int find_stand_in(const struct search *s, const struct extent *e,
			 const char *path, const struct file_found *file,
			 const char **device)
{
	struct stand_in *p = s->options->stand_ins, *found = NULL;
	const struct stand_in *end = p + s->options->nr_stand_ins;
	int best = 0, fit;

	for (; p < end; p++) {
		fit = rank(p, e, path, file);
		if (fit > best) {
			best = fit;
			found = p;
		}
	}
	*device = NULL;
	if (!found)
		return 0;
	if (found->path && strcmp(found->path, path))
		return fail(EXIT_USAGE,
			    "--extent %s=%s: means both %s and %s, expected one: name it with its folder",
			    found->file, found->device, found->path, path);
	if (!found->path)
		found->path = strdup(path);
	*device = found->device;
	return found->path ? 0 : fail_memory();
}

/*
 * A device of the command line's may be another machine's, or for root's eyes
 * only, where nothing is done but to print a table.
 */
static int open_source(const struct search *s, const struct file_found *file,
		       bool stands_in, struct source *source)
{
	if (stands_in && !s->options->must_open && access(source->path, R_OK)) {
		debug(s->log, "%s: cannot be read here, not checked: %m",
		      source->path);
		source->is_block = true;
		return 0;
	}
	return source_open(s->log, file, source);
}

static void drop_last(struct sources *all)
{
	struct source *source = all->list[--all->nr];

	source_close(source);
	free(source->path);
	free(source);
}

/* @file: what was found at @path, or NULL: it is what the user calls so. */
static int add_source(const struct search *s, const char *path,
		      const struct file_found *file, bool stands_in,
		      struct source **source)
{
	struct sources *all = s->sources;
	struct source **list;
	size_t i;
	int r;

	for (i = 0; i < all->nr; i++) {
		*source = all->list[i];
		if (!strcmp((*source)->path, path) &&
		    !(*source)->stored == !(file && file->stored))
			return 0;
	}
	list = reallocarray(all->list, all->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	all->list = list;
	*source = malloc(sizeof(**source));
	if (!*source)
		return fail_memory();
	list[all->nr++] = *source;
	**source = SOURCE_CLOSED(strdup(path));
	r = (*source)->path ? open_source(s, file, stands_in, *source) :
			      fail_memory();
	if (r) {
		drop_last(all);
		*source = NULL;
	}
	return r;
}

/* Find what stands in for the file, or else the file. */
static int find_file(const struct search *s, const struct descriptor *d,
		     const struct extent *e, struct located *located,
		     const char **device)
{
	const struct reference ref = {
		.from = d->path,
		.folder = d->folder,
		.line = e->line,
		.what = "extent file",
		.name = e->file,
		.raw = e->raw,
		.option = " and --extent",
	};
	char *path;
	int r;

	r = locate(&ref, s->options->roots, LOCATE_QUIETLY, located);
	if (r)
		return r;
	path = file_beside(d->path, e->file);
	if (!path)
		return fail_memory();
	r = find_stand_in(s, e, path, &located->file, device);
	if (!r && !*device && file_is_found(&located->file))
		r = find_stand_in(s, e, located->file.path, &located->file,
				  device);
	free(path);
	if (r || *device ||
	    (file_is_found(&located->file) && !located->has_rival))
		return r;
	located_free(located); /* and now it is told */
	return locate(&ref, s->options->roots, LOCATE_OR_FAIL, located);
}

/* The same where the user has named what the descriptor is of. */
static int find_given(const struct search *s, const struct descriptor *d,
		      const struct extent *e, struct located *located,
		      const char **device)
{
	if (file_look(d->path, &located->file) == ENOMEM)
		return fail_memory();
	return find_stand_in(s, e, d->path, &located->file, device);
}

/* With a device in its place the file need not be here. */
static int find_extent(const struct search *s, struct descriptor *d,
		       struct extent *e)
{
	struct located located = { .file.fd = -1 };
	const char *device = NULL;
	int r = 0;

	if (e->device)
		device = e->device;
	else if (d->stands_in || (d->bare && d->is_given))
		r = find_given(s, d, e, &located, &device);
	else
		r = find_file(s, d, e, &located, &device);
	if (!r && device)
		r = add_source(s, device, NULL, true, &e->source);
	else if (!r)
		r = add_source(s, located.file.path,
			       file_is_found(&located.file) ? &located.file :
						      NULL,
			       d->stands_in, &e->source);
	if (!r && d->stands_in)
		r = parent_fit(d, s->options->ignore_kind);
	located_free(&located);
	return r;
}

/**
 * stand_ins_check_used() - refuse what stands in for nothing
 * @list: the stand-ins
 * @nr: their number
 * @where: what they were for
 *
 * Return: 0, or an exit code after a message.
 */
int stand_ins_check_used(const struct stand_in *list, size_t nr,
			 const char *where)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!list[i].path)
			return fail(EXIT_USAGE,
				    "--extent %s=%s: no extent of %s is in a file of that name",
				    list[i].file, list[i].device, where);
	return 0;
}

static bool has_source(const struct extent *e)
{
	return e->type != EXTENT_ZERO && e->type != EXTENT_MISSING;
}

static int find_extents(const struct search *s, struct chain *chain,
			size_t depth)
{
	struct descriptor *d = chain->links[depth];
	const bool is_layer = depth < chain->nr_layers;
	size_t i;
	int r = 0;

	for (i = 0; i < d->nr_extents && !r; i++) {
		if (!has_source(&d->extents[i]))
			continue;
		r = find_extent(s, d, &d->extents[i]);
		if (!r || !s->options->salvage)
			continue;
		r = chain_do_without(chain, depth, i, 0, r);
		if (is_layer)
			return r; /* @d is gone */
	}
	return r;
}

/**
 * sources_find() - find and open what holds the extents of a chain
 * @log: how much to tell
 * @chain: the chain; its extents' sources are set, and what is missing with
 *         @options->salvage is no part of it any more
 * @options: how to find them
 * @sources: filled in, for sources_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int sources_find(const struct log *log, struct chain *chain,
		const struct sources_options *options, struct sources *sources)
{
	const struct search s = {
		.log = log,
		.options = options,
		.sources = sources,
	};
	size_t i;
	int r = 0;

	memset(sources, 0, sizeof(*sources));
	file_allow_many();
	for (i = 0; i < chain->nr_links && !r; i++)
		r = find_extents(&s, chain, i);
	if (!r)
		r = extents_check_distinct(chain);
	if (r || chain->broken || options->may_be_unused)
		return r;
	return stand_ins_check_used(options->stand_ins, options->nr_stand_ins,
				    "the chain");
}

/**
 * sources_open_direct() - have them open for direct I/O as well, if they have it
 * @log: how much to tell
 * @sources: the sources
 */
void sources_open_direct(const struct log *log, const struct sources *sources)
{
	size_t i;

	for (i = 0; i < sources->nr; i++)
		if (source_is_open(sources->list[i]))
			source_open_direct(log, sources->list[i]);
}

/**
 * sources_free() - free what sources_find() made
 * @sources: it
 */
void sources_free(struct sources *sources)
{
	while (sources->nr)
		drop_last(sources);
	free(sources->list);
	memset(sources, 0, sizeof(*sources));
}
