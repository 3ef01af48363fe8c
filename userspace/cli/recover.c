// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/descriptor-anew.h"
#include "cli/disks.h"
#include "cli/new-file.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "sesparse/recover.h"
#include "sesparse/table-reader.h"
#include "source/file.h"
#include "source/source.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

/**
 * struct recovery - a chain being recovered
 * @o: the command line
 * @image: its files
 * @j: where JSON goes
 * @patches: what has come of it
 * @hopeless: an extent of which nothing can be had, or NULL
 */
struct recovery {
	struct options *o;
	struct image image;
	struct json j;
	struct patches patches;
	const struct extent *hopeless;
};

static int read_extent(void *private, u64 at, void *buf, size_t bytes,
		       bool *hole)
{
	return tables_read_bytes(private, at, buf, bytes, hole);
}

static void json_marked(struct json *j, const char *state, u64 base,
			const struct ranges *ranges)
{
	size_t i;

	for (i = 0; i < ranges->nr; i++) {
		json_open(j, NULL, '{');
		json_number(j, "start", base + ranges->list[i].start);
		json_number(j, "length",
			    ranges->list[i].end - ranges->list[i].start);
		json_string(j, "state", state);
		json_close(j, '}');
	}
}

static const char *sureness(const struct recover_item *item)
{
	return item->lost ? "lost" : item->sure ? "sure" : "unsure";
}

static void print_json(struct json *j, const struct extent *e, u64 base,
		       const struct recover *x)
{
	size_t i;

	json_open(j, NULL, '{');
	json_string(j, "file", e->source->path);
	json_bool(j, "damaged", x->damaged);
	json_number(j, "sectors-patched", x->patch.nr);
	json_open(j, "repairs", '[');
	for (i = 0; i < x->nr_items; i++) {
		json_open(j, NULL, '{');
		json_string(j, "what", x->items[i].what);
		json_string(j, "state", sureness(&x->items[i]));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "ranges", '[');
	json_marked(j, "lost", base, &x->lost);
	json_marked(j, "unsure", base, &x->unsure);
	json_marked(j, "unconfirmed", base, &x->unconfirmed);
	json_close(j, ']');
	json_close(j, '}');
}

static void print_ranges(const char *what, u64 base,
			 const struct ranges *ranges)
{
	char size[HUMAN_SIZE];
	size_t i;

	if (!ranges->nr)
		return;
	printf("  %s: %s of the disk, bytes", what,
	       human_size(ranges_bytes(ranges), size));
	for (i = 0; i < ranges->nr; i++)
		printf(" %llu-%llu", base + ranges->list[i].start,
		       base + ranges->list[i].end - 1);
	putchar('\n');
}

static int print_human(const struct extent *e, u64 base,
		       const struct recover *x)
{
	size_t i;
	int r;

	r = human_name(e->source->path);
	if (r)
		return r;
	puts(x->damaged ? ":" : ": nothing is wrong with its metadata");
	for (i = 0; i < x->nr_items; i++)
		printf("  %s: %s\n", sureness(&x->items[i]), x->items[i].what);
	print_ranges("lost (I/O errors with --salvage)", base, &x->lost);
	print_ranges("unsure (one place alone tells, or others contradict)",
		     base, &x->unsure);
	print_ranges("unconfirmed (no data of this extent's, as nothing but a table or the directory tells)",
		     base, &x->unconfirmed);
	return 0;
}

static int keep(struct recovery *c, const struct extent *e,
		struct recover *x)
{
	struct patch *list;

	if (x->hopeless)
		c->hopeless = e;
	if (!x->patch.nr || x->hopeless)
		return 0;
	list = reallocarray(c->patches.list, c->patches.nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	c->patches.list = list;
	snprintf(x->patch.name, sizeof(x->patch.name), "%s",
		 file_base_name(e->source->path));
	list[c->patches.nr++] = x->patch;
	x->patch = (struct patch){ 0 };
	return 0;
}

static int fail_recovery(const struct extent *e, int error)
{
	if (error == ENOMEM)
		return fail_memory();
	if (error == EBUSY)
		return fail(EXIT_DEVICE,
			    "%s: its metadata have changed while they were read: the image is in use (take an array's snapshot of the LUN, or power the VM off)",
			    e->source->path);
	return fail(EXIT_DEVICE, "%s: %s", e->source->path, error == EFBIG ?
		    "has more than 16 TiB of grains, which are not recovered" :
		    strerror(error));
}

static int recover_one(struct recovery *c, const struct extent *e, u64 base)
{
	struct tables tables = { .source = e->source, .start = e->offset };
	const struct recover_input input = {
		.sectors = e->source->sectors > e->offset ?
			   e->source->sectors - e->offset : 0,
		.capacity = e->sectors,
		.read = read_extent,
		.private = &tables,
	};
	struct recover x;
	int error, r = 0;

	error = recover_extent(&input, &x);
	if (error)
		r = fail_recovery(e, error);
	else if (c->o->json)
		print_json(&c->j, e, base, &x);
	else
		r = print_human(e, base, &x);
	if (!r)
		r = keep(c, e, &x);
	recover_free(&x);
	return r;
}

static int recover_link(struct recovery *c, const struct descriptor *d)
{
	const struct extent *e;
	u64 base = 0;
	size_t i;
	int r = 0;

	for (i = 0; i < d->nr_extents && !r; i++) {
		e = &d->extents[i];
		if (e->sectors > SESPARSE_MAX_CAPACITY || !e->sectors)
			r = fail(EXIT_DEVICE,
				 "%s: capacity is %llu sectors, expected 1 to %llu: its own header is damaged, and without a descriptor nothing else tells (recover --descriptor writes one)",
				 d->path, e->sectors, SESPARSE_MAX_CAPACITY);
		else
			r = recover_one(c, e, base);
		base += e->sectors * SESPARSE_SECTOR_SIZE;
	}
	return r;
}

static int recover_chain(struct recovery *c)
{
	const struct chain *chain = &c->image.chain;
	size_t i;
	int r = 0;

	if (!chain->nr_layers)
		return fail(EXIT_DEVICE,
			    "%s: a disk without a snapshot, expected seSparse extents: raw bytes have no structures to recover",
			    chain->links[0]->path);
	if (c->o->json)
		json_open(&c->j, NULL, '[');
	for (i = 0; i < chain->nr_layers && !r; i++)
		r = recover_link(c, chain->links[i]);
	if (c->o->json && !r)
		json_close(&c->j, ']');
	return r;
}

static int write_patch(struct recovery *c, const char *path)
{
	void *bytes;
	size_t size;
	int error, r;

	if (!c->patches.nr && c->hopeless)
		return fail(EXIT_DEVICE,
			    "%s: not written, as nothing of %s can be had, for what is said of it (give another copy of the extent or, where its descriptor is wrong, make that anew: recover --descriptor)",
			    path, c->hopeless->source->path);
	if (!c->patches.nr) {
		if (!c->o->log.quiet)
			note("%s: not written, as a patch would change nothing",
			     path);
		return 0;
	}
	error = patches_encode(&c->patches, &bytes, &size);
	if (error == EFBIG)
		return fail(EXIT_DEVICE, "%s: would have more than %llu bytes",
			    path, PATCH_MAX_BYTES);
	if (error)
		return fail_memory();
	r = new_file_write(path, bytes, size);
	free(bytes);
	if (!r && c->hopeless)
		note("%s: the disk is refused with it, too, as nothing of %s can be had (give another copy of that extent)",
		     path, c->hopeless->source->path);
	return r;
}

static int recover_disk(struct options *o, const struct one_disk *disk,
			const char *to)
{
	struct recovery c = { .o = o };
	int r;

	r = image_find(&o->log, disk->path, &disk->image, &c.image);
	if (!r)
		r = recover_chain(&c);
	if (!r && o->nr_luns)
		r = image_check_unchanged(&o->image);
	/* Without the list nobody would know which of it is sure. */
	if (!r)
		r = human_flush();
	if (!r)
		r = write_patch(&c, to);
	o->is_checked = true;
	patches_free(&c.patches);
	image_free(&c.image);
	return r;
}

/**
 * cmd_recover() - make a patch of what is left of a chain's metadata
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_recover(struct options *o)
{
	struct one_disk disk;
	int r;

	if (o->given & OPT_DESCRIPTOR)
		return descriptor_anew(o, o->operands[1], o->operands[2]);
	o->image.care = CHAIN_SALVAGE;
	o->image.must_open = true;
	o->image.ignore_cid = true;
	r = new_file_check(o->operands[2]);
	if (r)
		return r;
	r = disks_one(o, o->operands[1], &disk);
	if (!r)
		r = recover_disk(o, &disk, o->operands[2]);
	disks_one_free(&disk);
	return r;
}
