// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extent's header has the capacity; where that is lost, too, the parent has the
 * same.  The content IDs are in no extent: that of the parent is what it is now, the
 * descriptor's own is one that nobody can have written down.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/descriptor-anew.h"
#include "cli/new-file.h"
#include "cli/options.h"
#include "sesparse/header.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

/* A disk's that was never written to, as ESXi has it. */
#define NEW_CID 0xfffffffe

/**
 * struct anew - what is written
 * @extent: name of the extent
 * @capacity: in sectors
 * @by_parent: it is the parent's
 * @parent: name of the parent's descriptor, or NULL
 * @parent_cid: its content ID
 */
struct anew {
	const char *extent;
	u64 capacity;
	bool by_parent;
	const char *parent;
	u32 parent_cid;
};

/* Where a slash is the last one, what lies before counts. */
static bool are_in_one_folder(const char *a, const char *b)
{
	const size_t length = (size_t)(file_base_name(a) - a);

	return length == (size_t)(file_base_name(b) - b) &&
	       !memcmp(a, b, length);
}

static int check_name(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == '"' || *c == 0x7f)
			return fail(EXIT_USAGE,
				    "%s: has a character that no descriptor can hold: rename it",
				    name);
	return 0;
}

static int check_places(const struct options *o, const char *extent,
			const char *to)
{
	const struct image_options *image = &o->image;
	int r;

	if (!are_in_one_folder(extent, to))
		return fail(EXIT_USAGE,
			    "%s: expected a name in the folder of %s, as descriptors name what is beside them",
			    to, extent);
	r = check_name(extent);
	if (r || !image->nr_parents)
		return r;
	if (image->nr_parents > 1 || !image->parents[0].is_link)
		return fail(EXIT_USAGE,
			    "--parent: expected one, the descriptor of the snapshot or base below the extent");
	if (!are_in_one_folder(image->parents[0].path, to))
		return fail(EXIT_USAGE,
			    "%s: expected a parent in the folder of %s, as descriptors name what is beside them",
			    image->parents[0].path, to);
	return check_name(image->parents[0].path);
}

static int ask_parent(struct options *o, struct anew *a)
{
	struct image_options options = o->image;
	struct image image = { 0 };
	int r;

	if (!options.nr_parents)
		return 0;
	options.nr_parents = 0;
	options.care = CHAIN_SALVAGE;
	options.ignore_cid = true;
	r = image_find(&o->log, o->image.parents[0].path, &options, &image);
	if (!r) {
		a->parent = o->image.parents[0].path;
		a->parent_cid = image.chain.links[0]->cid;
		a->capacity = image.chain.links[0]->capacity;
		a->by_parent = true;
	}
	image_free(&image);
	return r;
}

/* The header's capacity is believed if all of the header fits it. */
static int take_header(const struct source *source, struct anew *a)
{
	struct sesparse_geometry geo;
	struct header header;
	char why[160];

	if (header_read(source, 0, &header))
		snprintf(why, sizeof(why), "has no headers");
	else if (!header_decode(source, 0, &header, &geo, why, sizeof(why))) {
		if (a->parent && a->capacity != geo.capacity)
			return fail(EXIT_DEVICE,
				    "%s: capacity is %llu sectors, but %s has %llu, expected them equal: it is no parent of it",
				    source->path, geo.capacity, a->parent,
				    a->capacity);
		a->capacity = geo.capacity;
		a->by_parent = false;
		return 0;
	}
	if (!a->parent)
		return fail(EXIT_DEVICE,
			    "%s: %s, so that the capacity is not known (--parent has it)",
			    source->path, why);
	warn("%s: %s: the capacity is taken from %s", source->path, why,
	     a->parent);
	return 0;
}

static int ask_extent(struct options *o, const char *extent, struct anew *a)
{
	struct source source = SOURCE_CLOSED(NULL);
	struct file_found found;
	int error, r;

	error = file_look(extent, &found);
	if (error) {
		file_forget(&found);
		return fail(exit_code_of(error), "%s: cannot open: %s", extent,
			    strerror(error));
	}
	source.path = found.path;
	r = source_open(&o->log, &found, &source);
	if (!r)
		r = take_header(&source, a);
	source_close(&source);
	file_forget(&found);
	return r;
}

static int write_descriptor(const struct anew *a, const char *to)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (!f)
		return fail_memory();
	fprintf(f, "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\n");
	fprintf(f, "CID=%08x\nparentCID=%08x\n", NEW_CID,
		a->parent ? a->parent_cid : NO_PARENT);
	fprintf(f, "isNativeSnapshot=\"no\"\ncreateType=\"seSparse\"\n");
	if (a->parent)
		fprintf(f, "parentFileNameHint=\"%s\"\n",
			file_base_name(a->parent));
	fprintf(f, "# Extent description\nRW %llu SESPARSE \"%s\"\n",
		a->capacity, file_base_name(a->extent));
	fprintf(f, "\n# The Disk Data Base\n#DDB\n\nddb.grain = \"8\"\n");
	if (fclose(f))
		return fail_memory();
	r = new_file_write(to, text, size);
	free(text);
	return r;
}

/**
 * descriptor_anew() - write a descriptor for an extent
 * @o: the command line, whose --parent is what it lies above
 * @extent: the extent
 * @to: the descriptor that is to be, beside it
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_anew(struct options *o, const char *extent, const char *to)
{
	struct anew a = { .extent = extent };
	int r;

	if (o->nr_luns)
		return fail(EXIT_USAGE,
			    "--descriptor: expected an extent that is a file here, not on a LUN: copy it with cp");
	r = new_file_check(to);
	if (!r)
		r = check_places(o, extent, to);
	if (!r)
		r = ask_parent(o, &a);
	if (!r)
		r = ask_extent(o, extent, &a);
	if (!r)
		r = write_descriptor(&a, to);
	if (r || o->log.quiet)
		return r;
	if (a.parent)
		note("%s: parentCID %08x is what %s has now, and unsure: nothing tells whether that was written to since",
		     to, a.parent_cid, a.parent);
	else
		note("%s: has no parent, so what the extent lacks reads as zeros (--parent gives one)",
		     to);
	note("%s: CID %08x is made up: a snapshot above it has another for its parent (--ignore-cid)",
	     to, NEW_CID);
	return 0;
}
