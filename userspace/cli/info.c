// SPDX-License-Identifier: GPL-2.0-only
/*
 * What qemu-img info tells of a disk has the same name and value here.  That is
 * said of the newest link; "chain" has the same of each.
 */
#include "cli/disks.h"
#include "cli/options.h"
#include "cli/print-disk.h"
#include "cli/table-progress.h"
#include "cli/verbs.h"
#include "disk/info.h"
#include "source/source.h"
#include "util/human.h"
#include "util/json.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"
#include "vmdk/newer.h"

static u64 bytes(u64 sectors)
{
	return sectors * SESPARSE_SECTOR_SIZE;
}

static void json_extents(struct json *j, const struct descriptor *d)
{
	const struct extent *e;

	json_open(j, "extents", '[');
	for (e = d->extents; e < d->extents + d->nr_extents; e++) {
		json_open(j, NULL, '{');
		json_number(j, "virtual-size", bytes(e->sectors));
		if (e->source)
			json_string(j, "filename", e->source->path);
		if (e->type == EXTENT_SESPARSE)
			json_number(j, "cluster-size", SESPARSE_GRAIN_BYTES);
		json_string(j, "format", extent_type_name(e->type));
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* A bare extent has no content IDs. */
static void json_descriptor(struct json *j, const struct descriptor *d)
{
	json_open(j, "format-specific", '{');
	json_string(j, "type", "vmdk");
	json_open(j, "data", '{');
	if (!d->bare && !d->stands_in) {
		json_number(j, "cid", d->cid);
		json_number(j, "parent-cid", d->parent_cid);
	}
	if (d->create_type)
		json_string(j, "create-type", d->create_type);
	json_extents(j, d);
	json_close(j, '}');
	json_close(j, '}');
}

static const char *format_of(const struct descriptor *d)
{
	return !d->stands_in ? "vmdk" :
	       d->extents[0].type == EXTENT_MISSING ? "missing" : "raw";
}

/* The members that qemu-img has, too. */
static void json_link(struct json *j, const struct info *info, size_t depth)
{
	const struct descriptor *d = info->chain->links[depth];

	json_string(j, "filename", d->path);
	json_string(j, "format", format_of(d));
	json_number(j, "virtual-size", bytes(d->capacity));
	json_number(j, "actual-size", info->links[depth].size);
	if (depth < info->chain->nr_layers)
		json_number(j, "cluster-size", SESPARSE_GRAIN_BYTES);
	json_bool(j, "dirty-flag", info->links[depth].dirty);
	if (depth + 1 < info->chain->nr_links) {
		if (d->hint)
			json_string(j, "backing-filename", d->hint);
		json_string(j, "full-backing-filename",
			    info->chain->links[depth + 1]->path);
		json_string(j, "backing-filename-format",
			    format_of(info->chain->links[depth + 1]));
	}
	json_descriptor(j, d);
}

static void print_json(const struct subject *s, const struct info *info)
{
	struct json *j = s->j;
	size_t i;

	json_open(j, s->key, '{');
	json_link(j, info, 0);
	json_share(j, &info->share, info->errors);
	json_number(j, "map-bytes", info->map_bytes);
	json_bool(j, "broken", info->chain->broken);
	json_open(j, "chain", '[');
	for (i = 0; i < info->chain->nr_links; i++) {
		json_open(j, NULL, '{');
		json_link(j, info, i);
		json_bool(j, "parent-changed", info->links[i].changed);
		json_bool(j, "journal-replayed", info->links[i].replayed);
		json_share(j, &info->links[i].share, info->links[i].errors);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static int print_extents(const struct descriptor *d)
{
	const struct extent *e;
	char size[HUMAN_SIZE];
	int r = 0;

	for (e = d->extents; e < d->extents + d->nr_extents && !r; e++) {
		printf("        %s, %s", extent_type_name(e->type),
		       human_size(bytes(e->sectors), size));
		if (e->source) {
			fputs(": ", stdout);
			r = human_name(e->source->path);
		}
		if (e->offset)
			printf(" from sector %llu on", e->offset);
		putchar('\n');
	}
	return r;
}

static void print_ids(const struct info *info, size_t depth)
{
	const struct descriptor *d = info->chain->links[depth];

	if (d->bare || d->stands_in)
		return;
	printf("    cid: %08x\n    parent cid: %08x", d->cid, d->parent_cid);
	if (info->links[depth].changed)
		printf(", but the parent's is %08x: it has changed since the snapshot",
		       info->chain->links[depth + 1]->cid);
	putchar('\n');
}

static int print_link(const struct info *info, size_t depth)
{
	const struct descriptor *d = info->chain->links[depth];
	const struct info_link *link = &info->links[depth];
	char size[HUMAN_SIZE];
	int r;

	printf("[%zu]: ", depth);
	r = human_name(d->path);
	printf("\n    disk size: %s\n", human_size(link->size, size));
	if (!r && d->create_type) {
		fputs("    create type: ", stdout);
		r = human_name(d->create_type);
		putchar('\n');
	}
	print_ids(info, depth);
	if (link->dirty)
		printf("    dirty: it was not closed cleanly (replayJournal is set)%s\n",
		       link->replayed ?
		       ", its journal is replayed in memory (experimental)" :
		       "");
	print_share("    ", &link->share, link->errors);
	puts("    extents:");
	return r ? r : print_extents(d);
}

static int print_text(const struct info *info)
{
	const struct descriptor *top = info->chain->links[0];
	size_t i;
	int r;

	fputs("image: ", stdout);
	r = human_name(top->path);
	puts("\nfile format: vmdk");
	print_size("virtual size", bytes(top->capacity));
	print_share("", &info->share, info->errors);
	print_size("memory of the target's map", info->map_bytes);
	puts("chain, newest first:");
	for (i = 0; i < info->chain->nr_links && !r; i++)
		r = print_link(info, i);
	return r;
}

static int info_disk(struct options *o, const struct subject *s)
{
	struct image image = { 0 };
	struct info info = { 0 };
	struct progress progress;
	int r;

	r = image_read(&o->log, s->path, &s->image, &image);
	if (!r)
		r = newer_warn(&image.chain);
	if (!r) {
		/* Those of the disk, and those of each link. */
		table_progress_begin(o, &progress,
				     2 * extents_table_bytes(&image.chain));
		r = info_read(&o->log, &image.chain, &info);
		table_progress_end(o, !r);
	}
	if (!r && o->json)
		print_json(s, &info);
	else if (!r)
		r = print_text(&info);
	r = r ? r : image.chain.broken;
	info_free(&info);
	image_free(&image);
	return r;
}

/**
 * cmd_info() - tell what a chain is made of
 * @o: the command line
 *
 * What other verbs refuse, a changed parent or an image that was not closed, is
 * warned of and told; of a chain that is broken, what is above that.
 *
 * Return: what to exit with.
 */
int cmd_info(struct options *o)
{
	static const struct disks_options how = {
		.each = info_disk,
		.key = "info",
		.heading = "",
	};

	o->image.ignore_cid = true;
	o->image.ignore_dirty = true;
	o->image.must_open = true;
	o->image.care = CHAIN_FOUND;
	return disks_each(o, &how);
}
