// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/stat.h>

#include "disk/info.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"

/* Adds what a file takes where it is; a device takes what it has. */
static int add_source(const struct source *source, u64 *size)
{
	struct stat st;
	int error = source_stat(source, &st);

	if (error)
		return fail(exit_code_of(error), "%s: %s", source->path,
			    strerror(error));
	*size += source->is_block ? source->sectors * SESPARSE_SECTOR_SIZE :
				    (u64)st.st_blocks * 512;
	return 0;
}

static bool has_file(const struct descriptor *d)
{
	return !d->bare && !d->stands_in;
}

static int measure(const struct descriptor *d, u64 *size)
{
	const struct extent *e;
	int r = 0;

	if (has_file(d))
		*size += (u64)d->st.st_blocks * 512;
	for (e = d->extents; e < d->extents + d->nr_extents && !r; e++)
		if (e->source)
			r = add_source(e->source, size);
	return r;
}

/* What was replayed reads as if it had been closed cleanly. */
static int look_for_dirt(const struct descriptor *d, struct info_link *link)
{
	struct sesparse_geometry geo;
	const struct extent *e;
	int r = 0;

	for (e = d->extents; e < d->extents + d->nr_extents && !r; e++) {
		if (e->type != EXTENT_SESPARSE)
			continue;
		r = extent_geometry(d, e, &geo);
		if (r)
			break;
		link->replayed |= e->source->splice != NULL;
		link->dirty |= geo.dirty || e->source->splice;
	}
	return r;
}

static int read_link(const struct log *log, struct info *info, size_t depth)
{
	const struct chain *chain = info->chain;
	const struct descriptor *d = chain->links[depth];
	struct info_link *link = &info->links[depth];
	struct usage usage = { 0 };
	struct disk disk;
	int r;

	link->changed = chain_changed(chain, depth);
	r = measure(d, &link->size);
	if (r)
		return r;
	r = look_for_dirt(d, link);
	if (r)
		return r;
	r = disk_read_links(log, chain, depth, 1, true, &disk);
	if (!r)
		r = usage_count(&disk, &usage);
	link->share = usage.total;
	link->errors = usage.errors;
	usage_free(&usage);
	disk_free(&disk);
	return r;
}

static int read_whole(const struct log *log, struct info *info)
{
	struct usage usage = { 0 };
	struct disk disk;
	int r;

	r = disk_read(log, info->chain, true, &disk);
	if (!r)
		r = usage_count(&disk, &usage);
	info->share = usage.total;
	info->errors = usage.errors;
	info->map_bytes = disk_map_bytes(&disk);
	usage_free(&usage);
	disk_free(&disk);
	return r;
}

/**
 * info_read() - find out what there is to know
 * @log: how much to tell
 * @chain: the chain, its sources open and checked; must outlive @info
 * @info: filled in, for info_free(), on failure too
 *
 * Corrupt tables are counted, not refused.
 *
 * Return: 0, or an exit code after a message.
 */
int info_read(const struct log *log, const struct chain *chain,
	      struct info *info)
{
	size_t i;
	int r;

	*info = (struct info){ .chain = chain };
	info->links = calloc(chain->nr_links, sizeof(*info->links));
	if (!info->links)
		return fail_memory();
	r = read_whole(log, info);
	for (i = 0; i < chain->nr_links && !r; i++)
		r = read_link(log, info, i);
	return r;
}

/**
 * info_free() - free what info_read() made
 * @info: it
 */
void info_free(struct info *info)
{
	free(info->links);
	memset(info, 0, sizeof(*info));
}
