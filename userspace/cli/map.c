// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/table-progress.h"
#include "cli/verbs.h"
#include "disk/walk.h"
#include "source/source.h"
#include "util/human.h"
#include "util/json.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"

static u64 bytes(u64 sectors)
{
	return sectors * SESPARSE_SECTOR_SIZE;
}

/* An error has neither zeros nor data. */
static void print_json(void *private, const struct disk_range *range,
		       bool hole)
{
	struct json *j = private;
	const bool data = range->kind == DISK_DATA;

	json_open(j, NULL, '{');
	json_number(j, "start", bytes(range->start));
	json_number(j, "length", bytes(range->sectors));
	json_number(j, "depth", range->depth);
	json_bool(j, "present", range->kind != DISK_ABSENT);
	json_bool(j, "zero", hole || range->kind == DISK_ABSENT ||
			     range->kind == DISK_ZERO);
	json_bool(j, "data", data);
	if (data)
		json_number(j, "offset", bytes(range->at));
	json_close(j, '}');
}

/*
 * As qemu-img's, which leaves out what reads zeros; behind its columns, how much
 * it is.
 */
static void print_row(void *private, const struct disk_range *range, bool hole)
{
	const u64 length = bytes(range->sectors);
	char size[HUMAN_SIZE];
	int *r = private;

	if (*r || hole || range->kind == DISK_ABSENT ||
	    range->kind == DISK_ZERO)
		return;
	printf("%#-15llx %#-15llx ", bytes(range->start), length);
	if (range->kind == DISK_ERROR) {
		fputs("-               I/O error", stdout);
	} else {
		printf("%#-15llx ", bytes(range->at));
		*r = human_name(range->source->path);
	}
	printf(" (%s)\n", human_size(length, size));
}

static int print_table(const struct disk *disk)
{
	int r = 0;

	printf("%-16s%-16s%-16s%s\n", "Offset", "Length", "Mapped to", "File");
	walk_disk(disk, print_row, &r);
	return r;
}

static int print_map(const struct options *o, const struct subject *s,
		     const struct disk *disk)
{
	if (o->output == OUTPUT_PICTURE ||
	    (o->output == OUTPUT_DEFAULT && isatty(STDOUT_FILENO)))
		return picture_print(disk);
	if (!o->json)
		return print_table(disk);
	json_open(s->j, s->key, '[');
	walk_disk(disk, print_json, s->j);
	json_close(s->j, ']');
	return 0;
}

static int map_disk(struct options *o, const struct subject *s)
{
	struct image image = { 0 };
	struct disk disk = { 0 };
	struct progress progress;
	int r;

	r = image_read(&o->log, s->path, &s->image, &image);
	if (!r) {
		table_progress_begin(o, &progress,
				     extents_table_bytes(&image.chain));
		r = disk_read(&o->log, &image.chain, o->given & OPT_SALVAGE,
			      &disk);
		table_progress_end(o, !r);
	}
	if (!r)
		r = print_map(o, s, &disk);
	disk_free(&disk);
	image_free(&image);
	return r;
}

/**
 * cmd_map() - print where a disk's data are
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_map(struct options *o)
{
	static const struct disks_options how = {
		.each = map_disk,
		.key = "map",
		.heading = "",
	};

	o->image.must_open = true;
	return disks_each(o, &how);
}
