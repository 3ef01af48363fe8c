// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/beneath.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"
#include "vmdk/locks.h"
#include "vmdk/patch-file.h"
#include "vmdk/relatives.h"
#include "vmfs/datastore.h"

static bool salvages(const struct image_options *options)
{
	return options->care == CHAIN_SALVAGE || options->care == CHAIN_FOUND;
}

/* Before anything of them is read. */
static int note_files(struct image *image)
{
	const struct sources *sources = &image->sources;
	size_t i;

	image->files = calloc(sources->nr, sizeof(*image->files));
	if (!image->files && sources->nr)
		return fail_memory();
	for (i = 0; i < sources->nr; i++)
		if (source_is_open(sources->list[i]))
			source_stat(sources->list[i], &image->files[i]);
	return 0;
}

/**
 * image_find() - read a chain, and find its extents
 * @log: how much to tell
 * @path: the newest descriptor, or a seSparse extent to be taken alone
 * @options: how to find it
 * @image: filled in, for image_free(), on failure too
 *
 * That the extents hold what they should is not checked.
 *
 * Return: 0, or an exit code after a message.
 */
int image_find(const struct log *log, const char *path,
	       const struct image_options *options, struct image *image)
{
	const struct chain_options chain = {
		.care = options->care,
		.ciphertext = options->ciphertext,
		.ignore_cid = options->ignore_cid,
		.named = options->named,
		.roots = &options->roots,
		.parents = options->parents,
		.nr_parents = options->nr_parents,
	};
	const struct sources_options sources = {
		.roots = &options->roots,
		.stand_ins = options->stand_ins,
		.nr_stand_ins = options->nr_stand_ins,
		.may_be_unused = options->is_one_of_several,
		.must_open = options->must_open,
		.ignore_kind = options->ignore_cid,
		.salvage = salvages(options),
	};
	int r;

	image->roots = options->roots;
	image->patch = options->patch;
	r = chain_read(log, path, &chain, &image->chain);
	if (!r)
		r = sources_find(log, &image->chain, &sources, &image->sources);
	if (!r)
		r = note_files(image);
	if (!r)
		r = locks_check(&image->chain, options->live);
	if (r || !options->patch)
		return r;
	return patch_file_apply(log, options->patch, &image->chain,
				options->is_one_of_several ?
				options->patch_uses : NULL);
}

/**
 * image_read() - image_find(), and check the extents' headers and lengths
 * @log: how much to tell
 * @path: the newest descriptor, or a seSparse extent to be taken alone
 * @options: how to find and check it
 * @image: filled in, for image_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int image_read(const struct log *log, const char *path,
	       const struct image_options *options, struct image *image)
{
	const struct check_options check = {
		.ignore_dirty = options->ignore_dirty,
		.replay = options->replay,
		.leave_out_newest = options->leave_out_newest,
		.replayed = options->replayed,
		.ignore_kind = options->ignore_cid,
		.salvage = salvages(options),
	};
	const struct chain *chain = &image->chain;
	const struct descriptor *last;
	int r;

	r = image_find(log, path, options, image);
	if (!r)
		r = extents_check(log, &image->chain, &check);
	if (r)
		return r;
	last = chain->links[chain->nr_links - 1];
	if (last->bare)
		warn("%s: a seSparse extent without its descriptor, taken to have no parent: what it lacks reads as zeros (--parent gives one)",
		     last->path);
	return 0;
}

/**
 * image_check_unchanged() - see that an image is where and what it was when it was read
 * @options: how the image was found
 *
 * A file of a datastore that has grown or moved meanwhile may have been read wrongly,
 * as may what a journal was replayed for that has changed since: whoever has read all
 * that it needs calls this before it is believed.
 *
 * Return: 0, or an exit code after a message.
 */
int image_check_unchanged(const struct image_options *options)
{
	const struct datastores *luns = options->roots.luns;
	int r = luns ? datastores_check_unchanged(luns) : 0;

	if (r && options->live && r != EXIT_MEMORY) {
		warn("taken all the same: --live");
		r = 0;
	}
	if (!r && options->replayed)
		r = replayed_check_unchanged(options->replayed);
	return r;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* A time that was set back by whoever has written is not the other one, too. */
static int check_file(const struct source *source, const struct stat *before)
{
	struct stat now;
	int error;

	if (source->stored || !source_is_open(source) ||
	    !S_ISREG(before->st_mode))
		return 0;
	error = source_stat(source, &now);
	if (error)
		return fail(exit_code_of(error), "%s: %s", source->path,
			    strerror(error));
	if (now.st_size == before->st_size &&
	    is_same_time(&now.st_mtim, &before->st_mtim) &&
	    is_same_time(&now.st_ctim, &before->st_ctim))
		return 0;
	return fail(EXIT_BUSY,
		    "%s: was changed while it was read, so what was read may be of no one state of the disk: have what writes to it end, or read a snapshot of it, and begin again (--live takes it)",
		    source->path);
}

/**
 * image_check_files() - see that no file of an image was changed while it was read
 * @options: how the image was found
 * @image: it, its sources still open
 *
 * Of datastores image_check_unchanged() tells.
 *
 * Return: 0, or an exit code after a message.
 */
int image_check_files(const struct image_options *options,
		      const struct image *image)
{
	size_t i;
	int r = 0;

	for (i = 0; i < image->sources.nr && image->files && !r; i++) {
		r = check_file(image->sources.list[i], &image->files[i]);
		if (r == EXIT_BUSY && options->live) {
			warn("taken all the same: --live");
			r = 0;
		}
	}
	return r;
}

/* Does what @st is overlap with @other, which is @path? */
static int compare_part(const struct beneath *mine, const struct stat *other,
			const char *path, const char **part)
{
	struct beneath its;
	int r;

	r = beneath_find(other, &its);
	if (!r && beneath_overlap(mine, &its))
		*part = path;
	beneath_free(&its);
	return r;
}

static int compare_descriptor(const struct beneath *mine,
			      const struct descriptor *d, const char **part)
{
	return d->stands_in || d->in_datastore ? 0 :
	       compare_part(mine, &d->st, d->path, part);
}

static int compare_source(const struct beneath *mine,
			  const struct source *source, const char **part)
{
	struct stat st;

	/* Of what is missing something else may be here all the same. */
	if (!source_is_open(source))
		return 0;
	if (fstat(source->fd, &st))
		return fail(exit_code_of(errno), "%s: %m", source->path);
	return compare_part(mine, &st, source->path, part);
}

/* Of all that lies in datastores, a descriptor alone too, their devices count. */
static int compare_luns(const struct beneath *mine,
			const struct datastores *luns, const char **part)
{
	const struct source *device;
	size_t i;
	int r = 0;

	for (i = 0; !r && !*part; i++) {
		device = datastores_device(luns, i);
		if (!device)
			break;
		r = compare_source(mine, device, part);
	}
	return r;
}

static int compare_patch(const struct beneath *mine, const char *path,
			 const char **part)
{
	struct stat st;

	return path && !stat(path, &st) ? compare_part(mine, &st, path, part) :
					  0;
}

static int compare_image(const struct beneath *mine, const struct image *image,
			 const char **part)
{
	size_t i;
	int r;

	r = compare_patch(mine, image->patch, part);
	for (i = 0; i < image->chain.nr_links && !r && !*part; i++)
		r = compare_descriptor(mine, image->chain.links[i], part);
	for (i = 0; i < image->sources.nr && !r && !*part; i++)
		if (!image->sources.list[i]->stored)
			r = compare_source(mine, image->sources.list[i], part);
	if (image->roots.luns && !r && !*part)
		r = compare_luns(mine, image->roots.luns, part);
	return r;
}

static int compare_relatives(const struct beneath *mine,
			     const struct relatives *relatives,
			     const char **part)
{
	size_t i;
	int r = 0;

	for (i = 0; i < relatives->nr && !r && !*part; i++)
		r = compare_part(mine, &relatives->list[i].st,
				 relatives->list[i].path, part);
	return r;
}

static int compare_stream(const struct beneath *mine, int fd, const char *name,
			  const char **part)
{
	struct stat st;

	if (fstat(fd, &st) || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return 0;
	return compare_part(mine, &st, name, part);
}

/* What the tool has to say would end up between the disk's bytes. */
static int compare_streams(const struct beneath *mine, const char **part)
{
	int r;

	r = compare_stream(mine, STDOUT_FILENO, "standard output", part);
	return r || *part ? r :
	       compare_stream(mine, STDERR_FILENO, "standard error", part);
}

static int describe(const char *path, const char *what, char **part)
{
	return asprintf(part, "%s, which %s", path, what) < 0 ?
	       fail_memory() : 0;
}

/**
 * image_find_overlap() - find what is in use for a disk and would be overwritten
 * @image: the disk's image, its sources open
 * @st: the file or block device that is to be written to
 * @part: set to the descriptor, source, patch, LUN or standard stream that it is,
 *        holds or lies on, and what of the disk that is, in words, to be freed by
 *        the caller; or to NULL
 *
 * The links beside the chain count, too: it is no disk any more without them.  And so
 * do the tool's own output and messages, which would be written over it.
 *
 * Return: 0, or an exit code after a message.
 */
int image_find_overlap(const struct image *image, const struct stat *st,
		       char **part)
{
	const char *path = NULL, *what = "is part of the disk";
	struct relatives relatives = { 0 };
	struct beneath mine;
	int r;

	*part = NULL;
	r = beneath_find(st, &mine);
	if (!r)
		r = compare_image(&mine, image, &path);
	if (!r && !path) {
		what = "is printed to";
		r = compare_streams(&mine, &path);
	}
	if (!r && !path) {
		what = "is part of another snapshot of the disk";
		r = relatives_find(&image->chain, &image->roots, &relatives);
		if (!r)
			r = compare_relatives(&mine, &relatives, &path);
	}
	if (!r && path)
		r = describe(path, what, part);
	relatives_free(&relatives);
	beneath_free(&mine);
	return r;
}

/**
 * image_free() - free what image_find() made
 * @image: it
 */
void image_free(struct image *image)
{
	free(image->files);
	image->files = NULL;
	sources_free(&image->sources);
	chain_free(&image->chain);
}
