// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes files that hold a disk's content as it is: the base, and what is
 * expected of the whole.
 */
#include "content.h"
#include "edit.h"
#include "flat.h"
#include "names.h"
#include "report.h"

/* Grains written at a time. */
#define BATCH 256

/* Where some of the disk's grains go. */
struct target {
	const struct outfile *file;
	u64 offset; /* of the extent's first byte */
	u64 limit; /* bytes of the extent that are there */
	u8 *batch;
};

static int write_run(const struct target *t, const struct run *r, u64 key)
{
	u64 start, i, n, at, size;

	for (start = 0; start < r->len; start += n) {
		n = min_t(u64, BATCH, r->len - start);
		for (i = 0; i < n; i++)
			content_fill(t->batch + i * SESPARSE_GRAIN_BYTES, key,
				     r->start + start + i);
		at = (r->start + start) * SESPARSE_GRAIN_BYTES;
		size = min_t(u64, n * SESPARSE_GRAIN_BYTES, t->limit - at);
		if (outfile_write(t->file, t->batch, size, t->offset + at))
			return -1;
	}
	return 0;
}

/* Data of extent @number that lie in layer @layer. */
static int write_layer(const struct options *o, struct target *t,
		       unsigned int number, const struct run *r)
{
	u64 key = rng_key(o->seed, RNG_CONTENT, r->what, number);
	u64 sectors = r->what ? o->extents[number - 1] :
				options_base_sectors(o, number);

	t->limit = sectors * SESPARSE_SECTOR_SIZE;
	return write_run(t, r, key);
}

static int write_runs(const struct options *o, struct target *t,
		      unsigned int number, const struct runs *runs)
{
	size_t i;
	int ret = 0;

	t->batch = malloc(BATCH * SESPARSE_GRAIN_BYTES);
	if (!t->batch)
		return report("out of memory");
	for (i = 0; !ret && i < runs->nr; i++)
		ret = write_layer(o, t, number, &runs->run[i]);
	free(t->batch);
	return ret;
}

/**
 * flat_write_base() - write the file of an extent of the base
 * @o: the request
 * @out: gets the file
 * @number: the extent, from 1
 * @runs: its data, in layer 0
 *
 * Return: 0, or -1 after a report.
 */
int flat_write_base(const struct options *o, struct output *out,
		    unsigned int number, const struct runs *runs)
{
	u64 size = options_base_sectors(o, number) * SESPARSE_SECTOR_SIZE;
	char suffix[GEN_SUFFIX];
	struct outfile f;
	struct target t = { .file = &f };
	int ret;

	if (o->base[number - 1] == BASE_FLAT)
		t.offset = o->base_offset * SESPARSE_SECTOR_SIZE;
	name_extent(suffix, o, 0, number);
	if (output_create(out, &f, o->prefix, suffix))
		return -1;
	ret = outfile_truncate(&f, t.offset + size);
	if (!ret)
		ret = write_runs(o, &t, number, runs);
	if (!ret)
		ret = edit_size(o, 0, number, &f);
	return outfile_close(&f) ? -1 : ret;
}

/**
 * flat_write_raw() - write what an extent of the whole disk must read as
 * @o: the request
 * @f: the file for the disk
 * @number: the extent, from 1
 * @chain: its data, each in the layer that supplies them
 *
 * Return: 0, or -1 after a report.
 */
int flat_write_raw(const struct options *o, const struct outfile *f,
		   unsigned int number, const struct runs *chain)
{
	struct target t = {
		.file = f,
		.offset =
			options_extent_start(o, number) * SESPARSE_SECTOR_SIZE,
	};

	return write_runs(o, &t, number, chain);
}
