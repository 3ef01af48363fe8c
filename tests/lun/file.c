// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: their contents onto blocks, and into the manifest.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../gen/report.h"
#include "../gen/rng.h"
#include "bytes.h"
#include "node.h"
#include "util/sha256.h"

#define SLACK 4096 /* bytes behind a file's end that are not zero */

/**
 * struct writer - a file being written
 * @fs: the file system
 * @node: the file
 * @manifest: what is written goes there too, unless NULL
 * @fd: where the contents come from, or -1
 * @key: else what they follow from
 * @block: one block
 * @block_at: where in the file it begins
 * @block_size: its bytes
 * @large: the large block being filled
 * @whole: sum of the file so far
 * @hash_whole: that is wanted
 * @run: sum of the data run so far
 * @run_start: where that began
 * @in_run: whether there is one
 * @p: the addresses of the blocks
 * @map: the last part of it of which the place is known
 */
struct writer {
	struct filesystem *fs;
	struct node *node;
	FILE *manifest;
	int fd;
	u64 key;
	u8 *block;
	u64 block_at;
	u32 block_size;
	u64 large;
	struct sha256 whole;
	bool hash_whole;
	struct sha256 run;
	u64 run_start;
	bool in_run;
	struct pointers p;
	struct {
		u64 start;
		u64 length;
		u64 at;
		unsigned int image;
	} map;
};

static enum fill fill_at(const struct node *node, u64 start, u64 end)
{
	enum fill found = node->fill;
	size_t i;

	for (i = 0; i < node->nr_ranges; i++) {
		const struct range *r = &node->ranges[i];

		if (r->start < end && r->end > start)
			found = r->fill;
	}
	return found;
}

static bool is_zero(const u8 *data, size_t size)
{
	return !size || (!*data && !memcmp(data, data + 1, size - 1));
}

static int read_host(struct writer *w, u64 at, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(w->fd, w->block + done, size - done,
				  (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return report("%s: reading at %llu: %s", w->node->from,
				      at + done, strerror(n ? errno : EIO));
		done += (size_t)n;
	}
	return 0;
}

static void make_words(struct writer *w, u64 at, u64 end)
{
	u8 *to = w->block + (at - w->block_at);

	while (at < end) {
		u64 word = rng_mix(w->key + (at / 8 + 1) * GEN_GAMMA);
		unsigned int skip = at % 8;
		unsigned int n = (unsigned int)min_t(u64, 8 - skip, end - at);

		put_bytes(to, word >> 8 * skip, n);
		to += n;
		at += n;
	}
}

/* The bytes that ranges of data cover, and zeros around them. */
static void make_pattern(struct writer *w, u64 at, u64 end)
{
	const struct node *node = w->node;
	size_t i;

	w->block_at = at;
	if (node->fill == FILL_DATA)
		make_words(w, at, end);
	for (i = 0; i < node->nr_ranges; i++) {
		u64 from = max_t(u64, at, node->ranges[i].start);
		u64 to = min_t(u64, end, node->ranges[i].end);

		if (from >= to)
			continue;
		if (node->ranges[i].fill == FILL_DATA)
			make_words(w, from, to);
		else
			memset(w->block + (from - at), 0, to - from);
	}
}

/* What there is to be of the file at @at, in *fill; data go to w->block. */
static int get_block(struct writer *w, u64 at, size_t size, enum fill *fill)
{
	*fill = fill_at(w->node, at, at + size);
	if (*fill != FILL_DATA)
		return 0;
	memset(w->block, 0, w->block_size);
	if (w->node->memory) {
		memcpy(w->block, w->node->memory + at, size);
		return 0;
	}
	if (w->fd < 0) {
		make_pattern(w, at, at + size);
		return 0;
	}
	if (read_host(w, at, size))
		return -1;
	if (is_zero(w->block, size))
		*fill = w->node->zeros;
	return 0;
}

static void end_run(struct writer *w, u64 end)
{
	char text[SHA256_TEXT];

	if (!w->in_run)
		return;
	w->in_run = false;
	sha256_end(&w->run, text);
	fputs("data ", w->manifest);
	path_write(w->manifest, w->node->path);
	fprintf(w->manifest, " %llu %llu %s\n", w->run_start,
		end - w->run_start, text);
}

static void sum(struct writer *w, u64 at, size_t size, enum fill fill)
{
	static const u8 zeros[FB_SIZE];

	if (!w->manifest)
		return;
	if (w->hash_whole) {
		sha256_add(&w->whole, fill == FILL_DATA ? w->block : zeros,
			   size);
		return;
	}
	if (fill != FILL_DATA) {
		end_run(w, at);
		return;
	}
	if (!w->in_run) {
		w->in_run = true;
		w->run_start = at;
		sha256_start(&w->run);
	}
	sha256_add(&w->run, w->block, size);
}

static void end_map(struct writer *w)
{
	if (!w->map.length)
		return;
	fprintf(w->fs->map, "map ");
	path_write(w->fs->map, w->node->path);
	fprintf(w->fs->map, " %llu %llu %u %llu\n", w->map.start,
		w->map.length, w->map.image + 1, w->map.at);
	w->map.length = 0;
}

/* Remembers where a part of the file lies, joined to the one before it. */
static int add_map(struct writer *w, u64 start, u64 length, u64 offset)
{
	unsigned int image;
	u64 at, rest;

	if (!w->fs->map)
		return 0;
	if (volume_locate(&w->fs->v, offset, &at, &rest, &image))
		return -1;
	if (w->node->kind == NODE_FOLDER || w->node->kind == NODE_SYSTEM) {
		filesystem_note(w->fs, w->node->path, offset, length);
		return 0;
	}
	if (!w->map.length || w->map.image != image ||
	    w->map.start + w->map.length != start ||
	    w->map.at + w->map.length != at) {
		end_map(w);
		w->map.start = start;
		w->map.image = image;
		w->map.at = at;
	}
	w->map.length += length;
	return 0;
}

/* Bytes of a block that was in use before, which nobody is to see. */
static void make_stale(struct writer *w, size_t from)
{
	size_t i, end = min_t(size_t, w->block_size, from + SLACK);

	for (i = from; i < end; i++)
		w->block[i] = 0xdb;
}

static int place_block(struct writer *w, u64 index, u64 *block)
{
	struct volume *v = &w->fs->v;

	if (w->node->layout != LAYOUT_LARGE)
		return volume_new_block(v, w->node->layout, block);
	if (!(index % LARGE_BLOCKS) || !w->large) {
		if (volume_new_block(v, LAYOUT_LARGE, &w->large))
			return -1;
		w->node->nr_large++;
	}
	*block = w->large + index % LARGE_BLOCKS;
	return 0;
}

static u64 address_of(const struct writer *w, u64 block, enum fill fill)
{
	const struct volume *v = &w->fs->v;
	u64 address = w->node->layout == LAYOUT_LARGE ?
			      address_of_large(block) :
			      address_of_block(v, block);

	return fill != FILL_TBZ ? address :
	       address_to_be_zeroed(v, address, w->node->tbz_mask);
}

static int store_block(struct writer *w, u64 index, size_t size,
		       enum fill fill)
{
	u64 start = index << FB_SHIFT;
	u64 block;

	if (!(index % LARGE_BLOCKS))
		w->large = 0;
	if (fill == FILL_HOLE)
		return pointers_add(&w->p, 0);
	if (place_block(w, index, &block))
		return -1;
	if (fill == FILL_TBZ) {
		memset(w->block, 0, w->block_size);
		make_stale(w, 0);
		w->node->nr_tbz++;
	} else if (size < w->block_size) {
		make_stale(w, size);
	}
	if (fill != FILL_ALLOC &&
	    volume_write(&w->fs->v, block << FB_SHIFT, w->block,
			 w->block_size))
		return -1;
	if (fill != FILL_TBZ && add_map(w, start, size, block << FB_SHIFT))
		return -1;
	return pointers_add(&w->p, address_of(w, block, fill));
}

static int store_blocks(struct writer *w)
{
	u64 at, index = 0;
	enum fill fill;

	for (at = 0; at < w->node->size; at += FB_SIZE) {
		size_t size = min_t(u64, FB_SIZE, w->node->size - at);

		if (get_block(w, at, size, &fill))
			return -1;
		sum(w, at, size, fill);
		if (store_block(w, index++, size, fill))
			return -1;
	}
	return pointers_finish(&w->p);
}

static int store_sub_blocks(struct writer *w)
{
	struct resource *sbc = &w->fs->sbc;
	u64 at, n;
	enum fill fill;

	for (at = 0; at < w->node->size; at += w->block_size) {
		size_t size = min_t(u64, w->block_size, w->node->size - at);

		if (get_block(w, at, size, &fill))
			return -1;
		sum(w, at, size, fill);
		if (fill == FILL_HOLE) {
			if (pointers_add(&w->p, 0))
				return -1;
			continue;
		}
		if (fill != FILL_DATA)
			memset(w->block, 0, w->block_size);
		make_stale(w, size);
		if (resource_take(sbc, &w->fs->v, &n) ||
		    resource_write(sbc, &w->fs->v, n, w->block,
				   w->block_size) ||
		    add_map(w, at, size, resource_place(sbc, n)) ||
		    pointers_add(&w->p, resource_address(sbc, &w->fs->v, n)))
			return -1;
	}
	return 0;
}

static int store_inline(struct writer *w)
{
	struct node *node = w->node;
	enum fill fill;

	node->inline_data = calloc(1, w->fs->v.inline_max);
	if (!node->inline_data)
		return report("out of memory");
	memset(w->block, 0, w->block_size);
	if (get_block(w, 0, node->size, &fill))
		return -1;
	sum(w, 0, node->size, fill);
	if (node->size &&
	    add_map(w, 0, node->size, resource_place(&w->fs->fdc, node->fd) +
				      w->fs->v.fd_inline))
		return -1;
	memcpy(node->inline_data, w->block, node->size);
	return 0;
}

/* What the pointers are to be where nothing was said. */
static enum zla choose_zla(const struct volume *v, const struct node *node)
{
	if (node->zla)
		return node->zla;
	if (node->kind == NODE_FOLDER)
		return node->size <= (v->v6 ? 320 : 1) * v->sub_block ?
			       ZLA_SB : ZLA_FB;
	/* VMFS5 has symbolic links in sub-blocks. */
	if (node->size <= v->inline_max && (v->v6 || node->kind != NODE_LINK))
		return ZLA_INLINE;
	return node->size <= v->sub_block ? ZLA_SB : ZLA_FB;
}

static int check_zla(const struct volume *v, const struct node *node,
		     enum zla zla)
{
	if (zla == ZLA_INLINE && node->size > v->inline_max)
		return report("%s: %llu bytes do not go into a file descriptor",
			      node->path, node->size);
	if (zla == ZLA_SB &&
	    node->size > (u64)v->sub_block * v->nr_pointers)
		return report("%s: %llu bytes do not go into %u sub-blocks",
			      node->path, node->size, v->nr_pointers);
	return 0;
}

static unsigned int depth_of(enum zla zla)
{
	return zla == ZLA_DOUBLE ? 2 : zla == ZLA_PB || zla == ZLA_PB2;
}

static int store(struct writer *w)
{
	struct node *node = w->node;
	const struct volume *v = &w->fs->v;
	enum zla zla = choose_zla(v, node);
	int ret;

	if (check_zla(v, node, zla))
		return -1;
	w->block_size = zla == ZLA_FB || depth_of(zla) ? FB_SIZE : v->sub_block;
	w->block = malloc(FB_SIZE);
	if (!w->block || pointers_open(&w->p, w->fs, (node->size +
				       w->block_size - 1) / w->block_size,
				       depth_of(zla)))
		return -1;
	if (node->homes_given[0])
		w->p.home = node->homes[0];
	if (node->homes_given[1])
		w->p.outer_home = node->homes[1];
	w->p.keep = node->keep;
	w->p.path = node->path;
	if (zla == ZLA_INLINE)
		ret = store_inline(w);
	else
		ret = zla == ZLA_SB ? store_sub_blocks(w) : store_blocks(w);
	node->zla = zla == ZLA_INLINE || zla == ZLA_SB ? zla :
							 pointers_zla(&w->p);
	node->block_size = w->block_size;
	node->nr_blocks = w->p.data_blocks;
	node->nr_pbs = w->p.nr_pbs;
	if (zla != ZLA_INLINE) {
		node->top = w->p.top;
		w->p.top = NULL;
	}
	return ret;
}

static void write_summary(struct writer *w)
{
	const struct node *node = w->node;
	char text[SHA256_TEXT] = "-";

	end_run(w, node->size);
	if (w->hash_whole)
		sha256_end(&w->whole, text);
	fputs("file ", w->manifest);
	path_write(w->manifest, node->path);
	fprintf(w->manifest, " %llu %llu %s\n", node->size,
		node->nr_blocks * node->block_size, text);
}

/**
 * file_store() - write a file's contents and what the manifest says of it
 * @fs: the file system
 * @node: the file; its pointers are filled in
 * @manifest: the manifest, or NULL for what is not to be in it
 *
 * Return: 0, or -1 after a report.
 */
int file_store(struct filesystem *fs, struct node *node, FILE *manifest)
{
	struct writer w = {
		.fs = fs, .node = node, .manifest = manifest, .fd = -1,
		.key = rng_mix(fs->v.o->seed + node->fd * GEN_GAMMA),
		.hash_whole = node->size <= fs->v.o->hash_whole,
	};
	int ret;

	sha256_start(&w.whole);
	if (node->from) {
		w.fd = open(node->from, O_RDONLY | O_CLOEXEC);
		if (w.fd < 0)
			return report("%s: %s", node->from, strerror(errno));
	}
	ret = store(&w);
	if (w.fs->map)
		end_map(&w);
	if (!ret && manifest)
		write_summary(&w);
	if (w.fd >= 0)
		close(w.fd);
	free(w.block);
	pointers_close(&w.p);
	return ret;
}
