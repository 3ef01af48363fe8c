// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sesparse/header.h"
#include "sesparse/patch.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/patch-file.h"

static int fail_other(const char *path)
{
	return fail(EXIT_DEVICE,
		    "%s: is no patch, expected a file that recover has written",
		    path);
}

static int fail_read(const char *path, int error)
{
	return error == ENOMEM ? fail_memory() :
	       fail(exit_code_of(error), "%s: cannot read: %s", path,
		    strerror(error));
}

/* Of what is no patch, and may be large, not all is read. */
static int read_all(const char *path, int fd, const struct stat *st,
		    void **bytes, size_t *size)
{
	char begin[PATCH_MAGIC_BYTES];
	size_t done = 0;
	int error;

	if (!S_ISREG(st->st_mode) || (u64)st->st_size > PATCH_MAX_BYTES)
		return fail_other(path);
	error = bytes_read_some(fd, begin, sizeof(begin), 0, &done);
	if (error)
		return fail_read(path, error);
	if (done < sizeof(begin) || !patches_begin_so(begin))
		return fail_other(path);
	*size = (size_t)st->st_size;
	*bytes = malloc(*size);
	error = *bytes ? bytes_read(fd, *bytes, *size, 0) : ENOMEM;
	return error ? fail_read(path, error) : 0;
}

static int load(const char *path, void **bytes, size_t *size)
{
	struct stat st;
	int fd, r;

	*bytes = NULL;
	r = file_open(path, &fd, &st);
	if (r)
		return r;
	r = read_all(path, fd, &st, bytes, size);
	close(fd);
	return r;
}

/* Only the metadata are others: where they end by the headers as they read then. */
static int check_applied(const char *path, const struct patch *p,
			 const struct extent *e)
{
	struct sesparse_geometry geo;
	struct header header;
	char why[160];
	int error;

	error = header_read(e->source, e->offset, &header);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s",
			    e->source->path, strerror(error));
	if (header_decode(e->source, e->offset, &header, &geo, why,
			  sizeof(why)))
		return fail(EXIT_DEVICE, "%s: with the patch %s: %s",
			    e->source->path, path, why);
	return p->metadata == geo.grains ? 0 :
	       fail(EXIT_DEVICE,
		    "%s: has %llu sectors of metadata for %s, whose grains are from sector %llu on with it, expected them equal",
		    path, p->metadata, e->source->path, geo.grains);
}

static int apply(const struct log *log, const char *path,
		 const struct patch *p, const struct extent *e)
{
	int error, r;

	error = patch_apply(p, e->source, e->offset);
	if (error)
		return fail(exit_code_of(error), "%s: cannot be patched: %s",
			    e->source->path, strerror(error));
	r = check_applied(path, p, e);
	if (!r)
		step(log, "%s: read with %llu sectors from %s",
		     e->source->path, p->nr, path);
	return r;
}

static bool may_be(const struct extent *e)
{
	return e->type == EXTENT_SESPARSE && e->source &&
	       source_is_open(e->source);
}

/* Whether an extent is what a patch was made from; @sum: of the last that was asked. */
static int fits(const struct patch *p, const struct extent *e, u64 *metadata,
		char sum[SHA256_TEXT], bool *yes)
{
	const struct source *s = e->source;

	*yes = false;
	if (s->sectors < e->offset || s->sectors - e->offset != p->sectors)
		return 0;
	if (*metadata != p->metadata &&
	    patch_sum(s, e->offset, p->metadata, sum))
		return fail_memory();
	*metadata = p->metadata;
	*yes = !strcmp(sum, p->before);
	return 0;
}

/*
 * All that are of the same metadata are the same: recover makes them from nothing else.
 * So one of them is enough, and stands for the others.
 */
static int apply_one(const struct log *log, const char *path,
		     const struct patches *all, const struct extent *e,
		     struct patch_uses *uses)
{
	char sum[SHA256_TEXT];
	u64 metadata = 0;
	bool yes = false, done = false;
	size_t i, first = 0;
	int r = 0;

	for (i = 0; i < all->nr && !r; i++) {
		r = fits(&all->list[i], e, &metadata, sum, &yes);
		if (r || !yes)
			continue;
		uses->list[i].used = true;
		first = done ? first : i;
		done = true;
	}
	return r || !done ? r : apply(log, path, &all->list[first], e);
}

static const struct extent *find_named(const struct chain *chain,
				       const char *name)
{
	const struct extent *e;
	size_t i, j;

	for (i = 0; i < chain->nr_layers; i++)
		for (j = 0; j < chain->links[i]->nr_extents; j++) {
			e = &chain->links[i]->extents[j];
			if (may_be(e) &&
			    !strcmp(file_base_name(e->source->path), name))
				return e;
		}
	return NULL;
}

static int fail_unused(const char *path, const char *name,
		       const struct chain *chain)
{
	const struct extent *e = find_named(chain, name);

	if (e)
		return fail(EXIT_DEVICE,
			    "%s: is for %s as it was when recover made it, which has other metadata or another length now (written to since, or another disk's of that name): recover makes a new one",
			    path, e->source->path);
	return fail(EXIT_DEVICE,
		    "%s: is for %s, which is no extent of %s (another disk's): recover makes one for this disk",
		    path, name, chain->links[0]->path);
}

/* Of a disk before, the file was the same. */
static int take_room(struct patch_uses *uses, const struct patches *all)
{
	size_t i;

	if (uses->list)
		return uses->nr == all->nr ? 0 :
		       fail(EXIT_DEVICE,
			    "--patch: the file has changed meanwhile");
	uses->list = calloc(all->nr, sizeof(*uses->list));
	if (!uses->list)
		return fail_memory();
	uses->nr = all->nr;
	for (i = 0; i < all->nr; i++)
		memcpy(uses->list[i].name, all->list[i].name, PATCH_NAME);
	return 0;
}

static int apply_all(const struct log *log, const char *path,
		     const struct patches *all, const struct chain *chain,
		     struct patch_uses *uses)
{
	const struct extent *e;
	size_t i, j;
	int r = take_room(uses, all);

	for (i = 0; i < chain->nr_layers && !r; i++)
		for (j = 0; j < chain->links[i]->nr_extents && !r; j++) {
			e = &chain->links[i]->extents[j];
			if (may_be(e))
				r = apply_one(log, path, all, e, uses);
		}
	return r;
}

static int check_used(const char *path, const struct patch_uses *uses,
		      const struct chain *chain)
{
	size_t i;

	for (i = 0; i < uses->nr; i++)
		if (!uses->list[i].used)
			return fail_unused(path, uses->list[i].name, chain);
	return 0;
}

/**
 * patch_file_apply() - have a chain's extents read as a patch says
 * @log: how much to tell
 * @path: the file
 * @chain: the chain, its sources found
 * @several: parts of it may be for other disks: what this one has had use for is added,
 *           for patch_file_check_used(); or NULL
 *
 * Return: 0, or an exit code after a message.
 */
int patch_file_apply(const struct log *log, const char *path,
		     const struct chain *chain, struct patch_uses *several)
{
	struct patch_uses mine = { 0 }, *uses = several ? several : &mine;
	struct patches all = { 0 };
	void *bytes;
	char why[160];
	size_t size = 0;
	int error, r;

	r = load(path, &bytes, &size);
	if (!r) {
		error = patches_parse(bytes, size, &all, why, sizeof(why));
		if (error == ENOMEM)
			r = fail_memory();
		else if (error)
			r = fail(EXIT_DEVICE, "%s: %s", path, why);
	}
	if (!r)
		r = apply_all(log, path, &all, chain, uses);
	if (!r && !several)
		r = check_used(path, uses, chain);
	patch_uses_free(&mine);
	patches_free(&all);
	free(bytes);
	return r;
}

/**
 * patch_file_check_used() - refuse a patch that no disk has had use for
 * @path: the file
 * @uses: what the disks had use for, all of them found
 * @whose: what the disks are, for the message
 *
 * Return: 0, or an exit code after a message.
 */
int patch_file_check_used(const char *path, const struct patch_uses *uses,
			  const char *whose)
{
	size_t i;

	for (i = 0; i < uses->nr; i++)
		if (!uses->list[i].used)
			return fail(EXIT_DEVICE,
				    "%s: is for %s as it was when recover made it, which is no extent of %s now (written to since, or another disk's): recover makes a new one",
				    path, uses->list[i].name, whose);
	return 0;
}

/**
 * patch_uses_free() - free what patch_file_apply() took
 * @uses: it
 */
void patch_uses_free(struct patch_uses *uses)
{
	free(uses->list);
	*uses = (struct patch_uses){ 0 };
}
