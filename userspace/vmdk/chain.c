// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "util/message.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/find-file.h"

static bool is_layer(const struct descriptor *d)
{
	return d->extents[0].type == EXTENT_SESPARSE;
}

static bool has_parent(const struct descriptor *d)
{
	return d->parent_cid != NO_PARENT;
}

static int append(struct chain *chain, struct descriptor *d)
{
	const size_t nr = chain->nr_links;
	struct descriptor **links;
	size_t i;

	links = reallocarray(chain->links, nr + 1, sizeof(*links));
	if (!links) {
		descriptor_free(d);
		return fail_memory();
	}
	links[nr] = d;
	chain->links = links;
	chain->nr_links++;
	chain->nr_layers += is_layer(d);
	for (i = 0; i < nr; i++)
		if (!d->stands_in && links[i]->dev == d->dev &&
		    links[i]->ino == d->ino)
			return fail(EXIT_DEVICE,
				    "%s:%u: the parent is %s, which is also its child: a loop, expected a base without a parent",
				    links[nr - 1]->path, links[nr - 1]->hint_line,
				    d->path);
	return 0;
}

/* Of a base that another disk stands in for nothing is read. */
static int check_cipher(const struct chain_options *options,
			const struct descriptor *d)
{
	if (options->ciphertext || (options->parent && !is_layer(d)))
		return 0;
	return descriptor_check_cipher(d);
}

/* Parents that check_kinds() will refuse anyhow need not be read. */
static bool goes_on(const struct chain *chain, const struct descriptor *d)
{
	return has_parent(d) && is_layer(d) &&
	       chain->nr_layers <= SESPARSE_MAX_LAYERS;
}

/*
 * With a disk to stand in for the base, the parent's descriptor tells only
 * whether it is one more layer, so it may be missing.
 */
static int find_parent(const struct chain_options *options,
		       const struct descriptor *d, char **path)
{
	const struct reference ref = {
		.from = d->path,
		.line = d->hint_line,
		.what = "parent",
		.name = d->hint,
		.raw = d->raw_hint,
		.way_out = " (see --map-root and --parent)",
	};
	int r;

	if (!options->parent) {
		if (!d->hint)
			return fail(EXIT_DEVICE,
				    "%s:%u: parentCID is %08x, but no parentFileNameHint names the parent, expected parentCID=ffffffff or a hint",
				    d->path, d->parent_cid_line, d->parent_cid);
		r = descriptor_check_name(d, d->hint_line, d->hint);
		return r ? r : locate(&ref, options->roots, path);
	}
	if (!d->hint)
		return 0;
	r = locate_if_there(&ref, options->roots, path);
	if (!r && !*path)
		warn("%s:%u: parent \"%s\" not found, taken to be the base that --parent %s gives",
		     d->path, d->hint_line, d->hint, options->parent->path);
	return r;
}

static int follow(const struct log *log, const char *path,
		  const struct chain_options *options, struct chain *chain)
{
	char *next = strdup(path);
	struct descriptor *d;
	int r = next ? 0 : fail_memory();

	while (!r && next) {
		r = descriptor_read(log, next,
				    options->parent && chain->nr_links, &d);
		free(next);
		next = NULL;
		if (!r)
			r = append(chain, d);
		if (!r)
			r = check_cipher(options, d);
		if (!r && goes_on(chain, d))
			r = find_parent(options, d, &next);
	}
	free(next);
	return r;
}

/* Only the last may be anything but a layer, and something must be one. */
static int check_kinds(const struct chain *chain, bool foreign)
{
	const struct descriptor *d;
	size_t i;

	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		if (d->bare && i)
			return fail(EXIT_DEVICE,
				    "%s:%u: the parent is %s, a seSparse extent, expected the descriptor that names it",
				    chain->links[i - 1]->path,
				    chain->links[i - 1]->hint_line, d->path);
		if (!is_layer(d) && has_parent(d) && !foreign)
			return fail(EXIT_DEVICE,
				    "%s:%u: a disk of %s extents with parentCID %08x, expected ffffffff: only a seSparse disk has a parent",
				    d->path, d->parent_cid_line,
				    extent_type_name(d->extents[0].type),
				    d->parent_cid);
	}
	d = chain->links[0];
	if (!chain->nr_layers)
		return fail(EXIT_DEVICE,
			    "%s:%u: a disk of %s extents, expected a seSparse snapshot: nothing of it needs this tool, try losetup",
			    d->path, d->extents[0].line,
			    extent_type_name(d->extents[0].type));
	if (chain->nr_layers > SESPARSE_MAX_LAYERS)
		return fail(EXIT_DEVICE,
			    "%s: a chain of more than %d seSparse layers, expected at most those: consolidate some of them",
			    d->path, SESPARSE_MAX_LAYERS);
	return 0;
}

static int check_link(const struct descriptor *child,
		      const struct descriptor *parent, bool ignore)
{
	if (child->parent_cid != parent->cid) {
		if (!ignore)
			return fail(EXIT_DEVICE,
				    "%s:%u: parentCID is %08x, but %s:%u: CID is %08x, expected them equal: the parent has changed since the snapshot (--ignore-cid goes on)",
				    child->path, child->parent_cid_line,
				    child->parent_cid, parent->path,
				    parent->cid_line, parent->cid);
		warn("%s: parentCID is %08x, but %s: CID is %08x",
		     child->path, child->parent_cid, parent->path, parent->cid);
	}
	if (child->capacity == parent->capacity)
		return 0;
	if (!ignore || is_layer(parent))
		return fail(EXIT_DEVICE,
			    "%s: has %llu sectors, but its parent %s has %llu, expected them equal%s",
			    child->path, child->capacity, parent->path,
			    parent->capacity, is_layer(parent) ? "" :
			    " (--ignore-cid goes on)");
	warn("%s: has %llu sectors, but its parent %s has %llu", child->path,
	     child->capacity, parent->path, parent->capacity);
	return 0;
}

/* An extent of the device has one extent of each layer below it. */
static int check_boundaries(const struct descriptor *top,
			    const struct descriptor *layer)
{
	size_t i;

	for (i = 0; i < top->nr_extents && i < layer->nr_extents; i++)
		if (top->extents[i].sectors != layer->extents[i].sectors)
			return fail(EXIT_DEVICE,
				    "%s:%u: an extent of %llu sectors, but in %s:%u one of %llu, expected the layers split alike",
				    layer->path, layer->extents[i].line,
				    layer->extents[i].sectors, top->path,
				    top->extents[i].line,
				    top->extents[i].sectors);
	if (top->nr_extents == layer->nr_extents)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: has %zu extents, but %s has %zu, expected the layers split alike",
		    layer->path, layer->nr_extents, top->path, top->nr_extents);
}

static int check(const struct chain *chain, const struct chain_options *options)
{
	size_t i;
	int r;

	r = check_kinds(chain, options->parent);
	if (options->lenient)
		return r;
	for (i = 0; i + 1 < chain->nr_links && !r; i++)
		r = check_link(chain->links[i], chain->links[i + 1],
			       options->ignore_cid);
	for (i = 1; i < chain->nr_layers && !r; i++)
		r = check_boundaries(chain->links[0], chain->links[i]);
	return r;
}

/* Put the disk that was given in the place of the base that was found, if any. */
static int set_base(struct chain *chain, const struct parent *parent)
{
	const struct descriptor *child = chain->links[chain->nr_layers - 1];
	struct descriptor *base;
	int r;

	if (!child->bare && !has_parent(child))
		return fail(EXIT_USAGE,
			    "--parent %s: %s:%u: parentCID is ffffffff: this disk has no parent",
			    parent->path, child->path, child->parent_cid_line);
	if (chain->nr_links > chain->nr_layers)
		descriptor_free(chain->links[--chain->nr_links]);
	r = parent_describe(parent, child, &base);
	if (!r)
		return append(chain, base);
	descriptor_free(base);
	return r;
}

/**
 * chain_read() - read a descriptor and its parents and check that they fit
 * @log: how much to tell
 * @path: the newest descriptor, or a seSparse extent to be taken alone
 * @options: how to follow its parents
 * @chain: filled in, for chain_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int chain_read(const struct log *log, const char *path,
	       const struct chain_options *options, struct chain *chain)
{
	int r;

	memset(chain, 0, sizeof(*chain));
	r = follow(log, path, options, chain);
	if (!r)
		r = check(chain, options);
	if (!r && options->parent)
		return set_base(chain, options->parent);
	return r;
}

/**
 * chain_free() - free what chain_read() made
 * @chain: it
 */
void chain_free(struct chain *chain)
{
	size_t i;

	for (i = 0; i < chain->nr_links; i++)
		descriptor_free(chain->links[i]);
	free(chain->links);
	memset(chain, 0, sizeof(*chain));
}

/**
 * chain_base() - the disk below the seSparse layers
 * @chain: the chain
 *
 * Return: its descriptor, or NULL if the oldest layer has no parent.
 */
const struct descriptor *chain_base(const struct chain *chain)
{
	return chain->nr_layers < chain->nr_links ?
	       chain->links[chain->nr_layers] : NULL;
}
