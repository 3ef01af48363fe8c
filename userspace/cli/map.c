// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/print-disk.h"
#include "cli/table-progress.h"
#include "cli/verbs.h"
#include "disk/walk.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"

/* Like qemu-img's, it leaves out what reads zeros. */
static void take_row(void *private, const struct disk_range *range, bool hole)
{
	int *r = private;

	if (!*r && !hole &&
	    (range->kind == DISK_DATA || range->kind == DISK_ERROR))
		*r = print_range(range);
}

static int print_table(const struct disk *disk)
{
	int r = 0;

	print_range_heading();
	walk_disk(disk, take_row, &r);
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
	json_disk(s->j, s->key, disk);
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
