// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layer's extent is its own: where two links have the same one, by whatever
 * names, one of the descriptors is wrong, and the data that it should lead to are
 * not read.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-twice.h"

/**
 * struct spot - where an extent begins, and who says so
 * @dev: of the file's filesystem; 0 for a device
 * @file: number of the file, or of the block device
 * @sector: of that
 * @d: the descriptor
 * @e: the extent
 */
struct spot {
	dev_t dev;
	unsigned long long file;
	u64 sector;
	const struct descriptor *d;
	const struct extent *e;
};

static int compare(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->sector < y->sector ? -1 : x->sector > y->sector;
}

static int find_spot(const struct descriptor *d, const struct extent *e,
		     struct spot *spot)
{
	struct stat st;
	int error = source_stat(e->source, &st);

	if (error)
		return fail(exit_code_of(error), "%s: %s", e->source->path,
			    strerror(error));
	*spot = (struct spot){
		.dev = S_ISBLK(st.st_mode) ? 0 : st.st_dev,
		.file = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_ino,
		.sector = e->offset,
		.d = d,
		.e = e,
	};
	return 0;
}

static size_t count(const struct chain *chain)
{
	size_t i, nr = 0;

	for (i = 0; i < chain->nr_links; i++)
		nr += chain->links[i]->nr_extents;
	return nr;
}

static int find_spots(const struct chain *chain, struct spot *spots,
		      size_t *nr)
{
	const struct descriptor *d;
	const struct extent *e;
	size_t i;
	int r = 0;

	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		for (e = d->extents; e < d->extents + d->nr_extents && !r; e++)
			if (e->source && source_is_open(e->source))
				r = find_spot(d, e, &spots[(*nr)++]);
	}
	return r;
}

static bool has_layer(const struct spot *a, const struct spot *b)
{
	return a->e->type == EXTENT_SESPARSE || b->e->type == EXTENT_SESPARSE;
}

/**
 * extents_check_distinct() - refuse a layer's extent that another link has, too
 * @chain: the chain, its sources found; those that are not open are not looked at
 *
 * Return: 0, or an exit code after a message.
 */
int extents_check_distinct(const struct chain *chain)
{
	struct spot *spots = calloc(count(chain) + 1, sizeof(*spots));
	size_t nr = 0, i;
	int r;

	if (!spots)
		return fail_memory();
	r = find_spots(chain, spots, &nr);
	if (!r)
		qsort(spots, nr, sizeof(*spots), compare);
	for (i = 1; i < nr && !r; i++)
		if (!compare(&spots[i - 1], &spots[i]) &&
		    has_layer(&spots[i - 1], &spots[i]))
			r = fail(EXIT_DEVICE,
				 "%s:%u: the extent %s is also that of %s:%u, expected one of its own: one of the two names another's",
				 spots[i].d->path, spots[i].e->line,
				 spots[i].e->source->path, spots[i - 1].d->path,
				 spots[i - 1].e->line);
	free(spots);
	return r;
}
