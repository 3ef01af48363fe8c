// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMFS volume being made: its measures, where its bytes lie on the images, and
 * which file blocks are taken.
 */
#include <stdio.h>

#include "../gen/report.h"
#include "../gen/rng.h"
#include "bytes.h"
#include "volume.h"

#define PARTITION_START (1ULL << 20)
#define IMAGE_TAIL (2ULL << 20) /* behind the volume: the backup GPT, and spare */

static void set_measures(struct volume *v)
{
	v->v6 = v->o->version == 6;
	if (v->v6) {
		v->md = v->o->md;
		v->fd_size = 2 * v->md;
		v->fd_meta = v->md;
		v->fd_inline = v->md + 512;
		v->inline_max = v->md - 512;
		v->pointer_size = 8;
		v->nr_pointers = (v->md <= 4096 ? 2560 : v->md / 2) / 8;
		v->fd_pointers = v->fd_size - 8 * v->nr_pointers;
		v->pb_pointers = max_t(u32, 8192, v->md / 8);
		v->sub_block = 65536;
		v->fdc_at = ((u64)v->md << 10) + 0x3fffff;
		v->fdc_at -= v->fdc_at % FB_SIZE;
	} else {
		v->md = 512;
		v->fd_size = 2048;
		v->fd_meta = 512;
		v->fd_inline = 1024;
		v->inline_max = v->o->version == 5 ? 1024 : 0;
		v->pointer_size = 4;
		v->nr_pointers = 256;
		v->fd_pointers = 1024;
		v->pb_pointers = 1024;
		v->sub_block = v->o->version == 5 ? 8192 : 65536;
		v->fdc_at = 4 << 20;
	}
}

/* The parts of the volume that the images hold, one after the other. */
static void share_out(struct volume *v)
{
	u64 units = v->size / PE_UNIT, first = 0;
	unsigned int i, n = v->o->images;

	for (i = 0; i < n; i++) {
		struct image *image = &v->images[i];

		image->start = v->o->partition ? PARTITION_START : 0;
		image->first = first;
		image->length = (units / n + (i < units % n)) * PE_UNIT;
		first += image->length;
	}
}

/* The physical extents of an image, and in which order they lie on it. */
static int cut(struct volume *v, unsigned int i, u64 pe_size)
{
	const struct image *image = &v->images[i];
	size_t n = (image->length + pe_size - 1) / pe_size, k;
	struct pe *more = reallocarray(v->pes, v->nr_pes + n, sizeof(*more));
	struct rng rng = { rng_key(v->o->seed, RNG_ORDER, 0, i) };

	if (!more)
		return report("out of memory");
	v->pes = more;
	more += v->nr_pes;
	v->nr_pes += n;
	for (k = 0; k < n; k++) {
		more[k].logical = image->first + k * pe_size;
		more[k].physical = LVM_DATA + k * pe_size;
		more[k].length = min_t(u64, pe_size,
				       image->length - k * pe_size);
		more[k].image = i;
	}
	/* The last may be shorter, and stays where it is. */
	for (k = n - 1; v->o->shuffle_pes && k > 1; k--) {
		size_t other = rng_below(&rng, k);
		u64 physical = more[k - 1].physical;

		more[k - 1].physical = more[other].physical;
		more[other].physical = physical;
	}
	return 0;
}

static int create_image(struct volume *v, unsigned int i)
{
	struct image *image = &v->images[i];
	char suffix[24] = ".img";

	if (v->o->images > 1)
		snprintf(suffix, sizeof(suffix), "-%u.img", i + 1);
	if (output_create(&v->out, &image->file, v->o->prefix, suffix))
		return -1;
	return outfile_truncate(&image->file, image->start + LVM_DATA +
				image->length + IMAGE_TAIL);
}

static void take(struct volume *v, u64 block)
{
	v->used[block / 8] |= (u8)(1U << block % 8);
}

static bool is_free(const struct volume *v, u64 block)
{
	return !(v->used[block / 8] >> block % 8 & 1);
}

static u64 common_divisor(u64 a, u64 b)
{
	while (b) {
		u64 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/**
 * volume_open() - make the images of an empty volume
 * @v: set to the volume; volume_free() is due in any case
 * @o: what is wanted
 * @size: bytes of the volume, units of 256 MiB
 *
 * Return: 0, or -1 after a report.
 */
int volume_open(struct volume *v, const struct lun_options *o, u64 size)
{
	unsigned int i;
	u64 block, pe_size;

	*v = (struct volume){ .o = o, .size = size };
	for (i = 0; i < LUN_MAX_IMAGES; i++)
		v->images[i].file.fd = -1;
	set_measures(v);
	v->blocks = size >> FB_SHIFT;
	v->used = calloc(v->blocks / 8 + 1, 1);
	if (!v->used)
		return report("out of memory");
	share_out(v);
	pe_size = o->pe_size;
	if (!pe_size)
		pe_size = v->v6 ? size : PE_UNIT;
	for (i = 0; i < o->images; i++) {
		if (cut(v, i, pe_size) || create_image(v, i))
			return -1;
	}
	/* .vh.sf: what is before .fdc.sf. */
	for (block = 0; block < v->fdc_at >> FB_SHIFT; block++)
		take(v, block);
	v->low = block;
	v->high = v->blocks;
	v->stride = v->blocks * 618 / 1000 | 1;
	while (common_divisor(v->stride, v->blocks) != 1)
		v->stride += 2;
	return 0;
}

/**
 * volume_locate() - where on the images a byte of the volume is
 * @v: the volume
 * @offset: the byte
 * @physical: set to its offset in the image
 * @rest: set to how many bytes lie there in order
 * @image: set to the image
 *
 * Return: 0, or -1 after a report.
 */
int volume_locate(const struct volume *v, u64 offset, u64 *physical, u64 *rest,
		  unsigned int *image)
{
	size_t from = 0, to = v->nr_pes;
	const struct pe *pe;

	if (offset >= v->size)
		return report("byte %llu is beyond the volume's end", offset);
	while (to - from > 1) {
		size_t middle = (from + to) / 2;

		if (v->pes[middle].logical <= offset)
			from = middle;
		else
			to = middle;
	}
	pe = &v->pes[from];
	*image = pe->image;
	*physical = v->images[pe->image].start + pe->physical + offset -
		    pe->logical;
	*rest = pe->logical + pe->length - offset;
	return 0;
}

/**
 * volume_write() - write on the volume
 * @v: the volume
 * @offset: where to
 * @data: what to write
 * @size: its bytes
 *
 * Return: 0, or -1 after a report.
 */
int volume_write(struct volume *v, u64 offset, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		u64 physical, rest;
		unsigned int image;
		size_t n;

		if (volume_locate(v, offset, &physical, &rest, &image))
			return -1;
		n = min_t(u64, rest, size);
		if (outfile_write(&v->images[image].file, at, n, physical))
			return -1;
		at += n;
		offset += n;
		size -= n;
	}
	return 0;
}

static bool large_is_free(const struct volume *v, u64 block)
{
	static const u8 none[LARGE_BLOCKS / 8];

	return !memcmp(v->used + block / 8, none, sizeof(none));
}

static bool find_large(const struct volume *v, u64 *block)
{
	for (*block = 0; *block + LARGE_BLOCKS <= v->blocks;
	     *block += LARGE_BLOCKS) {
		if (large_is_free(v, *block))
			return true;
	}
	return false;
}

static bool find_scattered(struct volume *v, u64 *block)
{
	u64 tries;

	for (tries = 0; tries < v->blocks; tries++) {
		v->scatter = (v->scatter + v->stride) % v->blocks;
		if (is_free(v, v->scatter)) {
			*block = v->scatter;
			return true;
		}
	}
	return false;
}

static bool find_block(struct volume *v, enum layout layout, u64 *block)
{
	switch (layout) {
	case LAYOUT_LARGE:
		return find_large(v, block);
	case LAYOUT_SCATTERED:
		return find_scattered(v, block);
	case LAYOUT_REVERSED:
		while (v->high && !is_free(v, v->high - 1))
			v->high--;
		*block = v->high - 1;
		return v->high;
	default:
		while (v->low < v->blocks && !is_free(v, v->low))
			v->low++;
		*block = v->low;
		return v->low < v->blocks;
	}
}

/**
 * volume_new_block() - take a free block
 * @v: the volume
 * @layout: which; LAYOUT_LARGE means a large one
 * @block: set to its number, counted in file blocks
 *
 * Return: 0, or -1 after a report.
 */
int volume_new_block(struct volume *v, enum layout layout, u64 *block)
{
	u64 i, n = layout == LAYOUT_LARGE ? LARGE_BLOCKS : 1;

	if (!find_block(v, layout, block))
		return report("the volume of %llu MiB is full; give it a larger --size",
			      v->blocks);
	for (i = 0; i < n; i++)
		take(v, *block + i);
	return 0;
}

/**
 * volume_close() - close the images
 * @v: the volume
 *
 * Return: 0, or -1 after a report.
 */
int volume_close(struct volume *v)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < v->o->images; i++) {
		if (v->images[i].file.fd >= 0 &&
		    outfile_close(&v->images[i].file))
			ret = -1;
	}
	return ret;
}

/**
 * volume_free() - forget a volume whose images are closed
 * @v: the volume
 */
void volume_free(struct volume *v)
{
	free(v->pes);
	free(v->used);
}
