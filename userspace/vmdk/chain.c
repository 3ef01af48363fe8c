// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "source/file.h"
#include "util/message.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/beside.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/file-name.h"
#include "vmdk/find-file.h"

static bool is_layer(const struct descriptor *d)
{
	return d->extents[0].type == EXTENT_SESPARSE;
}

static bool has_parent(const struct descriptor *d)
{
	return d->parent_cid != NO_PARENT || d->hint;
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
		if (!d->stands_in && links[i]->st.st_dev == d->st.st_dev &&
		    links[i]->st.st_ino == d->st.st_ino)
			return fail(EXIT_DEVICE,
				    "%s:%u: the parent is %s, which is also its child: a loop, expected a base without a parent",
				    links[nr - 1]->path, links[nr - 1]->hint_line,
				    d->path);
	return 0;
}

/**
 * struct following - a chain being followed
 * @log: how much to tell
 * @options: how
 * @chain: what was found so far
 * @hint: what named the next link: a descriptor; else the command line does
 * @used: how many of the given parents have been used
 * @base: the last of them, if it is raw bytes and has been used
 * @is_final: it ends with what nothing may be salvaged of
 */
struct following {
	const struct log *log;
	const struct chain_options *options;
	struct chain *chain;
	const struct descriptor *hint;
	size_t used;
	const struct parent *base;
	bool is_final;
};

/* The next of the parents that were given, or NULL. */
static const struct parent *given(const struct following *f)
{
	return f->used < f->options->nr_parents ?
	       &f->options->parents[f->used] : NULL;
}

static bool has_raw_base(const struct chain_options *o)
{
	return o->nr_parents && !o->parents[o->nr_parents - 1].is_link;
}

/* Of a base that another disk stands in for nothing is read. */
static int check_cipher(const struct following *f, const struct descriptor *d)
{
	if (f->options->ciphertext || (has_raw_base(f->options) && !is_layer(d)))
		return 0;
	return descriptor_check_cipher(d);
}

/* Parents that check_kinds() will refuse anyhow need not be read. */
static bool goes_on(const struct following *f, const struct descriptor *d)
{
	return is_layer(d) && f->chain->nr_layers <= CHAIN_MAX_LAYERS &&
	       (has_parent(d) || (d->bare && given(f)));
}

/* What stands in for a parent is this machine's, wherever the disk is. */
static const struct roots local_names;

/* Set @next to what is given for the parent, if it is not the base. */
static int take_given(struct following *f, struct located *next)
{
	const struct parent *p = given(f);

	f->used++;
	if (!p->is_link) {
		f->base = p;
		return 0;
	}
	f->hint = NULL;
	return locate_given(&local_names, p->path, next);
}

/* Without its parent a layer reads as a disk that never was, and nothing tells. */
static int check_denied(const struct following *f, const struct descriptor *d)
{
	if (d->parent_cid != NO_PARENT || !d->hint || f->options->ignore_cid ||
	    f->options->care == CHAIN_LENIENT)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s:%u: parentCID is ffffffff, as of a disk without a parent, but %s:%u: parentFileNameHint is \"%.60s\", expected the parent's CID, or no hint (--ignore-cid takes the hint's parent; if there is none, remove the hint's line)",
		    d->path, d->parent_cid_line, d->path, d->hint_line,
		    d->hint);
}

/*
 * With a disk to stand in for the base, the parent's descriptor tells only
 * whether it is one more layer, so it may be missing.
 */
static int find_parent(struct following *f, const struct descriptor *d,
		       struct located *next)
{
	const struct reference ref = {
		.from = d->path,
		.folder = d->folder,
		.line = d->hint_line,
		.what = "parent",
		.name = d->hint,
		.raw = d->raw_hint,
		.option = f->options->care ? " and --parent" :
			  ", --parent and --salvage",
		.cid = &d->parent_cid,
	};
	const struct parent *p = given(f);
	int r;

	if (d->bare)
		return take_given(f, next);
	r = check_denied(f, d);
	if (r)
		return r;
	if (!p) {
		if (!d->hint)
			return fail(EXIT_DEVICE,
				    "%s:%u: parentCID is %08x, but no parentFileNameHint names the parent, expected parentCID=ffffffff or a hint",
				    d->path, d->parent_cid_line, d->parent_cid);
		r = file_name_check(d->path, d->hint_line, d->hint);
		return r ? r : locate(&ref, f->options->roots, LOCATE_OR_FAIL,
				      next);
	}
	r = d->hint ? locate(&ref, f->options->roots, LOCATE_IF_THERE, next) :
	    0;
	if (r || file_is_found(&next->file))
		return r;
	if (d->hint)
		warn("%s:%u: parent \"%s\" not found, taken to be %s--parent %s gives",
		     d->path, d->hint_line, d->hint,
		     p->is_link ? "what " : "the base that ", p->path);
	return take_given(f, next);
}

/* What raw bytes stand in for: a base, or the LUN that the disk is mapped to. */
static enum foreign foreign(const struct following *f)
{
	return !has_raw_base(f->options) ? FOREIGN_NONE :
	       f->chain->nr_links ? FOREIGN_ANY : FOREIGN_MAPPED;
}

/* Read what was found, whatever has its name meanwhile. */
static int read_found(const struct following *f, const struct located *found,
		      struct descriptor **d)
{
	int r;

	r = descriptor_read(f->log, &found->file, foreign(f), d);
	if (!r) {
		(*d)->is_given = !found->top;
		r = located_folder(found, &(*d)->folder);
	}
	return r;
}

/* An extent instead of the descriptor that a hint should have named. */
static int find_owner(const struct following *f, struct descriptor **d)
{
	const char *path = (*d)->path;
	struct reference ref = {
		.from = path,
		.folder = (*d)->folder,
		.line = f->hint->hint_line,
		.what = "descriptor",
		.option = "",
	};
	struct located owner = { .file.fd = -1 };
	struct descriptor *new = NULL;
	char *found;
	int r;

	r = beside_find((*d)->folder, path, BESIDE_OWNER, &found);
	if (r || !found)
		return r;
	warn("%s:%u: the parent is %s, a seSparse extent, taken to be %s, which names it",
	     f->hint->path, f->hint->hint_line, path, found);
	ref.name = file_base_name(found);
	r = locate(&ref, f->options->roots, LOCATE_OR_FAIL, &owner);
	if (!r)
		r = read_found(f, &owner, &new);
	located_free(&owner);
	free(found);
	if (r) {
		descriptor_free(new);
		return r;
	}
	descriptor_free(*d);
	*d = new;
	return 0;
}

/* What reads it alone must know of what is given, or that it does not matter. */
static int refuse_alone(const struct following *f, const struct descriptor *d)
{
	char *found;
	int r;

	if (f->options->care == CHAIN_LENIENT || f->options->ignore_cid ||
	    given(f))
		return 0;
	r = beside_find(d->folder, d->path, BESIDE_WHOLE, &found);
	if (!r && found)
		r = fail(EXIT_USAGE,
			 "%s: is an extent of %s, and not all of the disk: give that, or what is below it with --parent, or --ignore-cid to take it alone",
			 d->path, found);
	free(found);
	return r;
}

/* The bytes of a disk that is no layer are all there, whatever it was made of. */
static void forget_denied(struct descriptor *d)
{
	if (is_layer(d) || d->parent_cid != NO_PARENT || !d->hint)
		return;
	warn("%s:%u: parentFileNameHint \"%.60s\" is passed over, since parentCID is ffffffff, and only a seSparse disk has a parent",
	     d->path, d->hint_line, d->hint);
	free(d->hint);
	free(d->raw_hint);
	d->hint = NULL;
	d->raw_hint = NULL;
}

/* Read a link and find the next one, if there is one more. */
static int add_link(struct following *f, const struct located *at,
		    struct located *next)
{
	struct descriptor *d;
	int r;

	r = read_found(f, at, &d);
	if (!r && d->bare)
		r = f->hint ? find_owner(f, &d) : refuse_alone(f, d);
	if (!r) {
		r = check_cipher(f, d);
		f->is_final = r;
	}
	if (r) {
		descriptor_free(d);
		return r;
	}
	forget_denied(d);
	r = append(f->chain, d);
	f->hint = d;
	if (!r && goes_on(f, d))
		r = find_parent(f, d, next);
	return r;
}

/* Not so where it may well be there, but not for who asks. */
static bool can_do_without(int broken)
{
	return broken != EXIT_MEMORY && broken != EXIT_PERMISSION;
}

/* Have a missing base below the first @nr links, all layers, and nothing else. */
static int cut(struct chain *chain, size_t nr, int broken)
{
	const struct descriptor *child = chain->links[nr - 1];
	const char *path = nr < chain->nr_links ? chain->links[nr]->path :
			   child->hint ?: "(missing)";
	struct descriptor *base;
	int r;

	r = parent_describe_missing(path, child, &base);
	if (r) {
		descriptor_free(base);
		return r;
	}
	while (chain->nr_links > nr)
		descriptor_free(chain->links[--chain->nr_links]);
	chain->nr_layers = nr;
	chain->broken = broken;
	warn("%s: taken to be missing: what only it or what is below it holds reads as an I/O error",
	     base->path);
	return append(chain, base);
}

/* What can't be had is no reason to lose what is above it. */
static int stop(const struct following *f, size_t nr, int r)
{
	if (!f->options->care || f->options->care == CHAIN_LENIENT || !nr ||
	    !can_do_without(r))
		return r;
	return cut(f->chain, nr, r);
}

static int follow(struct following *f, const char *path)
{
	struct located at, next;
	int r;

	if (f->options->named)
		r = locate(f->options->named, f->options->roots, LOCATE_OR_FAIL,
			   &at);
	else
		r = locate_given(f->options->roots, path, &at);
	while (!r && file_is_found(&at.file)) {
		next = (struct located){ .file.fd = -1 };
		r = add_link(f, &at, &next);
		located_free(&at);
		at = next;
	}
	located_free(&at);
	return r;
}

/* A loop's last link is there twice. */
static size_t nr_good(const struct chain *chain)
{
	const struct descriptor *last;
	size_t i, nr = chain->nr_links;

	if (!nr)
		return 0;
	last = chain->links[nr - 1];
	for (i = 0; i + 1 < nr && !last->stands_in; i++)
		if (chain->links[i]->st.st_dev == last->st.st_dev &&
		    chain->links[i]->st.st_ino == last->st.st_ino)
			return nr - 1;
	return nr;
}

static int check_layers(const struct chain *chain)
{
	const struct descriptor *d = chain->links[0];

	if (chain->nr_layers > CHAIN_MAX_LAYERS)
		return fail(EXIT_DEVICE,
			    "%s: a chain of more than %d seSparse layers, expected at most those: consolidate some of them",
			    d->path, CHAIN_MAX_LAYERS);
	return 0;
}

static int check_kind(const struct descriptor *d, bool foreign)
{
	if (is_layer(d) || !has_parent(d) || foreign)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s:%u: a disk of %s extents with parentCID %08x, expected ffffffff: only a seSparse disk has a parent",
		    d->path, d->parent_cid_line,
		    extent_type_name(d->extents[0].type), d->parent_cid);
}

/* What has no descriptor has no content ID. */
static bool has_ids(const struct chain *chain, size_t depth)
{
	return !chain->links[depth]->bare && !chain->links[depth]->stands_in;
}

static int check_ids(const struct chain *chain, size_t depth, bool ignore)
{
	const struct descriptor *child = chain->links[depth];
	const struct descriptor *parent = chain->links[depth + 1];

	if (parent->stands_in)
		return 0;
	if (!has_ids(chain, depth) || !has_ids(chain, depth + 1)) {
		warn("%s: taken for the parent of %s, which no content IDs can tell: a descriptor is missing",
		     parent->path, child->path);
		return 0;
	}
	if (!chain_changed(chain, depth))
		return 0;
	if (!ignore)
		return fail(EXIT_DEVICE,
			    "%s:%u: parentCID is %08x, but %s:%u: CID is %08x, expected them equal: the parent has changed since the snapshot (--ignore-cid goes on)",
			    child->path, child->parent_cid_line,
			    child->parent_cid, parent->path,
			    parent->cid_line, parent->cid);
	warn("%s: parentCID is %08x, but %s: CID is %08x", child->path,
	     child->parent_cid, parent->path, parent->cid);
	return 0;
}

/* What of a base is past the disk's end need not even be there. */
static void shorten(struct descriptor *base, u64 sectors)
{
	struct extent *e = base->extents;

	base->capacity = sectors;
	for (; sectors > e->sectors; e++)
		sectors -= e->sectors;
	e->sectors = sectors;
	while (base->nr_extents > (size_t)(e - base->extents) + 1)
		extent_free(&base->extents[--base->nr_extents]);
}

/*
 * Lines of bases are found a sector off, by somebody's rounding, where the file
 * is of the disk's size: it is what counts, and must have all that is read of it.
 */
static bool is_rounded(const struct descriptor *child,
		       const struct descriptor *base)
{
	const struct extent *last = &base->extents[base->nr_extents - 1];

	return base->capacity == child->capacity + 1 ||
	       (base->capacity + 1 == child->capacity &&
		(last->type == EXTENT_FLAT || last->type == EXTENT_VMFS));
}

static void unround(struct descriptor *base, u64 sectors)
{
	warn("%s:%u: the base has %llu sectors, expected the %llu of its snapshot: a sector off, taken to have as many",
	     base->path, base->extents[base->nr_extents - 1].line,
	     base->capacity, sectors);
	if (base->capacity < sectors) {
		base->extents[base->nr_extents - 1].sectors++;
		base->capacity++;
	} else {
		shorten(base, sectors);
	}
}

static int check_capacities(const struct descriptor *child,
			    struct descriptor *parent, bool ignore)
{
	if (child->capacity == parent->capacity)
		return 0;
	if (!ignore && !is_layer(parent) && is_rounded(child, parent)) {
		unround(parent, child->capacity);
		return 0;
	}
	if (is_layer(parent))
		return fail(EXIT_DEVICE,
			    "%s: has %llu sectors, but its parent %s has %llu, expected them equal: it was resized below the snapshot, or is another disk's; alone, it can be given as the disk that it was",
			    child->path, child->capacity, parent->path,
			    parent->capacity);
	if (!ignore)
		return fail(EXIT_DEVICE,
			    "%s: has %llu sectors, but its parent %s has %llu, expected them equal (--ignore-cid goes on, %s)",
			    child->path, child->capacity, parent->path,
			    parent->capacity,
			    parent->capacity < child->capacity ?
			    "with zeros past the parent's end" :
			    "without what is past the disk's end");
	warn("%s: has %llu sectors, but its parent %s has %llu", child->path,
	     child->capacity, parent->path, parent->capacity);
	if (parent->capacity > child->capacity)
		shorten(parent, child->capacity);
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

/* Does a link fit what is above it? */
static int check_link(const struct chain *chain, size_t depth,
		      const struct chain_options *o)
{
	struct descriptor *d = chain->links[depth];
	int r;

	r = check_kind(d, depth && has_raw_base(o));
	if (r || o->care == CHAIN_LENIENT || !depth)
		return r;
	r = check_ids(chain, depth - 1, o->ignore_cid);
	if (!r)
		r = check_capacities(chain->links[depth - 1], d,
				     o->ignore_cid);
	if (!r && is_layer(d))
		r = check_boundaries(chain->links[0], d);
	return r;
}

static int check(const struct following *f)
{
	const struct chain *chain = f->chain;
	size_t i;
	int r;

	r = check_layers(chain);
	if (r)
		return r;
	for (i = 0; i < chain->nr_links && !r; i++)
		r = check_link(chain, i, f->options);
	return r && f->options->care == CHAIN_FOUND ? stop(f, i - 1, r) : r;
}

/* A disk that was never on a datastore, without a snapshot: only a pointer is. */
static int set_mapped(struct descriptor *d, const struct parent *parent)
{
	struct extent *e = d->extents;
	unsigned int line = e->line;

	while (d->nr_extents > 1)
		extent_free(&d->extents[--d->nr_extents]);
	extent_free(e);
	*e = (struct extent){
		.type = EXTENT_FLAT,
		.sectors = d->capacity,
		.offset = parent->start,
		.line = line,
		.device = strdup(parent->path),
		.file = strdup(file_base_name(parent->path)),
	};
	return e->device && e->file ? 0 : fail_memory();
}

static int set_base(struct chain *chain, const struct parent *parent)
{
	const struct descriptor *child = chain->links[chain->nr_layers - 1];
	struct descriptor *base;
	int r;

	if (chain->nr_links > chain->nr_layers)
		descriptor_free(chain->links[--chain->nr_links]);
	r = parent_describe(parent, child, &base);
	if (!r)
		return append(chain, base);
	descriptor_free(base);
	return r;
}

static int fail_surplus(const struct parent *p, const struct parent *base)
{
	return fail(EXIT_USAGE,
		    "--parent %s: behind --parent %s, which is raw bytes: these have no parent",
		    p->path, base->path);
}

/* Raw bytes go below the oldest layer, in the place of a base that was found. */
static int use_given(struct following *f)
{
	const struct chain *chain = f->chain;
	const struct descriptor *last =
		chain->links[chain->nr_layers ? chain->nr_layers - 1 : 0];
	const struct parent *p = given(f);

	if (!chain->nr_layers && p && !p->is_link &&
	    last->nr_extents == 1 &&
	    last->extents[0].type == EXTENT_FOREIGN) {
		f->used++;
		return given(f) ? fail_surplus(given(f), p) :
				  set_mapped(chain->links[0], p);
	}
	if (chain->nr_layers && !f->base && p && !p->is_link &&
	    chain->nr_links > chain->nr_layers) {
		f->base = p;
		f->used++;
	}
	p = given(f);
	if (!p)
		return f->base ? set_base(f->chain, f->base) : 0;
	if (f->base)
		return fail_surplus(p, f->base);
	if (p->is_link)
		return fail(EXIT_USAGE,
			    "--parent %s: no link of the chain misses its parent, expected none to be given",
			    p->path);
	return fail(EXIT_USAGE,
		    "--parent %s: %s:%u: parentCID is ffffffff: this disk has no parent",
		    p->path, last->path, last->parent_cid_line);
}

/**
 * chain_read() - read a descriptor and its parents and check that they fit
 * @log: how much to tell
 * @path: the newest descriptor, or a seSparse extent, unless @options say what
 *        names it
 * @options: how to follow its parents
 * @chain: filled in, for chain_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int chain_read(const struct log *log, const char *path,
	       const struct chain_options *options, struct chain *chain)
{
	struct following f = {
		.log = log,
		.options = options,
		.chain = chain,
	};
	int r;

	memset(chain, 0, sizeof(*chain));
	r = follow(&f, path);
	if (r && !f.is_final)
		r = stop(&f, nr_good(chain), r);
	if (!r)
		r = check(&f);
	return r || chain->broken ? r : use_given(&f);
}

/**
 * chain_do_without() - go on without an extent that is there in part, or not
 * @chain: the chain
 * @depth: the link that it is of
 * @index: which of the link's extents it is
 * @there: how many of its sectors there are, from its first one on
 * @broken: the exit code of what is wrong with it, which has been told
 *
 * Of a layer nothing is taken then, nor of what is below.
 *
 * Return: 0; @broken if it cannot be done without; or another exit code after a
 * message.
 */
int chain_do_without(struct chain *chain, size_t depth, size_t index, u64 there,
		     int broken)
{
	struct descriptor *d = chain->links[depth];
	struct extent *list, *e;

	if (!depth || !can_do_without(broken))
		return broken;
	if (depth < chain->nr_layers)
		return cut(chain, depth, broken);
	list = reallocarray(d->extents, d->nr_extents + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	d->extents = list;
	e = &list[index];
	warn("%s:%u: %llu sectors of the base are missing: what no layer holds of them reads as an I/O error",
	     d->path, e->line, e->sectors - there);
	chain->broken = broken;
	if (!there) {
		e->type = EXTENT_MISSING;
		e->source = NULL;
		return 0;
	}
	memmove(e + 2, e + 1, (d->nr_extents++ - index - 1) * sizeof(*e));
	e[1] = (struct extent){
		.type = EXTENT_MISSING,
		.sectors = e->sectors - there,
		.line = e->line,
	};
	e->sectors = there;
	return 0;
}

/**
 * chain_changed() - has a link's parent changed behind its back?
 * @chain: the chain
 * @depth: the link
 *
 * Return: true if the two content IDs are there and differ, or if there should be
 * no parent by the link's.
 */
bool chain_changed(const struct chain *chain, size_t depth)
{
	return depth + 1 < chain->nr_links && has_ids(chain, depth) &&
	       has_ids(chain, depth + 1) &&
	       (chain->links[depth]->parent_cid == NO_PARENT ||
		chain->links[depth]->parent_cid !=
		chain->links[depth + 1]->cid);
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

/**
 * segments_of() - how many segments it takes to hold layers
 * @nr_layers: their number
 *
 * Return: 1 or more.
 */
size_t segments_of(size_t nr_layers)
{
	return nr_layers ? (nr_layers - 1) / SESPARSE_MAX_LAYERS + 1 : 1;
}

/**
 * segment_of() - one of the segments that hold layers
 * @nr_layers: their number
 * @number: the segment, newest 0, below segments_of() them
 *
 * Return: the segment.  All are full but for the oldest one.
 */
struct segment segment_of(size_t nr_layers, size_t number)
{
	struct segment s = { .first = number * SESPARSE_MAX_LAYERS };

	s.nr = min_t(size_t, nr_layers - s.first, SESPARSE_MAX_LAYERS);
	return s;
}
