// SPDX-License-Identifier: GPL-2.0-only
/*
 * The links of a chain against each other.
 */
#include "check/check.h"
#include "check/findings.h"
#include "source/source.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"

static void check_ids(const struct chain *chain, size_t depth,
		      struct findings *f)
{
	const struct descriptor *child = chain->links[depth];
	const struct descriptor *parent = chain->links[depth + 1];

	if (chain_changed(chain, depth))
		find(f, FIND_PARENT_CHANGED, 0,
		     "parentCID is %08x, but CID of %s is %08x, expected them equal: the parent has changed since the snapshot",
		     child->parent_cid, parent->path, parent->cid);
}

static void check_capacities(const struct descriptor *child,
			     const struct descriptor *parent,
			     struct findings *f)
{
	if (child->capacity != parent->capacity)
		find(f, FIND_CAPACITY, 0,
		     "has %llu sectors, but its parent %s has %llu, expected them equal",
		     child->capacity, parent->path, parent->capacity);
}

static void check_split(const struct descriptor *top,
			const struct descriptor *layer, struct findings *f)
{
	size_t i;

	if (top->nr_extents != layer->nr_extents) {
		find(f, FIND_SPLIT, 0,
		     "has %zu extents, but %s has %zu, expected the layers split alike",
		     layer->nr_extents, top->path, top->nr_extents);
		return;
	}
	for (i = 0; i < top->nr_extents; i++)
		if (top->extents[i].sectors != layer->extents[i].sectors)
			find(f, FIND_SPLIT, 0,
			     "extent %zu has %llu sectors, but in %s it has %llu, expected the layers split alike",
			     i + 1, layer->extents[i].sectors, top->path,
			     top->extents[i].sectors);
}

static void check_sizes(const struct descriptor *d, struct findings *f)
{
	const struct extent *e;
	const struct source *s;

	for (e = d->extents; e < d->extents + d->nr_extents; e++) {
		s = e->source;
		if (e->type == EXTENT_SESPARSE || !s ||
		    (e->offset <= s->sectors &&
		     e->sectors <= s->sectors - e->offset))
			continue;
		find(f, FIND_TRUNCATED, 0,
		     "%s has %llu sectors, expected %llu from sector %llu on",
		     s->path, s->sectors, e->sectors, e->offset);
	}
}

/**
 * check_chain() - compare the links of a chain
 * @chain: the chain, its sources open
 * @findings: where findings go
 */
void check_chain(const struct chain *chain, struct findings *findings)
{
	const struct descriptor *d;
	size_t i;

	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		findings_of(findings, d->path);
		if (i + 1 < chain->nr_links) {
			check_ids(chain, i, findings);
			check_capacities(d, chain->links[i + 1], findings);
		}
		if (i && i < chain->nr_layers)
			check_split(chain->links[0], d, findings);
		check_sizes(d, findings);
	}
}
