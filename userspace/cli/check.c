// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"
#include "check/findings.h"
#include "cli/disks.h"
#include "cli/options.h"
#include "cli/table-progress.h"
#include "cli/verbs.h"
#include "dm-sesparse/format.h"
#include "sesparse/replay.h"
#include "source/source.h"
#include "util/human.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-sources.h"
#include "vmdk/file-kind.h"
#include "vmdk/extent-check.h"
#include "vmdk/find-file.h"
#include "vmdk/image.h"

/* As qemu-img check's. */
enum {
	CHECK_CLEAN,
	CHECK_FAILED,
	CHECK_CORRUPT,
	CHECK_LEAKS,
	CHECK_FOREIGN = 63, /* not a format that can be checked */
};

/*
 * Whether a file is a seSparse extent, or a descriptor that names any.  What
 * cannot be read has been told of already.
 */
static bool is_ours(const struct file_found *found)
{
	struct source source = SOURCE_CLOSED(found->path);
	struct text text = { .path = found->path };
	bool ours = true;

	if (!source_peek(found, &source) && !text_read(&text, &source))
		ours = file_is_sesparse(&text);
	text_free(&text);
	source_close(&source);
	return ours;
}

static int check_extents(const struct options *o, const struct chain *chain,
			 struct findings *f)
{
	const struct replay_options how = {
		.log = &o->log,
		.leave_out_newest = o->image.leave_out_newest,
		.replayed = o->image.replayed,
		.dry = !o->image.replay,
	};
	const struct descriptor *d;
	size_t i, j;
	int r = 0;

	for (i = 0; i < chain->nr_layers; i++) {
		d = chain->links[i];
		for (j = 0; j < d->nr_extents && !r; j++)
			r = check_extent(&how, d, &d->extents[j], f);
	}
	return r;
}

static void print_summary(const struct options *o, struct findings *f)
{
	if (f->json) {
		json_close(&f->j, ']');
		json_number(&f->j, "corruptions", f->corruptions);
		json_number(&f->j, "leaks", f->leaks);
		json_number(&f->j, "check-errors", f->errors);
		json_close(&f->j, '}');
		return;
	}
	if (f->corruptions || f->leaks || f->errors)
		printf("%llu corrupt, %llu leaked grains, %llu could not be checked.\n",
		       f->corruptions, f->leaks, f->errors);
	else if (!o->log.quiet)
		puts("No errors were found.");
}

/*
 * The back map is as large as the tables are, of the free bitmap is a byte for
 * each 64 of theirs, and it is read twice.
 */
static u64 bytes_to_read(const struct chain *chain)
{
	const u64 tables = extents_table_bytes(chain);

	return 2 * tables + tables / 32;
}

static int check_all(struct options *o, const struct subject *s,
		     const struct chain *chain)
{
	struct findings f = {
		.json = o->json,
		.j = *s->j,
		.on_terminal = isatty(STDOUT_FILENO),
	};
	struct progress progress;
	int r;

	if (f.json) {
		json_open(&f.j, s->key, '{');
		json_string(&f.j, "filename", s->name ? chain->links[0]->path :
							s->path);
		json_string(&f.j, "format", "vmdk");
		json_open(&f.j, "findings", '[');
	}
	check_chain(chain, &f);
	table_progress_begin(o, &progress, bytes_to_read(chain));
	r = check_extents(o, chain, &f);
	table_progress_end(o, !r);
	findings_of(&f, NULL);
	*s->j = f.j;
	if (r || f.failed)
		return CHECK_FAILED;
	print_summary(o, &f);
	*s->j = f.j;
	if (human_flush())
		return CHECK_FAILED;
	return f.errors ? CHECK_FAILED : f.corruptions ? CHECK_CORRUPT :
	       f.leaks ? CHECK_LEAKS : CHECK_CLEAN;
}

static int refuse_flat(const struct descriptor *d)
{
	fail(EXIT_DEVICE,
	     "%s:%u: a disk of %s extents without a snapshot, expected seSparse extents: raw bytes have no structures to check",
	     d->path, d->extents[0].line, extent_type_name(d->extents[0].type));
	return CHECK_FOREIGN;
}

/* Is what is to be checked of no kind that can be? */
static bool is_foreign(const struct options *o, const struct subject *s)
{
	const struct roots *roots = &s->image.roots;
	struct located located;
	bool foreign;
	int r;

	if (s->image.named)
		r = locate(s->image.named, roots, LOCATE_QUIETLY, &located);
	else
		r = locate_given(roots, o->operands[1], &located);
	foreign = !r && !is_ours(&located.file);
	located_free(&located);
	return foreign;
}

static int check_disk(struct options *o, const struct subject *s)
{
	struct image image = { 0 };
	int r;

	r = image_find(&o->log, s->path, &s->image, &image);
	if (r == EXIT_USAGE)
		r = EXIT_CHECK_USAGE;
	else if (r)
		r = is_foreign(o, s) ? CHECK_FOREIGN : CHECK_FAILED;
	else if (!image.chain.nr_layers)
		r = refuse_flat(image.chain.links[0]);
	else
		r = check_all(o, s, &image.chain);
	image_free(&image);
	return r;
}

static int code(int r)
{
	return r == EXIT_USAGE ? EXIT_CHECK_USAGE : CHECK_FAILED;
}

/* A disk that cannot be checked at all says nothing of the others. */
static int worse(int a, int b)
{
	static const int order[] = {
		EXIT_CHECK_USAGE, CHECK_FAILED, CHECK_CORRUPT, CHECK_LEAKS,
		CHECK_CLEAN, CHECK_FOREIGN,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return CHECK_FAILED;
}

/**
 * cmd_check() - check a chain, or each of a VM's disks
 * @o: the command line
 *
 * Return: what to exit with, which is what qemu-img check exits with.
 */
int cmd_check(struct options *o)
{
	static const struct disks_options how = {
		.each = check_disk,
		.key = "check",
		.heading = "",
		.code = code,
		.worse = worse,
	};

	o->image.care = CHAIN_LENIENT;
	o->image.must_open = true;
	return disks_each(o, &how);
}
