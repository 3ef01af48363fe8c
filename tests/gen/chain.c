// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a whole chain of snapshots with its base, extent by extent: layers
 * meet only within one.
 */
#include "chain.h"
#include "descriptor.h"
#include "extent.h"
#include "flat.h"
#include "report.h"

/* More runs than this are a mistake rather than a test. */
#define MAX_RUNS 0x4000000ULL

/* The part of @grains that falls to the first @sectors of @whole. */
static u64 data_before(u64 grains, u64 sectors, u64 whole)
{
	/* No more than GEN_MAX_DATA times 2^34: fits. */
	return grains * DIV_ROUND_UP_ULL(sectors, SESPARSE_GRAIN_SECTORS) /
	       DIV_ROUND_UP_ULL(whole, SESPARSE_GRAIN_SECTORS);
}

/* How many of the first @sectors' grains in extent @number get data. */
static u64 data_grains(const struct options *o, unsigned int layer,
		       unsigned int number, u64 sectors)
{
	u64 all = DIV_ROUND_UP_ULL(o->mix[layer].data_bytes,
				   SESPARSE_GRAIN_BYTES);
	u64 whole = layer ? o->capacity : o->base_size;
	u64 start = options_extent_start(o, number);
	u64 grains = DIV_ROUND_UP_ULL(sectors, SESPARSE_GRAIN_SECTORS);

	if (!all)
		return grains * o->mix[layer].data / GEN_WHOLE;
	return min_t(u64, grains,
		     data_before(all, start + sectors, whole) -
			     data_before(all, start, whole));
}

/* The states of the first @sectors of extent @number of a layer. */
static int make_runs(const struct options *o, unsigned int layer,
		     unsigned int number, u64 sectors, struct runs *runs)
{
	struct rng rng = { rng_key(o->seed, RNG_STATES, layer, number) };
	u64 grains = DIV_ROUND_UP_ULL(sectors, SESPARSE_GRAIN_SECTORS);
	const struct mix *mix = &o->mix[layer];
	u64 data = data_grains(o, layer, number, sectors);

	if (data > GEN_MAX_DATA)
		return report("layer %u would have %llu MiB of data: use --data-bytes",
			layer, data >> 8);
	if (mix->data_bytes)
		return runs_scatter(runs, mix, grains, data, &rng);
	if (mix->data < GEN_WHOLE && grains / mix->run > MAX_RUNS)
		return report("layer %u would have %llu runs: use --run or --data-bytes",
			layer, grains / mix->run);
	return runs_share(runs, mix, grains, &rng);
}

static int write_base(const struct options *o, struct output *out,
		      unsigned int number, struct runs *chain)
{
	u64 sectors = options_base_sectors(o, number);
	struct runs runs = { 0 };
	int ret;

	if (!sectors || (o->base[number - 1] != BASE_FLAT &&
			 o->base[number - 1] != BASE_VMFS))
		return 0;
	ret = make_runs(o, 0, number, sectors, &runs);
	if (!ret)
		ret = runs_overlay(chain, &runs, 0);
	if (!ret)
		ret = flat_write_base(o, out, number, chain);
	runs_free(&runs);
	return ret;
}

static int write_layer(const struct options *o, struct output *out,
		       unsigned int layer, unsigned int number,
		       struct runs *chain)
{
	struct runs runs = { 0 };
	int ret = make_runs(o, layer, number, o->extents[number - 1], &runs);

	if (!ret)
		ret = extent_write(o, out, layer, number, &runs);
	if (!ret)
		ret = runs_overlay(chain, &runs, layer);
	runs_free(&runs);
	return ret;
}

/* @raw: NULL for none */
static int write_extent(const struct options *o, struct output *out,
			const struct outfile *raw, unsigned int number)
{
	struct runs chain = { 0 };
	unsigned int layer;
	int ret;

	ret = write_base(o, out, number, &chain);
	for (layer = 1; !ret && layer <= o->layers; layer++)
		ret = write_layer(o, out, layer, number, &chain);
	if (!ret && raw)
		ret = flat_write_raw(o, raw, number, &chain);
	runs_free(&chain);
	return ret;
}

static int write_extents(const struct options *o, struct output *out,
			 const struct outfile *raw)
{
	unsigned int number;

	for (number = 1; number <= o->nr_extents; number++) {
		if (write_extent(o, out, raw, number))
			return -1;
	}
	return 0;
}

static int write_with_raw(const struct options *o, struct output *out)
{
	struct outfile raw;
	int ret;

	if (output_create(out, &raw, o->prefix, ".raw"))
		return -1;
	ret = outfile_truncate(&raw, o->capacity * SESPARSE_SECTOR_SIZE);
	if (!ret)
		ret = write_extents(o, out, &raw);
	return outfile_close(&raw) ? -1 : ret;
}

/**
 * chain_write() - write all that is asked for
 * @o: the request
 * @out: gets the files
 *
 * Return: 0, or -1 after a report.
 */
int chain_write(const struct options *o, struct output *out)
{
	unsigned int layer;

	if (o->raw ? write_with_raw(o, out) : write_extents(o, out, NULL))
		return -1;
	if (!o->descriptor)
		return 0;
	for (layer = o->base[0] == BASE_NONE; layer <= o->layers; layer++) {
		if (descriptor_write(o, out, layer))
			return -1;
	}
	return 0;
}
