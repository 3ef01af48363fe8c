// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/descriptor.h"
#include "vmdk/file-kind.h"

static bool begins_as_descriptor(const char *bytes)
{
	static const char mark[] = "\xef\xbb\xbf", text[] = "# Disk De";

	if (!strncmp(bytes, mark, strlen(mark)))
		bytes += strlen(mark);
	return !strncmp(bytes, text, strlen(text));
}

/* Of @size bytes and a NUL. */
static bool is_link(const char *bytes, size_t size)
{
	return file_is_extent(bytes, size) || begins_as_descriptor(bytes);
}

/* One that cannot be read may be another machine's: raw bytes, as far as we know. */
static int look_into(struct parent *parent)
{
	char begin[16] = { 0 };
	size_t done = 0;
	struct stat st;
	int fd, error, r;

	if (stat(parent->path, &st) || access(parent->path, R_OK) ||
	    !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return 0;
	r = file_open(parent->path, &fd, &st);
	if (r)
		return r;
	error = bytes_read_some(fd, begin, sizeof(begin) - 1, 0, &done);
	close(fd);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s",
			    parent->path, strerror(error));
	parent->is_link = is_link(begin, done);
	return 0;
}

/**
 * parent_parse() - take FILE[:start] apart, and see what it is
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

	*parent = (struct parent){ .path = text };
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
	if (!*text || text[strlen(text) - 1] == '/')
		return fail(EXIT_USAGE,
			    "--parent \"%s\": expected FILE or FILE:START, a block device or file and its first sector",
			    text);
	return parent->start ? 0 : look_into(parent);
}

static int describe(const char *path, const struct descriptor *child,
		    enum extent_type type, struct descriptor **descriptor)
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
	d->path = strdup(path);
	d->extents = e = calloc(1, sizeof(*e));
	if (!d->path || !d->extents)
		return fail_memory();
	d->nr_extents = 1;
	e->type = type;
	e->sectors = child->capacity;
	e->file = strdup(file_base_name(path));
	return e->file ? 0 : fail_memory();
}

/**
 * parent_describe() - write the descriptor that raw bytes would have
 * @parent: they
 * @child: the layer above
 * @descriptor: set to it, for descriptor_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int parent_describe(const struct parent *parent, const struct descriptor *child,
		    struct descriptor **descriptor)
{
	int r = describe(parent->path, child, EXTENT_FLAT, descriptor);

	if (!r)
		(*descriptor)->extents[0].offset = parent->start;
	return r;
}

/**
 * parent_describe_missing() - write that of a parent that is not here
 * @path: what it is called
 * @child: the layer above
 * @descriptor: set to it, for descriptor_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int parent_describe_missing(const char *path, const struct descriptor *child,
			    struct descriptor **descriptor)
{
	return describe(path, child, EXTENT_MISSING, descriptor);
}

/* No disk begins like this, but what is mistaken for one does. */
static int check_raw(const struct source *s, bool ignore_kind)
{
	char begin[FILE_KIND_BYTES + 1] = { 0 };
	const char *what, *todo;
	size_t done;
	int error;

	error = source_read_some(s, begin, FILE_KIND_BYTES, 0, &done);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s", s->path,
			    strerror(error));
	if (is_link(begin, done))
		return fail(EXIT_DEVICE,
			    "--parent %s: is %s, expected a disk's raw bytes: give it without a START",
			    s->path, file_is_extent(begin, done) ?
			    "a seSparse extent" : "a VMDK descriptor");
	what = file_kind_of_container(begin, done, false, &todo);
	if (!what)
		return 0;
	if (!ignore_kind)
		return fail(EXIT_DEVICE,
			    "--parent %s: is %s, expected a disk's raw bytes: %s (--ignore-cid takes its bytes as they are)",
			    s->path, what, todo);
	warn("--parent %s: is %s, taken for a disk's raw bytes", s->path, what);
	return 0;
}

/**
 * parent_fit() - make such a descriptor as long as what it describes
 * @d: it, its source found
 * @ignore_kind: only warn if it begins as what is no disk's raw bytes
 *
 * A shorter one is no error, as the target reads zeros past its end.
 *
 * Return: 0, or an exit code after a message.
 */
int parent_fit(struct descriptor *d, bool ignore_kind)
{
	struct extent *e = &d->extents[0];
	const struct source *s = e->source;
	int r;

	if (!source_is_open(s))
		return 0;
	r = check_raw(s, ignore_kind);
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
