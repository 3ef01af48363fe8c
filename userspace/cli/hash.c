// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/reading.h"
#include "cli/verbs.h"
#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "restore/estimate.h"
#include "restore/same.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
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

/* As sha256sum writes it: what begins with a \ has such characters in its name. */
static int print_name(const char *name)
{
	char *const escaped = malloc(2 * strlen(name) + 1), *to = escaped;
	int r;

	if (!escaped)
		return fail_memory();
	for (; *name; name++) {
		char c = *name;

		if (c == '\\' || c == '\n' || c == '\r')
			*to++ = '\\';
		if (c == '\n')
			c = 'n';
		else if (c == '\r')
			c = 'r';
		*to++ = c;
	}
	*to = '\0';
	r = human_name(escaped);
	free(escaped);
	return r;
}

/* Of a VM's disk the name is that of the file that restore makes of it. */
static int print_sum(const struct options *o, const struct subject *s,
		     const struct hashing *h, const char *sum)
{
	const struct descriptor *d = h->image.chain.links[0];
	const bool escaped = !s->name && strpbrk(s->path, "\\\n\r");
	int r = 0;

	if (o->json) {
		json_open(s->j, s->key, '{');
		json_string(s->j, "filename", d->path);
		json_number(s->j, "virtual-size",
			    d->capacity * SESPARSE_SECTOR_SIZE);
		json_string(s->j, "sha256", sum);
		json_ranges(s->j, "lost", &h->bad);
		json_close(s->j, '}');
		return 0;
	}
	printf("%s%s  ", escaped ? "\\" : "", sum);
	if (s->name)
		printf("%s.raw", s->name);
	else
		r = print_name(s->path);
	putchar('\n');
	return r;
}

static int hash_disk(struct options *o, const struct subject *s)
{
	struct hashing h = { 0 };
	char sum[SHA256_TEXT];
	int r;

	r = read_disk(o, s, &h);
	if (!r)
		r = take_sum(o, &h, sum);
	if (!r)
		r = image_check_unchanged(&s->image);
	if (!r)
		r = image_check_files(&s->image, &h.image);
	if (!r)
		r = print_sum(o, s, &h, sum);
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
