// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dm-sesparse/format.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/descriptor.h"

/**
 * parent_parse() - take DEV[:start] apart
 * @text: it; written to, and kept
 * @parent: filled in
 *
 * A name that ends in a colon and digits, as some in /dev/disk/by-path do, is
 * taken as a whole where there is such a file.
 *
 * Return: 0, or an exit code after a message.
 */
int parent_parse(char *text, struct parent *parent)
{
	char *colon = strrchr(text, ':');
	struct stat st;

	parent->path = text;
	parent->start = 0;
	if (colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")] &&
	    stat(text, &st)) {
		errno = 0;
		parent->start = strtoull(colon + 1, NULL, 10);
		if (errno || parent->start > FILE_SECTORS)
			return fail(EXIT_USAGE,
				    "--parent %s: the start is a sector, expected at most %llu",
				    text, (u64)FILE_SECTORS);
		*colon = '\0';
	}
	if (*text && text[strlen(text) - 1] != '/')
		return 0;
	return fail(EXIT_USAGE,
		    "--parent \"%s\": expected DEV or DEV:START, a block device or file and its first sector",
		    text);
}

/**
 * parent_describe() - write the descriptor that such a disk would have
 * @parent: the disk
 * @child: the layer above
 * @descriptor: set to it, for descriptor_free()
 *
 * Return: 0, or an exit code after a message.
 */
int parent_describe(const struct parent *parent, const struct descriptor *child,
		    struct descriptor **descriptor)
{
	struct descriptor *d = calloc(1, sizeof(*d));
	struct extent *e;

	*descriptor = d;
	if (!d)
		return fail_memory();
	d->stands_in = true;
	d->cid = child->parent_cid;
	d->parent_cid = NO_PARENT;
	d->capacity = child->capacity;
	d->path = strdup(parent->path);
	d->extents = calloc(1, sizeof(*e));
	if (!d->path || !d->extents)
		return fail_memory();
	d->nr_extents = 1;
	e = &d->extents[0];
	e->type = EXTENT_FLAT;
	e->sectors = child->capacity;
	e->offset = parent->start;
	e->file = strdup(file_base_name(parent->path));
	return e->file ? 0 : fail_memory();
}

/* No disk begins like this, but what is mistaken for one does. */
static int check_raw(const struct source *s)
{
	static const struct {
		const char *magic;
		const char *what;
	} known[] = {
		{ "# Disk De", "a VMDK descriptor" },
		{ "\xbe\xba\xfe\xca", "a seSparse extent" },
		{ "KDMV", "a hosted sparse or streamOptimized disk" },
		{ "COWD", "an extent of a VMFSSPARSE snapshot" },
		{ "QFI\xfb", "a qcow2 image" },
	};
	char begin[16] = { 0 };
	size_t i, done;
	int error;

	error = bytes_read_some(s->fd, begin, sizeof(begin), 0, &done);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s", s->path,
			    strerror(error));
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!memcmp(begin, known[i].magic, strlen(known[i].magic)))
			return fail(EXIT_DEVICE,
				    "--parent %s: is %s, expected a disk's raw bytes: 'qemu-img convert -O raw' makes them",
				    s->path, known[i].what);
	return 0;
}

/**
 * parent_fit() - make such a descriptor as long as what it describes
 * @d: it, its source found
 *
 * A shorter one is no error, as the target reads zeros past its end.
 *
 * Return: 0, or an exit code after a message.
 */
int parent_fit(struct descriptor *d)
{
	struct extent *e = &d->extents[0];
	const struct source *s = e->source;
	int r;

	if (s->fd < 0)
		return 0;
	r = check_raw(s);
	if (r)
		return r;
	if (s->sectors <= e->offset)
		return fail(EXIT_DEVICE,
			    "--parent %s: has %llu sectors, expected more than its start %llu",
			    s->path, s->sectors, e->offset);
	if (s->sectors - e->offset >= e->sectors)
		return 0;
	warn("--parent %s: has %llu sectors from sector %llu on, but the disk %llu: past them it reads zeros",
	     s->path, s->sectors - e->offset, e->offset, e->sectors);
	e->sectors = s->sectors - e->offset;
	d->capacity = e->sectors;
	return 0;
}
