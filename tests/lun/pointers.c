// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of a file's blocks.
 */
#include <stdio.h>

#include "../gen/report.h"
#include "bytes.h"
#include "pointers.h"

/**
 * path_write() - print a path so that it is one word of one line
 * @to: where to
 * @path: the path
 *
 * Spaces, backslashes and control characters become \ and three octal digits.
 */
void path_write(FILE *to, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c <= ' ' || c == '\\' || c == 0x7f)
			fprintf(to, "\\%03o", c);
		else
			putc(c, to);
	}
}

/**
 * filesystem_note() - tell the manifest where metadata lies, if that is wanted
 * @fs: the file system
 * @path: of the file that is read wrong if it changes; "-" if any may be
 * @offset: first byte of it in the volume
 * @length: its bytes, all on one LUN
 */
void filesystem_note(const struct filesystem *fs, const char *path, u64 offset,
		     u64 length)
{
	unsigned int image;
	u64 at, rest;

	if (!fs->map || volume_locate(&fs->v, offset, &at, &rest, &image))
		return;
	fputs("meta ", fs->map);
	path_write(fs->map, path);
	fprintf(fs->map, " %u %llu %llu\n", image + 1, at, length);
}

static u32 pb_size(const struct volume *v)
{
	return v->pb_pointers * v->pointer_size;
}

/**
 * pointers_open() - begin with a file's addresses
 * @p: set up; pointers_close() is due in any case
 * @fs: the file system
 * @blocks: addresses that there will be
 * @depth: pointer blocks between descriptor and block, at least
 *
 * Return: 0, or -1 after a report.
 */
int pointers_open(struct pointers *p, struct filesystem *fs, u64 blocks,
		  unsigned int depth)
{
	const struct volume *v = &fs->v;
	u64 span = v->nr_pointers;
	unsigned int needed = 0;

	for (; blocks > span; span *= v->pb_pointers)
		needed++;
	*p = (struct pointers){
		.fs = fs,
		.depth = max_t(unsigned int, needed, depth),
		.home = v->v6 ? PB_SBC : PB_PBC,
		.outer_home = v->v6 ? PB_SBC : PB_PBC,
	};
	if (p->depth > 2)
		return report("no file can have %llu blocks", blocks);
	p->top = calloc(v->nr_pointers, sizeof(u64));
	p->inner = calloc(v->pb_pointers, sizeof(u64));
	p->outer = calloc(v->pb_pointers, sizeof(u64));
	return p->top && p->inner && p->outer ? 0 : report("out of memory");
}

static struct resource *home_of(struct filesystem *fs, enum pb_home home)
{
	switch (home) {
	case PB_SBC:
		return &fs->sbc;
	case PB_PBC:
		return &fs->pbc;
	default:
		return &fs->pb2;
	}
}

static int write_pb(struct pointers *p, enum pb_home home, const void *data,
		    u64 *address)
{
	struct volume *v = &p->fs->v;
	struct resource *r = home_of(p->fs, home);
	u64 n;

	if (home == PB_FB) {
		if (volume_new_block(v, LAYOUT_CONTIGUOUS, &n))
			return -1;
		*address = address_of_block(v, n);
		filesystem_note(p->fs, p->path, n << FB_SHIFT, pb_size(v));
		return volume_write(v, n << FB_SHIFT, data, pb_size(v));
	}
	if (r->size < pb_size(v))
		return report("a pointer block does not fit there");
	if (resource_take(r, v, &n))
		return -1;
	*address = resource_address(r, v, n);
	filesystem_note(p->fs, p->path, resource_place(r, n), pb_size(v));
	return resource_write(r, v, n, data, pb_size(v));
}

/* Makes a pointer block of what was gathered, unless all of that is holes. */
static int flush(struct pointers *p, u64 *gathered, enum pb_home home,
		 u64 *address)
{
	const struct volume *v = &p->fs->v;
	bool holes = true;
	u8 *data;
	u32 i;
	int ret;

	for (i = 0; i < v->pb_pointers && holes; i++)
		holes = !gathered[i];
	*address = 0;
	if (holes && !p->keep)
		return 0;
	data = malloc(pb_size(v));
	if (!data)
		return report("out of memory");
	for (i = 0; i < v->pb_pointers; i++)
		put_bytes(data + i * v->pointer_size, gathered[i],
			  v->pointer_size);
	memset(gathered, 0, v->pb_pointers * sizeof(*gathered));
	p->nr_pbs++;
	ret = write_pb(p, home, data, address);
	free(data);
	return ret;
}

/* Puts away what is full, or at the file's end what is begun. */
static int put_away(struct pointers *p, bool end)
{
	u64 per = p->fs->v.pb_pointers, pbs = (p->nr + per - 1) / per;
	u64 *slot = p->depth == 1 ? &p->top[pbs - 1] :
				    &p->outer[(pbs - 1) % per];

	if (!p->depth || (end ? !(p->nr % per) : p->nr % per))
		goto outer;
	if (flush(p, p->inner, p->home, slot))
		return -1;
outer:
	if (p->depth < 2 || (end ? !(p->nr % (per * per)) :
				   p->nr % (per * per)))
		return 0;
	return flush(p, p->outer, p->outer_home,
		     &p->top[(pbs + per - 1) / per - 1]);
}

/**
 * pointers_add() - say where the next block is
 * @p: the addresses so far
 * @address: the block's, 0 for a hole
 *
 * Return: 0, or -1 after a report.
 */
int pointers_add(struct pointers *p, u64 address)
{
	if (p->depth)
		p->inner[p->nr % p->fs->v.pb_pointers] = address;
	else
		p->top[p->nr] = address;
	p->nr++;
	p->data_blocks += address != 0;
	return put_away(p, false);
}

/**
 * pointers_finish() - there are no more blocks
 * @p: the addresses
 *
 * Return: 0, or -1 after a report.
 */
int pointers_finish(struct pointers *p)
{
	return p->nr ? put_away(p, true) : 0;
}

/**
 * pointers_zla() - what the descriptor's pointers lead to
 * @p: the addresses
 *
 * Return: the kind.
 */
enum zla pointers_zla(const struct pointers *p)
{
	if (p->depth == 2)
		return ZLA_DOUBLE;
	if (p->depth)
		return p->home == PB_PB2 ? ZLA_PB2 : ZLA_PB;
	return ZLA_FB;
}

/**
 * pointers_close() - forget the addresses
 * @p: they
 */
void pointers_close(struct pointers *p)
{
	free(p->top);
	free(p->inner);
	free(p->outer);
}
