// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/reading.h"
#include "cli/verbs.h"
#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "restore/estimate.h"
#include "restore/same.h"
#include "util/json.h"
#include "util/message.h"
#include "util/plain.h"
#include "util/ranges.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"
#include "vmdk/newer.h"

/**
 * struct hashing - a disk that is to be summed up
 * @image: its files
 * @disk: what it reads as
 * @bad: bytes of it that are lost, and count as zeros
 */
struct hashing {
	struct image image;
	struct disk disk;
	struct ranges bad;
};

static int read_disk(struct options *o, const struct subject *s,
		     struct hashing *h)
{
	const bool salvage = o->given & OPT_SALVAGE;
	int r;

	r = image_read(&o->log, s->path, &s->image, &h->image);
	if (!r)
		r = newer_warn(&h->image.chain);
	if (r)
		return r;
	sources_open_direct(&o->log, &h->image.sources);
	r = disk_read(&o->log, &h->image.chain, salvage, &h->disk);
	if (!r && salvage)
		r = estimate_find_bad(&h->disk, &h->bad);
	return r;
}

static int take_sum(struct options *o, struct hashing *h, char sum[SHA256_TEXT])
{
	struct reading reading;
	int r;

	r = reading_begin(o, &reading, "hashed",
			  h->disk.capacity * SESPARSE_SECTOR_SIZE);
	if (r)
		return r;
	r = disk_sum(&o->log, &h->disk,
		     o->given & OPT_SALVAGE ? &h->bad : NULL,
		     &reading.progress, sum);
	reading_end(&reading, !r);
	return r;
}

/* But for what is escaped, which does no harm. */
static bool are_alike(const char *plain, const char *name)
{
	for (; *name; name++, plain++)
		if (*plain != *name && *name != '\n' && *name != '\r')
			return false;
	return true;
}

/*
 * The line is to name this file and no other, as sha256sum's does, so nothing can be
 * put in the place of what a terminal must not get.
 */
static int check_name(const struct options *o, const struct subject *s)
{
	bool is_plain;
	char *plain;

	if (o->json || s->name || !isatty(STDOUT_FILENO))
		return 0;
	plain = strdup(s->path);
	if (!plain)
		return fail_memory();
	make_plain(plain);
	is_plain = are_alike(plain, s->path);
	free(plain);
	return is_plain ? 0 :
	       fail(EXIT_USAGE,
		    "%s: has characters in its name that a terminal must not get, and with others the line would name another file: have it go to a file or pipe, or use --output=json",
		    s->path);
}

/* As sha256sum writes it: what begins with a \ has such characters in its name. */
static void print_name(const char *name)
{
	for (; *name; name++)
		if (*name == '\\')
			fputs("\\\\", stdout);
		else if (*name == '\n')
			fputs("\\n", stdout);
		else if (*name == '\r')
			fputs("\\r", stdout);
		else
			putchar(*name);
}

/* Of a VM's disk the name is that of the file that restore makes of it. */
static void print_sum(const struct options *o, const struct subject *s,
		      const struct hashing *h, const char *sum)
{
	const struct descriptor *d = h->image.chain.links[0];
	const bool escaped = !s->name && strpbrk(s->path, "\\\n\r");

	if (o->json) {
		json_open(s->j, s->key, '{');
		json_string(s->j, "filename", d->path);
		json_number(s->j, "virtual-size",
			    d->capacity * SESPARSE_SECTOR_SIZE);
		json_string(s->j, "sha256", sum);
		json_ranges(s->j, "lost", &h->bad);
		json_close(s->j, '}');
		return;
	}
	printf("%s%s  ", escaped ? "\\" : "", sum);
	if (s->name)
		printf("%s.raw", s->name);
	else
		print_name(s->path);
	putchar('\n');
}

static int hash_disk(struct options *o, const struct subject *s)
{
	struct hashing h = { 0 };
	char sum[SHA256_TEXT];
	int r;

	r = check_name(o, s);
	if (!r)
		r = read_disk(o, s, &h);
	if (!r)
		r = take_sum(o, &h, sum);
	if (!r)
		r = image_check_unchanged(&s->image);
	if (!r)
		r = image_check_files(&s->image, &h.image);
	if (!r)
		print_sum(o, s, &h, sum);
	if (!r && h.bad.nr)
		r = fail(EXIT_DEVICE,
			 "%s: %llu bytes of the disk are lost, and count as zeros",
			 h.image.chain.links[0]->path, ranges_bytes(&h.bad));
	ranges_free(&h.bad);
	disk_free(&h.disk);
	image_free(&h.image);
	return r;
}

/**
 * cmd_hash() - print the sum of a disk's bytes, or of each of a VM's
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_hash(struct options *o)
{
	static const struct disks_options how = {
		.each = hash_disk,
		.key = "hash",
	};

	o->image.must_open = true;
	o->is_checked = true;
	return disks_each(o, &how);
}
