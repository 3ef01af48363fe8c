// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cli/print-disk.h"
#include "disk/disk.h"
#include "disk/usage.h"
#include "disk/walk.h"
#include "dm-sesparse/format.h"
#include "source/source.h"
#include "util/human.h"
#include "util/json.h"

static u64 bytes(u64 sectors)
{
	return sectors * SESPARSE_SECTOR_SIZE;
}

/* A range, of which an error has neither zeros nor data. */
static void take_json(void *private, const struct disk_range *range, bool hole)
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

/**
 * json_disk() - write a disk's ranges as qemu-img does
 * @j: where to
 * @key: as what, or NULL
 * @disk: the disk
 */
void json_disk(struct json *j, const char *key, const struct disk *disk)
{
	json_open(j, key, '[');
	walk_disk(disk, take_json, j);
	json_close(j, ']');
}

/**
 * json_share() - write members that tell how much a part of a disk holds
 * @j: where to
 * @share: the part
 * @errors: sectors of it that are I/O errors
 */
void json_share(struct json *j, const struct share *share, u64 errors)
{
	json_number(j, "allocated-size", bytes(share->data));
	json_number(j, "zero-size", bytes(share->zero));
	json_number(j, "corrupt-size", bytes(errors));
	json_number(j, "runs", share->runs);
	json_number(j, "mean-run-length", share_mean(share));
}

/**
 * print_range_heading() - print what is above the rows of print_range()
 */
void print_range_heading(void)
{
	printf("%-16s%-16s%-16s%s\n", "Offset", "Length", "Mapped to", "File");
}

/**
 * print_range() - print a range in qemu-img's columns, and how much it is
 * @range: the range
 *
 * Return: 0, or an exit code after a message.
 */
int print_range(const struct disk_range *range)
{
	const u64 length = bytes(range->sectors);
	char size[HUMAN_SIZE];
	int r = 0;

	printf("%#-15llx %#-15llx ", bytes(range->start), length);
	if (range->kind == DISK_DATA) {
		printf("%#-15llx ", bytes(range->at));
		r = human_name(range->source->path);
	} else {
		printf("-               %s", range->kind == DISK_ERROR ?
		       "I/O error" : "zeros");
	}
	printf(" (%s)\n", human_size(length, size));
	return r;
}

/**
 * print_size() - print a size in a line of its own
 * @what: its name
 * @size: it, in bytes
 */
void print_size(const char *what, u64 size)
{
	char text[HUMAN_SIZE];

	printf("%s: %s (%llu bytes)\n", what, human_size(size, text), size);
}

/**
 * print_share() - print lines that tell how much a part of a disk holds
 * @indent: what they begin with
 * @share: the part
 * @errors: sectors of it that are I/O errors
 */
void print_share(const char *indent, const struct share *share, u64 errors)
{
	char data[HUMAN_SIZE], mean[HUMAN_SIZE], zero[HUMAN_SIZE];

	printf("%sallocated: %s in %llu runs of %s in the mean\n", indent,
	       human_size(bytes(share->data), data), share->runs,
	       human_size(share_mean(share), mean));
	printf("%szeros: %s\n", indent, human_size(bytes(share->zero), zero));
	if (errors)
		printf("%scorrupt or missing: %s\n", indent,
		       human_size(bytes(errors), data));
}
