// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <unistd.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/print-disk.h"
#include "cli/table-progress.h"
#include "cli/verbs.h"
#include "disk/changed.h"
#include "disk/usage.h"
#include "disk/walk.h"
#include "dm-sesparse/format.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"
#include "vmdk/newer.h"
#include "vmdk/point.h"

/* Where map leaves out zeros, here they are a change like any other. */
static void take_row(void *private, const struct disk_range *range, bool hole)
{
	int *r = private;

	(void)hole;
	if (!*r)
		*r = print_range(range);
}

static int print_ranges(const struct options *o, const struct disk *disk)
{
	struct json j = { 0 };
	int r = 0;

	if (o->json) {
		json_disk(&j, NULL, disk);
		return 0;
	}
	print_range_heading();
	walk_disk(disk, take_row, &r);
	return r;
}

static u64 changed_bytes(const struct usage *usage)
{
	return (usage->total.data + usage->total.zero + usage->errors) *
	       SESPARSE_SECTOR_SIZE;
}

static void json_summary(const struct chain *chain, size_t depth,
			 const struct usage *usage)
{
	struct json j = { 0 };

	json_open(&j, NULL, '{');
	json_string(&j, "old", chain->links[depth]->path);
	json_string(&j, "new", chain->links[0]->path);
	json_number(&j, "virtual-size",
		    chain->links[0]->capacity * SESPARSE_SECTOR_SIZE);
	json_number(&j, "changed-size", changed_bytes(usage));
	json_share(&j, &usage->total, usage->errors);
	json_close(&j, '}');
}

static int print_summary(const struct chain *chain, size_t depth,
			 const struct usage *usage)
{
	int r;

	fputs("old: ", stdout);
	r = human_name(chain->links[depth]->path);
	fputs("\nnew: ", stdout);
	if (!r)
		r = human_name(chain->links[0]->path);
	putchar('\n');
	print_size("virtual size",
		   chain->links[0]->capacity * SESPARSE_SECTOR_SIZE);
	print_size("changed", changed_bytes(usage));
	print_share("", &usage->total, usage->errors);
	return r;
}

static int summarize(const struct options *o, const struct disk *disk,
		     size_t depth)
{
	struct usage usage;
	int r;

	r = usage_count(disk, &usage);
	if (!r && o->json)
		json_summary(disk->chain, depth, &usage);
	else if (!r)
		r = print_summary(disk->chain, depth, &usage);
	usage_free(&usage);
	return r;
}

static int print_diff(const struct options *o, const struct disk *disk,
		      size_t depth)
{
	if (o->given & OPT_SUMMARY)
		return summarize(o, disk, depth);
	if (o->output == OUTPUT_PICTURE ||
	    (o->output == OUTPUT_DEFAULT && isatty(STDOUT_FILENO)))
		return picture_print(disk);
	return print_ranges(o, disk);
}

static int diff(struct options *o, const struct chain *chain, size_t depth)
{
	struct changed changed;
	struct progress progress;
	int r;

	table_progress_begin(o, &progress, extents_table_bytes(chain));
	r = changed_read(&o->log, chain, depth, o->given & OPT_SALVAGE,
			 &changed);
	table_progress_end(o, !r);
	if (!r)
		r = print_diff(o, &changed.disk, depth);
	changed_free(&changed);
	return r;
}

/**
 * cmd_diff() - show what changed between two points of a chain
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_diff(struct options *o)
{
	struct image image = { 0 };
	struct one_disk new;
	size_t depth;
	int r;

	if (o->given & OPT_SUMMARY && o->output == OUTPUT_PICTURE)
		return fail(EXIT_USAGE,
			    "--summary: expected no --output picture, which shows where things are");
	o->image.must_open = true;
	r = disks_one(o, o->operands[2], &new);
	if (!r)
		r = image_read(&o->log, new.path, &new.image, &image);
	if (!r)
		r = point_find(&o->log, o->operands[1], &new.image,
			       &image.chain, &depth);
	if (!r) {
		newer_warn_parents(&image.chain);
		r = diff(o, &image.chain, depth);
	}
	image_free(&image);
	disks_one_free(&new);
	return r;
}
