// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor is of the same disk if it, its parent or an extent of it is a file
 * of the chain, or of another descriptor that is of the same disk.  Files are told
 * apart by what they are, so links and other names make no difference.
 *
 * What cannot be read, or is no descriptor, is passed over: whoever can write to a
 * disk's folder can do worse than to hide what is in it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "source/file.h"
#include "source/folder.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/beside.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/encoding.h"
#include "vmdk/find-file.h"
#include "vmdk/relatives.h"

/* The blocks that have changed, which the host keeps in a file of a link. */
#define TRACKING_KEY "changeTrackPath"

/**
 * struct found - a descriptor beside the chain
 * @files: itself, its parent, its extents and what else it names
 * @is_kin: it is of the same disk
 */
struct found {
	struct relatives files;
	bool is_kin;
};

/**
 * struct gathering - the descriptors beside a chain
 * @roots: folders that are elsewhere
 * @folder: the one that is gone through
 * @list: the descriptors
 * @nr: their number
 */
struct gathering {
	const struct roots *roots;
	struct folder *folder;
	struct found *list;
	size_t nr;
};

static bool has(const struct relatives *r, const struct stat *st)
{
	size_t i;

	for (i = 0; i < r->nr; i++)
		if (r->list[i].st.st_dev == st->st_dev &&
		    r->list[i].st.st_ino == st->st_ino)
			return true;
	return false;
}

/* Return: 0, or an errno. */
static int add(struct relatives *r, const char *path, const struct stat *st)
{
	struct relative_file *list;

	if (!S_ISREG(st->st_mode) || has(r, st))
		return 0;
	list = reallocarray(r->list, r->nr + 1, sizeof(*list));
	if (!list)
		return ENOMEM;
	r->list = list;
	list[r->nr] = (struct relative_file){ .path = strdup(path), .st = *st };
	if (!list[r->nr].path)
		return ENOMEM;
	r->nr++;
	return 0;
}

/* What the descriptor @b, of path @from, calls @name, if there is such a file. */
static int add_named(const struct gathering *g, struct relatives *files,
		     const struct beside *b, const char *from, const char *name)
{
	struct reference ref = {
		.from = from,
		.folder = g->folder,
		.name = name,
		.raw = name,
	};
	struct located located;
	char *converted = NULL;
	int r;

	if (!name || !*name)
		return 0;
	if (!encoding_convert(b->encoding, name, &converted))
		ref.name = converted;
	r = locate(&ref, g->roots, LOCATE_QUIETLY, &located) ? ENOMEM : 0;
	if (!r && located.file.fd >= 0)
		r = add(files, located.file.path, &located.file.st);
	located_free(&located);
	free(converted);
	return r;
}

static int read_files(const struct gathering *g, const struct beside *b,
		      struct relatives *files)
{
	unsigned int line = 0;
	const char *name;
	char *path;
	int r;

	path = file_beside(g->folder->path, b->name);
	r = path ? add(files, path, &b->st) : ENOMEM;
	if (!r)
		r = add_named(g, files, b, path, beside_parent(b));
	if (!r)
		r = add_named(g, files, b, path, beside_value(b, TRACKING_KEY));
	while (!r && beside_next_extent(b, &line, &name))
		r = add_named(g, files, b, path, name);
	free(path);
	return r;
}

static int gather(void *data, const struct beside *b)
{
	struct gathering *g = data;
	struct found *list;

	list = reallocarray(g->list, g->nr + 1, sizeof(*list));
	if (!list)
		return ENOMEM;
	g->list = list;
	list[g->nr] = (struct found){ 0 };
	return read_files(g, b, &list[g->nr++].files);
}

static bool is_first_in(const struct chain *chain, size_t depth)
{
	const struct folder *folder = chain->links[depth]->folder;
	size_t i;

	for (i = 0; i < depth; i++)
		if (chain->links[i]->folder &&
		    chain->links[i]->folder->ops == folder->ops &&
		    folder->ops->same(chain->links[i]->folder, folder))
			return false;
	return true;
}

/* The folders of this machine that links are in, each once. */
static int gather_all(const struct chain *chain, struct gathering *g)
{
	const struct descriptor *d;
	size_t i;
	int r = 0;

	for (i = 0; i < chain->nr_links && !r; i++) {
		d = chain->links[i];
		if (!d->folder || d->in_datastore || !is_first_in(chain, i))
			continue;
		g->folder = d->folder;
		r = beside_each(d->folder, gather, g);
	}
	return r;
}

static int add_link(struct relatives *known, const struct descriptor *d)
{
	const struct extent *e;
	struct stat st;
	int r = 0;

	if (!d->stands_in && !d->in_datastore)
		r = add(known, d->path, &d->st);
	for (e = d->extents; e < d->extents + d->nr_extents && !r; e++)
		if (e->source && !e->source->stored &&
		    source_is_open(e->source) && !source_stat(e->source, &st))
			r = add(known, e->source->path, &st);
	return r;
}

static int add_all(struct relatives *known, struct found *f)
{
	size_t i;
	int r = 0;

	f->is_kin = true;
	for (i = 0; i < f->files.nr && !r; i++)
		r = add(known, f->files.list[i].path, &f->files.list[i].st);
	return r;
}

/* Of each file that is known, and of those that get known by that. */
static int add_kin(struct relatives *known, const struct gathering *g)
{
	struct found *f;
	size_t i;
	int r = 0;

	for (i = 0; i < known->nr; i++)
		for (f = g->list; f < g->list + g->nr && !r; f++)
			if (!f->is_kin && has(&f->files, &known->list[i].st))
				r = add_all(known, f);
	return r;
}

/**
 * relatives_find() - find the files of a chain and of what is beside it
 * @chain: the chain, its sources found
 * @roots: folders that are elsewhere on this machine
 * @relatives: filled in, for relatives_free(), on failure too; of what is in a
 *	       datastore there is nothing
 *
 * Return: 0, or an exit code after a message.
 */
int relatives_find(const struct chain *chain, const struct roots *roots,
		   struct relatives *relatives)
{
	struct gathering g = { .roots = roots };
	size_t i;
	int r = 0, error = 0;

	*relatives = (struct relatives){ 0 };
	for (i = 0; i < chain->nr_links && !error; i++)
		error = add_link(relatives, chain->links[i]);
	if (!error)
		r = gather_all(chain, &g);
	if (!error && !r)
		error = add_kin(relatives, &g);
	for (i = 0; i < g.nr; i++)
		relatives_free(&g.list[i].files);
	free(g.list);
	return error ? fail_memory() : r;
}

/**
 * relatives_free() - free what relatives_find() made
 * @relatives: it
 */
void relatives_free(struct relatives *relatives)
{
	size_t i;

	for (i = 0; i < relatives->nr; i++)
		free(relatives->list[i].path);
	free(relatives->list);
	*relatives = (struct relatives){ 0 };
}
