// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/reading.h"
#include "cli/verbs.h"
#include "disk/disk.h"
#include "disk/raw-disk.h"
#include "dm-sesparse/format.h"
#include "restore/same.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/source.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/file-kind.h"
#include "vmdk/image.h"

/* What it exits with where they differ, as cmp, diff and qemu-img compare do. */
#define EXIT_DIFFERENT 1

/**
 * struct compared - one of the two disks
 * @named: what the user has named
 * @image: its files, unless it is raw bytes
 * @of_image: what these read as
 * @source: the raw bytes, if it is
 * @raw: what these are as a disk
 * @disk: one of the two
 */
struct compared {
	struct one_disk named;
	struct image image;
	struct disk of_image;
	struct source source;
	struct raw_disk raw;
	const struct disk *disk;
};

static bool ends_in(const char *name, const char *end)
{
	const size_t length = strlen(name), wanted = strlen(end);

	return length >= wanted && !strcmp(name + length - wanted, end);
}

/* Of another format one can tell, and its bytes are not the disk's. */
static int refuse_container(const struct options *o, const char *path,
			    const char *begin, size_t size)
{
	const char *todo, *what = file_kind_of_container(begin, size, true, &todo);

	if (!what)
		return 0;
	if (!o->image.ignore_cid)
		return fail(EXIT_DEVICE,
			    "%s: is %s, expected a disk's raw bytes: %s (--ignore-cid takes its bytes as they are)",
			    path, what, todo);
	warn("%s: is %s, taken for a disk's raw bytes", path, what);
	return 0;
}

/*
 * Raw bytes are any block device or file of this machine that is no seSparse
 * extent, nor small enough for a text that may name a disk, and called as one.
 */
static int is_raw(const struct options *o, const char *path,
		  const struct file_found *found, bool *raw)
{
	char begin[FILE_KIND_BYTES];
	size_t done = 0;
	struct stat st;
	int fd, error, r;

	*raw = false;
	if (!S_ISBLK(found->st.st_mode) && !S_ISREG(found->st.st_mode))
		return 0;
	if (S_ISREG(found->st.st_mode) &&
	    found->st.st_size <= DESCRIPTOR_FILE_BYTES &&
	    (ends_in(path, ".vmdk") || ends_in(path, ".vmx")))
		return 0;
	r = file_open_found(found, &fd, &st);
	if (r)
		return r;
	error = bytes_read_some(fd, begin, sizeof(begin), 0, &done);
	close(fd);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s", path,
			    strerror(error));
	*raw = !file_is_extent(begin, done);
	return *raw ? refuse_container(o, path, begin, done) : 0;
}

static int read_raw(const struct log *log, const struct file_found *found,
		    struct compared *c)
{
	const off_t size = found->st.st_size;
	int r;

	if (S_ISREG(found->st.st_mode) &&
	    (!size || size % SESPARSE_SECTOR_SIZE))
		return fail(EXIT_DEVICE,
			    "%s: has %lld bytes, expected a disk's raw bytes, which are sectors of %d",
			    found->path, (long long)size, SESPARSE_SECTOR_SIZE);
	c->source.path = found->path;
	r = source_open(log, found, &c->source);
	if (r)
		return r;
	source_open_direct(log, &c->source);
	r = raw_disk_read(log, &c->source, &c->raw);
	c->disk = &c->raw.disk;
	return r;
}

static int read_image(const struct options *o, const char *path,
		      struct compared *c)
{
	int r;

	r = disks_one(o, path, &c->named);
	if (!r)
		r = image_read(&o->log, path, &c->named.image, &c->image);
	if (r)
		return r;
	sources_open_direct(&o->log, &c->image.sources);
	r = disk_read(&o->log, &c->image.chain, o->given & OPT_SALVAGE,
		      &c->of_image);
	c->disk = &c->of_image;
	return r;
}

static int refuse_lost(const struct disk *disk)
{
	struct disk_range range;
	u64 at;

	for (at = 0; at < disk->capacity; at += range.sectors) {
		disk_look(disk, at, &range);
		if (range.kind == DISK_ERROR)
			return fail(EXIT_DEVICE,
				    "%s: what it reads as at byte %llu is lost, which is like nothing: restore and hash take it for zeros",
				    disk->chain->links[0]->path,
				    at * SESPARSE_SECTOR_SIZE);
	}
	return 0;
}

static int read_one(const struct options *o, const char *path,
		    struct file_found *found, struct compared *c)
{
	bool raw = false;
	int r = 0;

	/* What is not there as this machine's file may be a datastore's. */
	if (!file_look(path, found))
		r = is_raw(o, path, found, &raw);
	if (r)
		return r;
	r = raw ? read_raw(&o->log, found, c) : read_image(o, path, c);
	return r ? r : refuse_lost(c->disk);
}

static void free_one(struct compared *c, struct file_found *found)
{
	raw_disk_free(&c->raw);
	source_close(&c->source);
	disk_free(&c->of_image);
	image_free(&c->image);
	disks_one_free(&c->named);
	file_forget(found);
}

static u64 bytes_of(const struct compared *c)
{
	return c->disk->capacity * SESPARSE_SECTOR_SIZE;
}

static int print_result(const struct options *o, const struct compared *a,
			const struct compared *b, const struct difference *d)
{
	const u64 bytes = max_t(u64, bytes_of(a), bytes_of(b));
	struct json j = { 0 };
	char size[HUMAN_SIZE];

	if (o->json) {
		json_open(&j, NULL, '{');
		json_bool(&j, "identical", !d->differ);
		json_number(&j, "length", bytes);
		if (d->differ)
			json_number(&j, "offset", d->at);
		json_close(&j, '}');
	} else if (d->differ) {
		printf("They differ at byte %llu.\n", d->at);
	} else if (!o->log.quiet) {
		printf("They are identical: %llu bytes (%s).\n", bytes,
		       human_size(bytes, size));
	}
	return d->differ ? EXIT_DIFFERENT : 0;
}

static int compare(struct options *o, const struct compared *a,
		   const struct compared *b)
{
	struct difference difference;
	struct reading reading;
	int r;

	if (a->disk->capacity != b->disk->capacity)
		warn("%s has %llu bytes, %s %llu: what only one of them has is expected to be zeros",
		     o->operands[1], bytes_of(a), o->operands[2], bytes_of(b));
	r = reading_begin(o, &reading, "compared",
			  max_t(u64, bytes_of(a), bytes_of(b)));
	if (r)
		return r;
	r = disks_compare(&o->log, a->disk, b->disk, &reading.progress,
			  &difference);
	reading_end(&reading, !r && !difference.differ);
	if (!r)
		r = image_check_unchanged(&o->image);
	if (!r)
		r = image_check_files(&o->image, &a->image);
	if (!r)
		r = image_check_files(&o->image, &b->image);
	return r == EXIT_USAGE ? EXIT_DEVICE :
	       r ? r : print_result(o, a, b, &difference);
}

/**
 * cmd_compare() - tell whether two disks have the same bytes
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_compare(struct options *o)
{
	struct file_found at[2] = { { .fd = -1 }, { .fd = -1 } };
	struct compared c[2] = {
		{ .source = SOURCE_CLOSED(NULL) },
		{ .source = SOURCE_CLOSED(NULL) },
	};
	int r;

	o->image.must_open = true;
	o->image.is_one_of_several = true;
	o->is_checked = true;
	r = read_one(o, o->operands[1], &at[0], &c[0]);
	if (!r)
		r = read_one(o, o->operands[2], &at[1], &c[1]);
	if (!r)
		r = stand_ins_check_used(o->image.stand_ins,
					 o->image.nr_stand_ins, "the disks");
	if (!r)
		r = patch_file_check_used(o->image.patch, &o->patch_uses,
					  "the disks");
	r = r == EXIT_USAGE ? EXIT_CHECK_USAGE : r ? r : compare(o, &c[0], &c[1]);
	free_one(&c[1], &at[1]);
	free_one(&c[0], &at[0]);
	return r;
}
