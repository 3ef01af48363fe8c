// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "host/loop.h"
#include "source/file.h"
#include "util/message.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/blocks.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/find-file.h"

/* What the finding of one chain's sources goes by. */
struct search {
	const struct log *log;
	const struct blocks_options *options;
	struct blocks *blocks;
};

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* How well a stand-in's name fits an extent file that is (to be) at @path. */
static int rank(const struct stand_in *p, const struct extent *e,
		const char *path)
{
	if (!strcmp(p->file, path) || same_file(p->file, path))
		return 3;
	if (!strcmp(p->file, e->file))
		return 2;
	return !strcmp(p->file, file_base_name(e->file));
}

/* The device that stands in for the extent file at @path. */
static int find_stand_in(const struct search *s, const struct extent *e,
			 const char *path, const char **device)
{
	struct stand_in *p = s->options->stand_ins, *found = NULL;
	const struct stand_in *end = p + s->options->nr_stand_ins;
	int best = 0, fit;

	for (; p < end; p++) {
		fit = rank(p, e, path);
		if (fit > best) {
			best = fit;
			found = p;
		}
	}
	*device = NULL;
	if (!found)
		return 0;
	if (found->path && strcmp(found->path, path))
		return fail(EXIT_USAGE,
			    "--extent %s=%s: means both %s and %s, expected one: name it with its folder",
			    found->file, found->device, found->path, path);
	if (!found->path)
		found->path = strdup(path);
	*device = found->device;
	return found->path ? 0 : fail_memory();
}

static int measure(struct source *source, const struct stat *st)
{
	u64 bytes = (u64)st->st_size;

	source->is_block = S_ISBLK(st->st_mode);
	if (source->is_block && ioctl(source->fd, BLKGETSIZE64, &bytes))
		return fail(exit_code_of(errno), "%s: cannot tell its size: %m",
			    source->path);
	source->sectors = bytes / SESPARSE_SECTOR_SIZE;
	return 0;
}

/*
 * A device of the command line's may be another machine's, or for root's eyes
 * only, where nothing is done but to print a table.
 */
static int open_source(const struct search *s, struct source *source,
		       bool stands_in)
{
	struct stat st;
	int r;

	if (stands_in && !s->options->must_open && access(source->path, R_OK)) {
		debug(s->log, "%s: cannot be read here, not checked: %m",
		      source->path);
		source->is_block = true;
		return 0;
	}
	r = file_open(source->path, &source->fd, &st);
	if (!r)
		r = measure(source, &st);
	if (!r)
		debug(s->log, "%s: %s of %llu sectors", source->path,
		      source->is_block ? "block device" : "file",
		      source->sectors);
	return r;
}

static int add_source(const struct search *s, const char *path, bool stands_in,
		      struct source **source)
{
	struct blocks *b = s->blocks;
	struct source **sources;
	size_t i;

	for (i = 0; i < b->nr; i++) {
		*source = b->sources[i];
		if (!strcmp((*source)->path, path))
			return 0;
	}
	sources = reallocarray(b->sources, b->nr + 1, sizeof(*sources));
	if (!sources)
		return fail_memory();
	b->sources = sources;
	*source = calloc(1, sizeof(**source));
	if (!*source)
		return fail_memory();
	sources[b->nr++] = *source;
	(*source)->fd = -1;
	(*source)->direct.fd = -1;
	(*source)->loop = -1;
	(*source)->path = strdup(path);
	if (!(*source)->path)
		return fail_memory();
	return open_source(s, *source, stands_in);
}

/* Set @device to what stands in for the file, or else @path to where it is. */
static int find_file(const struct search *s, const struct descriptor *d,
		     const struct extent *e, char **path, const char **device)
{
	const struct reference ref = {
		.from = d->path,
		.line = e->line,
		.what = "extent file",
		.name = e->file,
		.raw = e->raw,
		.way_out = " (see --map-root and --extent)",
	};
	int r;

	*path = file_beside(d->path, e->file);
	if (!*path)
		return fail_memory();
	r = find_stand_in(s, e, *path, device);
	if (r || *device || d->stands_in)
		return r;
	free(*path);
	r = locate(&ref, s->options->roots, path);
	return r ? r : find_stand_in(s, e, *path, device);
}

/* With a device in its place the file need not be here. */
static int find_extent(const struct search *s, struct descriptor *d,
		       struct extent *e)
{
	const char *device = NULL;
	char *path;
	int r;

	r = find_file(s, d, e, &path, &device);
	if (!r)
		r = add_source(s, device ? device : path,
			       device || d->stands_in, &e->source);
	if (!r && device && !e->source->is_block)
		r = fail(EXIT_DEVICE,
			 "--extent: %s is a file, expected a block device",
			 device);
	if (!r && d->stands_in)
		r = parent_fit(d);
	free(path);
	return r;
}

static int check_all_used(const struct search *s)
{
	const struct stand_in *p = s->options->stand_ins;
	const struct stand_in *end = p + s->options->nr_stand_ins;

	for (; p < end; p++)
		if (!p->path)
			return fail(EXIT_USAGE,
				    "--extent %s=%s: no extent of the chain is in a file of that name",
				    p->file, p->device);
	return 0;
}

/**
 * blocks_find() - find and open what holds the extents of a chain
 * @log: how much to tell
 * @chain: the chain; its extents' sources are set
 * @options: how to find them
 * @blocks: filled in, for blocks_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int blocks_find(const struct log *log, const struct chain *chain,
		const struct blocks_options *options, struct blocks *blocks)
{
	const struct search s = {
		.log = log,
		.options = options,
		.blocks = blocks,
	};
	struct descriptor *d;
	size_t i, j;
	int r = 0;

	memset(blocks, 0, sizeof(*blocks));
	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		for (j = 0; j < d->nr_extents && !r; j++)
			if (d->extents[j].type != EXTENT_ZERO)
				r = find_extent(&s, d, &d->extents[j]);
	}
	return r ? r : check_all_used(&s);
}

/* A control character in a table would end it, and in a list, a line. */
static int check_name(const char *path)
{
	const char *c;

	for (c = path; *c; c++)
		if ((unsigned char)*c < 0x20)
			return fail(EXIT_DEVICE,
				    "%s: a control character in a file's name, expected none: no table can name it",
				    path);
	return 0;
}

/*
 * A table's line is made of words; the kernel takes a backslash as quoting, and
 * the byte 0xa0, wherever it stands, as a blank.
 */
static bool wants_quoting(char c)
{
	return c == ' ' || c == '\\' || (unsigned char)c == 0xa0;
}

static int quote_name(const char *path, char **name)
{
	char *to;

	*name = malloc(2 * strlen(path) + 1);
	if (!*name)
		return fail_memory();
	for (to = *name; *path; path++) {
		if (wants_quoting(*path))
			*to++ = '\\';
		*to++ = *path;
	}
	*to = '\0';
	return 0;
}

/* The device that @fd has open is @path's. */
static int name_by_number(int fd, const char *path, char **name)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(exit_code_of(errno), "%s: %m", path);
	if (asprintf(name, "%u:%u", major(st.st_rdev), minor(st.st_rdev)) >= 0)
		return 0;
	*name = NULL;
	return fail_memory();
}

/* libdevmapper quotes backslashes, so that dmsetup can't pass quoting on. */
static int name_device(const struct source *source, const char *path,
		       char **name)
{
	const char *c;

	for (c = path; *c && !wants_quoting(*c); c++)
		;
	if (!*c)
		return quote_name(path, name);
	if (source->fd >= 0)
		return name_by_number(source->fd, path, name);
	return fail(EXIT_USAGE,
		    "%s: a blank or backslash in a device's name, expected none, for dmsetup can't pass it on: make a link of another name",
		    path);
}

static int name_source(struct source *source, bool dry_run)
{
	char *absolute = NULL;
	const char *path;
	int r;

	if (!source->is_block && !dry_run)
		return fail(EXIT_USAGE,
			    "%s: is a file, and a table names block devices: give --extent %s=DEV for the one that holds it, --dry-run to print the file's name, or use open",
			    source->path, source->path);
	if (*source->path != '/')
		absolute = realpath(source->path, NULL);
	path = absolute ? absolute : source->path;
	r = check_name(path);
	if (!r)
		r = dry_run ? quote_name(path, &source->name) :
			      name_device(source, path, &source->name);
	free(absolute);
	return r;
}

/**
 * blocks_name() - name the sources for a table that is only printed
 * @blocks: the sources
 * @dry_run: name files, which no table can have, by their paths
 *
 * Return: 0, or an exit code after a message.
 */
int blocks_name(const struct blocks *blocks, bool dry_run)
{
	size_t i;
	int r = 0;

	for (i = 0; i < blocks->nr && !r; i++)
		r = name_source(blocks->sources[i], dry_run);
	return r;
}

/**
 * blocks_print() - print the sources' paths, a line each
 * @blocks: the sources
 *
 * Return: 0, or an exit code after a message; nothing is printed then.
 */
int blocks_print(const struct blocks *blocks)
{
	size_t i;
	int r = 0;

	for (i = 0; i < blocks->nr && !r; i++)
		r = check_name(blocks->sources[i]->path);
	for (i = 0; i < blocks->nr && !r; i++)
		puts(blocks->sources[i]->path);
	return r;
}

static int has_sectors(const struct source *source, unsigned int size,
		       bool *has)
{
	int found;

	*has = source->is_block;
	if (!size || !source->is_block)
		return 0;
	if (ioctl(source->fd, BLKSSZGET, &found))
		return fail(exit_code_of(errno),
			    "%s: cannot tell its sectors' size: %m",
			    source->path);
	*has = found == (int)size;
	return 0;
}

static int attach_source(const struct log *log, struct source *source,
			 unsigned int sector_size)
{
	const struct loop_file file = {
		.fd = source->fd,
		.path = source->path,
		.sector_size = sector_size,
	};
	bool as_it_is;
	int r;

	r = has_sectors(source, sector_size, &as_it_is);
	if (!r && !as_it_is)
		r = loop_attach(log, &file, &source->loop);
	if (r)
		return r;
	return name_by_number(as_it_is ? source->fd : source->loop,
			      source->path, &source->name);
}

/**
 * blocks_attach() - make every source a block device and name it by its number
 * @log: how much to tell
 * @blocks: the sources
 * @sector_size: bytes of the devices' sectors; 0: as block devices have them,
 *		 and 512
 *
 * A block device of other sectors is put behind a loop device, too.
 *
 * The loop devices go when nothing holds them any more, however the tool ends;
 * until blocks_detach() the tool does.
 *
 * Return: 0, or an exit code after a message.
 */
int blocks_attach(const struct log *log, const struct blocks *blocks,
		  unsigned int sector_size)
{
	size_t i;
	int r = 0;

	for (i = 0; i < blocks->nr && !r; i++)
		r = attach_source(log, blocks->sources[i], sector_size);
	return r;
}

/**
 * blocks_tell() - say which file was behind which loop device
 * @blocks: the sources, after blocks_attach()
 *
 * The kernel's messages name devices, which are gone when they are read.
 */
void blocks_tell(const struct blocks *blocks)
{
	char link[64], device[256];
	size_t i;
	ssize_t n;

	for (i = 0; i < blocks->nr; i++) {
		if (blocks->sources[i]->loop < 0)
			continue;
		snprintf(link, sizeof(link), "/sys/dev/block/%s",
			 blocks->sources[i]->name);
		n = readlink(link, device, sizeof(device) - 1);
		if (n < 0)
			continue;
		device[n] = '\0';
		note("%s was %s", file_base_name(device),
		     blocks->sources[i]->path);
	}
}

/**
 * blocks_detach() - let go of the loop devices
 * @blocks: the sources
 */
void blocks_detach(const struct blocks *blocks)
{
	struct source *source;
	size_t i;

	for (i = 0; i < blocks->nr; i++) {
		source = blocks->sources[i];
		if (source->loop >= 0)
			close(source->loop);
		source->loop = -1;
	}
}

/**
 * blocks_open_direct() - open the sources for direct I/O, those that have it
 * @log: how much to tell
 * @blocks: the sources
 */
void blocks_open_direct(const struct log *log, const struct blocks *blocks)
{
	struct source *source;
	size_t i;

	for (i = 0; i < blocks->nr; i++) {
		source = blocks->sources[i];
		if (source->fd < 0)
			continue;
		direct_open(source->fd, O_RDONLY, &source->direct);
		if (source->direct.fd < 0)
			debug(log, "%s: has no direct I/O", source->path);
	}
}

/**
 * blocks_free() - free what blocks_find() made, and let go of loop devices
 * @blocks: it
 */
void blocks_free(struct blocks *blocks)
{
	struct source *source;
	size_t i;

	blocks_detach(blocks);
	for (i = 0; i < blocks->nr; i++) {
		source = blocks->sources[i];
		direct_close(&source->direct);
		if (source->fd >= 0)
			close(source->fd);
		free(source->name);
		free(source->path);
		free(source);
	}
	free(blocks->sources);
	memset(blocks, 0, sizeof(*blocks));
}
