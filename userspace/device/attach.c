// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/attach.h"
#include "device/dm-table.h"
#include "device/pieces.h"
#include "device/quote.h"
#include "host/loop.h"
#include "source/file.h"
#include "source/layout.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"

static void add(struct attachments *a, const struct source *source)
{
	a->list[a->nr++] = (struct attachment){ .source = source, .loop = -1 };
}

static void add_luns(struct attachments *a, const struct layout *layout)
{
	const struct source *lun;
	unsigned int i;
	size_t j;

	for (i = 0; i < layout->nr_devices; i++) {
		lun = layout->devices[i];
		for (j = a->nr_sources; j < a->nr; j++)
			if (a->list[j].source == lun)
				break;
		if (j == a->nr)
			add(a, lun);
	}
}

static int allocate(const struct sources *sources, struct attachments *a)
{
	size_t room = sources->nr + 1, i;

	*a = (struct attachments){ .nr_sources = sources->nr };
	for (i = 0; i < sources->nr; i++)
		if (sources->list[i]->layout)
			room += sources->list[i]->layout->nr_devices;
	a->list = calloc(room, sizeof(*a->list));
	if (!a->list)
		return fail_memory();
	for (i = 0; i < sources->nr; i++)
		add(a, sources->list[i]);
	for (i = 0; i < sources->nr; i++)
		if (sources->list[i]->layout)
			add_luns(a, sources->list[i]->layout);
	return 0;
}

/*
 * The grains of a seSparse extent end where its file does, at the latest; on a
 * LUN other files come then, so the target can't see that the extent has ended.
 */
static int ends_by_itself(const struct chain *chain,
			  const struct source *source, bool *ends)
{
	struct sesparse_geometry geo;
	const struct descriptor *d;
	const struct extent *e;
	size_t i;
	int r;

	*ends = true;
	for (i = 0; i < chain->nr_layers; i++) {
		d = chain->links[i];
		for (e = d->extents; e < d->extents + d->nr_extents; e++) {
			if (e->source != source)
				continue;
			r = extent_geometry(d, e, &geo);
			if (r)
				return r;
			if (geo.grains + geo.region_grains *
			    SESPARSE_GRAIN_SECTORS > source->sectors - e->offset)
				*ends = false;
		}
	}
	return 0;
}

/* Name a file that is in one piece on a LUN, by the LUN. */
static int name_piece(const struct chain *chain, struct attachments *a,
		      struct attachment *file)
{
	struct layout_piece piece;
	struct target_device lun;
	bool ends;
	int r;

	r = pieces_check(file->source, a->block);
	if (r || !pieces_is_one(file->source, &piece))
		return r;
	r = ends_by_itself(chain, file->source, &ends);
	if (r || !ends)
		return r;
	lun = attach_place(a, piece.device, piece.at / SESPARSE_SECTOR_SIZE);
	file->sector = lun.sector;
	/* A piece lies on a LUN, which has a name. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	file->name = strdup(lun.device);
	return file->name ? 0 : fail_memory();
}

/* Where the base's table can have the pieces of its files, they need no others. */
static void mark_base(const struct chain *chain, struct attachments *a)
{
	const struct descriptor *base = chain_base(chain);
	struct attachment *at;
	size_t i;

	if (!dm_table_takes_pieces(chain))
		return;
	for (at = a->list; at < a->list + a->nr_sources; at++)
		for (i = 0; i < base->nr_extents; i++)
			if (base->extents[i].source == at->source)
				at->in_base = !at->name;
}

static int sector_size_of(const struct source *source, unsigned int *size)
{
	int found;

	if (ioctl(source->fd, BLKSSZGET, &found))
		return fail(exit_code_of(errno),
			    "%s: cannot tell its sectors' size: %m",
			    source->path);
	*size = (unsigned int)found;
	return 0;
}

/* All LUNs have names: measure them, and name what is in one piece there. */
static int name_pieces(const struct chain *chain, unsigned int sector_size,
		       struct attachments *a)
{
	unsigned int size;
	size_t i;
	int r = 0;

	for (i = a->nr_sources; i < a->nr && !r; i++) {
		size = sector_size ? sector_size : SESPARSE_SECTOR_SIZE;
		if (a->list[i].source->is_block && a->list[i].loop < 0)
			r = sector_size_of(a->list[i].source, &size);
		if (a->block < size)
			a->block = size;
	}
	if (!r && a->block > SESPARSE_SECTOR_SIZE)
		r = extents_check_sectors(chain, a->block);
	for (i = 0; i < a->nr_sources && !r; i++)
		/* Those that are listed have one. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (a->list[i].source->layout)
			r = name_piece(chain, a, &a->list[i]);
	if (!r && a->nr > a->nr_sources)
		mark_base(chain, a);
	return r;
}

static int name_lun(const struct source *lun, bool dry_run, char **name)
{
	if (!lun->is_block && !dry_run)
		return fail(EXIT_USAGE,
			    "%s: is a file, and a table names block devices: make it one (losetup --read-only), give --dry-run to print the file's name, or use open",
			    lun->path);
	return quote_source(lun, dry_run, name);
}

/**
 * attach_name() - name sources for a table that is only printed
 * @image: the chain and its sources
 * @dry_run: name files, which no table can have, by their paths
 * @a: filled in, for attach_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int attach_name(const struct image *image, bool dry_run, struct attachments *a)
{
	struct attachment *at;
	size_t i;
	int r;

	r = allocate(&image->sources, a);
	for (i = 0; i < a->nr && !r; i++) {
		at = &a->list[i];
		if (i >= a->nr_sources)
			r = name_lun(at->source, dry_run, &at->name);
		else if (!at->source->layout)
			r = quote_source(at->source, dry_run, &at->name);
	}
	return r ? r : name_pieces(&image->chain, 0, a);
}

static int has_sectors(const struct source *source, unsigned int size,
		       bool *has)
{
	unsigned int found = 0;
	int r;

	*has = source->is_block;
	if (!size || !source->is_block)
		return 0;
	r = sector_size_of(source, &found);
	*has = !r && found == size;
	return r;
}

static int attach_one(const struct log *log, unsigned int sector_size,
		      struct attachment *a)
{
	const struct source *source = a->source;
	const struct loop_file file = {
		.fd = source->fd,
		.path = source->path,
		.sector_size = sector_size,
	};
	bool as_it_is;
	int r;

	r = has_sectors(source, sector_size, &as_it_is);
	if (!r && !as_it_is)
		r = loop_attach(log, &file, &a->loop);
	if (r)
		return r;
	return quote_number(as_it_is ? source->fd : a->loop, source->path,
			    &a->name);
}

/**
 * attach_devices() - make every source a block device and name it by its number
 * @log: how much to tell
 * @image: the chain and its sources
 * @sector_size: bytes of the devices' sectors; 0: as block devices have them,
 *		 and 512
 * @a: filled in, for attach_free(), on failure too
 *
 * A block device of other sectors is put behind a loop device, too.
 *
 * Files in several pieces on LUNs are left to pieces_make().
 *
 * The loop devices go when nothing holds them any more, however the tool ends;
 * until attach_detach() the tool does.
 *
 * Return: 0, or an exit code after a message.
 */
int attach_devices(const struct log *log, const struct image *image,
		   unsigned int sector_size, struct attachments *a)
{
	size_t i;
	int r;

	r = allocate(&image->sources, a);
	for (i = 0; i < a->nr && !r; i++)
		/* Those that are listed have one. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (!a->list[i].source->layout)
			r = attach_one(log, sector_size, &a->list[i]);
	return r ? r : name_pieces(&image->chain, sector_size, a);
}

/**
 * attach_place() - what a table calls a place of a source
 * @a: the sources
 * @source: one of them
 * @sector: where in it
 *
 * Return: it; without a device, if the source has no name.
 */
struct target_device attach_place(const struct attachments *a,
				  const struct source *source, u64 sector)
{
	struct target_device place = { 0 };
	size_t i;

	for (i = 0; i < a->nr && !place.device; i++)
		if (a->list[i].source == source)
			place = (struct target_device){
				.device = a->list[i].name,
				.sector = a->list[i].sector + sector,
			};
	return place;
}

/**
 * attach_tell() - say which file was behind which device
 * @a: the sources
 *
 * The kernel's messages name devices, which are gone when they are read.
 */
void attach_tell(const struct attachments *a)
{
	char link[64], device[256], where[48];
	const struct attachment *at;
	ssize_t n;

	for (at = a->list; at < a->list + a->nr; at++) {
		if ((at->loop < 0 && !at->source->layout) || !at->name)
			continue;
		snprintf(link, sizeof(link), "/sys/dev/block/%s", at->name);
		n = readlink(link, device, sizeof(device) - 1);
		if (n < 0)
			continue;
		device[n] = '\0';
		if (at->sector)
			snprintf(where, sizeof(where), " from sector %llu on",
				 at->sector);
		note("%s%s was %s", file_base_name(device),
		     at->sector ? where : "", at->source->path);
	}
}

/**
 * attach_detach() - let go of the loop devices
 * @a: the sources
 */
void attach_detach(struct attachments *a)
{
	size_t i;

	for (i = 0; i < a->nr; i++) {
		if (a->list[i].loop >= 0)
			close(a->list[i].loop);
		a->list[i].loop = -1;
	}
}

/**
 * attach_free() - free what was made, and let go of the loop devices
 * @a: the sources, or all 0
 */
void attach_free(struct attachments *a)
{
	size_t i;

	attach_detach(a);
	for (i = 0; i < a->nr; i++)
		free(a->list[i].name);
	free(a->list);
	*a = (struct attachments){ 0 };
}
