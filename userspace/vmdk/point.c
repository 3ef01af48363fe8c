// SPDX-License-Identifier: GPL-2.0-only
/*
 * A point is a link of the chain, known by being the same file: two states of one
 * extent, such as copies of a LUN hold, have their content IDs in common, and their
 * tables don't tell what lies between them.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/find-file.h"
#include "vmdk/image.h"
#include "vmdk/point.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_link(const struct descriptor *d, const struct stat *st)
{
	const struct extent *e;
	struct stat its;

	if (!d->stands_in && is_same(&d->st, st))
		return true;
	for (e = d->extents; e < d->extents + d->nr_extents; e++)
		if (e->source && source_is_open(e->source) &&
		    !source_stat(e->source, &its) && is_same(&its, st))
			return true;
	return false;
}

/* Return: which link of @chain that is, or their number. */
static size_t find_link(const struct chain *chain, const struct stat *st)
{
	size_t i;

	for (i = 0; i < chain->nr_links; i++)
		if (is_link(chain->links[i], st))
			break;
	return i;
}

/* A link that says it is the same as @d by its content ID, or NULL. */
static const struct descriptor *find_twin(const struct chain *chain,
					  const struct descriptor *d)
{
	const struct descriptor *link;
	size_t i;

	for (i = 0; i < chain->nr_links && !d->bare; i++) {
		link = chain->links[i];
		if (!link->bare && !link->stands_in && link->cid == d->cid &&
		    link->parent_cid == d->parent_cid &&
		    link->capacity == d->capacity)
			return link;
	}
	return NULL;
}

/* The newest link of @other that is one of @chain's, too, or NULL. */
static const struct descriptor *find_common(const struct chain *chain,
					    const struct chain *other)
{
	size_t i;

	for (i = 0; i < other->nr_links; i++)
		if (!other->links[i]->stands_in &&
		    find_link(chain, &other->links[i]->st) < chain->nr_links)
			return other->links[i];
	return NULL;
}

static int fail_apart(const char *path, const struct chain *chain,
		      const struct chain *other)
{
	const char *newest = chain->links[0]->path;
	const struct descriptor *d = find_twin(chain, other->links[0]);

	if (d)
		return fail(EXIT_DEVICE,
			    "%s: is not in the chain of %s, but has the content ID of %s, which is: a copy does not tell what was written between two states of the same extent: give %s itself",
			    path, newest, d->path, d->path);
	d = find_common(chain, other);
	if (d == other->links[0] || !d)
		return fail(EXIT_DEVICE,
			    "%s: is not in the chain of %s, expected one of its links, which sesparsesetup info lists",
			    path, newest);
	if (is_same(&d->st, &chain->links[0]->st))
		return fail(EXIT_DEVICE,
			    "%s: is newer than %s, of which it is a snapshot, expected an older one: give them the other way round",
			    path, newest);
	return fail(EXIT_DEVICE,
		    "%s: is not in the chain of %s: both go back to %s, but apart from each other, expected two points of one chain: compare each with that",
		    path, newest, d->path);
}

/* Why the disk @path is no point of @chain. */
static int explain(const struct log *log, const char *path,
		   const struct image_options *options,
		   const struct chain *chain)
{
	const struct chain_options lenient = {
		.care = CHAIN_LENIENT,
		.roots = &options->roots,
	};
	struct chain other = { 0 };
	int r;

	r = chain_read(log, path, &lenient, &other);
	if (!r)
		r = fail_apart(path, chain, &other);
	chain_free(&other);
	return r;
}

static int check_capacity(const struct chain *chain, size_t depth)
{
	const struct descriptor *new = chain->links[0];
	const struct descriptor *old = chain->links[depth];

	if (old->capacity == new->capacity)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: has %llu sectors, but %s %llu, expected the same: what changed between disks of two sizes can't be told",
		    old->path, old->capacity, new->path, new->capacity);
}

/**
 * point_find() - find which link of a chain the user means
 * @log: how much to tell
 * @path: the link's descriptor, or one of its extents
 * @options: how the chain was found
 * @chain: the chain, its sources found
 * @depth: set to the link, newest 0, which is of the newest one's capacity
 *
 * Return: 0, or an exit code after a message, which says how @path and the chain
 * belong together if they do.
 */
int point_find(const struct log *log, const char *path,
	       const struct image_options *options, const struct chain *chain,
	       size_t *depth)
{
	struct located at;
	int r;

	r = locate_given(&options->roots, path, &at);
	if (!r)
		*depth = find_link(chain, &at.file.st);
	located_free(&at);
	if (r)
		return r;
	return *depth < chain->nr_links ? check_capacity(chain, *depth) :
					  explain(log, path, options, chain);
}
