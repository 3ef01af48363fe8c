// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's own files build and look up the map, so that what is told here is
 * what the kernel reads.  Unlike the module's, the maps here always have a
 * parent, if only to tell apart what no layer decides from zeros.
 */
#include <string.h>

#include "disk/base-span.h"
#include "disk/disk.h"
#include "sesparse/layer.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"

static int read_layer(const struct disk *disk, size_t index, size_t depth,
		      struct layer *layer, u64 *grains)
{
	const struct descriptor *d = disk->chain->links[depth];
	const struct extent *e = &d->extents[index];
	struct tables *t = &layer->tables;
	int r;

	t->source = e->source;
	t->start = e->offset;
	r = extent_geometry(d, e, &t->geo);
	if (!r)
		r = layer_load(layer);
	*grains = t->start + t->geo.grains;
	return r;
}

static int read_layers(const struct log *log, struct disk *disk, size_t index,
		       size_t number, bool salvage,
		       struct sesparse_build *build)
{
	struct disk_segment *s = &disk->parts[index].segments[number];
	const struct segment segment = segment_of(disk->nr_layers, number);
	struct layer layer = {
		.log = log,
		.salvage = salvage,
		.build = build,
		.deciders = &s->deciders,
		.tables.progress = log->tables,
	};
	int r = 0;

	for (; layer.number < segment.nr && !r; layer.number++)
		r = read_layer(disk, index,
			       disk->first + segment.first + layer.number,
			       &layer, &s->grains[layer.number]);
	return r;
}

static int read_segment(const struct log *log, struct disk *disk, size_t index,
			size_t number, bool salvage)
{
	struct disk_part *part = &disk->parts[index];
	struct disk_segment *s = &part->segments[number];
	const u64 grains = DIV_ROUND_UP_ULL(part->sectors,
					    SESPARSE_GRAIN_SECTORS);
	struct sesparse_build build = { 0 };
	int r;

	if (sesparse_map_init(&s->map, grains, true, NULL) ||
	    sesparse_map_init(&s->deciders, grains, true, NULL) ||
	    sesparse_build_init(&build, &s->map))
		r = fail_memory();
	else
		r = read_layers(log, disk, index, number, salvage, &build);
	sesparse_build_exit(&build);
	if (!r && (sesparse_map_finish(&s->map) ||
		   sesparse_map_finish(&s->deciders)))
		r = fail_memory();
	return r;
}

static int read_part(const struct log *log, struct disk *disk, size_t index,
		     bool salvage)
{
	struct disk_part *part = &disk->parts[index];
	size_t i;
	int r = 0;

	part->segments = calloc(disk->nr_segments, sizeof(*part->segments));
	if (!part->segments)
		return fail_memory();
	for (i = 0; i < disk->nr_segments && !r; i++)
		r = read_segment(log, disk, index, i, salvage);
	return r;
}

static int read_parts(const struct log *log, bool salvage, struct disk *disk)
{
	const struct descriptor *top = disk->chain->links[disk->first];
	u64 start = 0;
	size_t i;
	int r = 0;

	disk->capacity = top->capacity;
	disk->nr_segments = segments_of(disk->nr_layers);
	disk->parts = calloc(top->nr_extents, sizeof(*disk->parts));
	if (!disk->parts)
		return fail_memory();
	for (i = 0; i < top->nr_extents && !r; i++) {
		disk->parts[i].start = start;
		disk->parts[i].sectors = top->extents[i].sectors;
		start += disk->parts[i].sectors;
		disk->nr_parts++;
		r = read_part(log, disk, i, salvage);
	}
	return r;
}

/**
 * disk_read() - read the tables of a chain
 * @log: how much to tell
 * @chain: the chain, its sources open and checked; must outlive @disk
 * @salvage: corrupt entries become DISK_ERROR; without it, they are refused
 * @disk: filled in, for disk_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int disk_read(const struct log *log, const struct chain *chain, bool salvage,
	      struct disk *disk)
{
	return disk_read_links(log, chain, 0, chain->nr_links, salvage, disk);
}

/**
 * disk_read_links() - read some links of a chain, as if there were no other
 * @log: how much to tell
 * @chain: the chain, its sources open and checked; must outlive @disk
 * @first: the newest of them; 0 for the newest there is
 * @nr: their number; 0: all of the disk is DISK_ABSENT
 * @salvage: corrupt entries become DISK_ERROR; without it, they are refused
 * @disk: filled in, for disk_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int disk_read_links(const struct log *log, const struct chain *chain,
		    size_t first, size_t nr, bool salvage, struct disk *disk)
{
	const size_t end = first + nr;

	*disk = (struct disk){
		.chain = chain,
		.first = first,
		.nr_layers = min_t(size_t, end, chain->nr_layers) - first,
		.has_base = end > chain->nr_layers,
	};
	return read_parts(log, salvage, disk);
}

/* A range that no layer decides, cut where the base has a seam. */
static void look_below(const struct disk *disk, struct disk_range *range)
{
	const size_t below = disk->first + disk->nr_layers;
	struct base_span span;

	range->kind = DISK_ABSENT;
	range->depth = below - 1;
	if (!disk->has_base)
		return;
	span = base_span(disk->chain->links[below], range->start,
			 range->start + range->sectors);
	range->sectors = span.length;
	if (span.beyond)
		return;
	range->depth = below;
	range->kind = span.extent ? DISK_DATA :
		      span.missing ? DISK_ERROR : DISK_ZERO;
	if (!span.extent)
		return;
	range->source = span.extent->source;
	range->at = span.sector;
}

static void look_in_layers(const struct disk *disk,
			   const struct disk_part *part, size_t number,
			   const struct sesparse_run *run, unsigned int layer,
			   struct disk_range *range)
{
	const struct disk_segment *s = &part->segments[number];
	const u64 within = range->start - part->start;
	const size_t depth = disk->first + layer +
			     segment_of(disk->nr_layers, number).first;

	range->depth = depth;
	if (run->source == SESPARSE_READ_LAYER) {
		range->kind = DISK_DATA;
		range->source = disk->chain->links[depth]
					->extents[part - disk->parts].source;
		range->at = s->grains[layer] +
			    (run->grain << SESPARSE_GRAIN_SHIFT) +
			    within % SESPARSE_GRAIN_SECTORS;
	} else if (run->source == SESPARSE_READ_ERROR) {
		range->kind = DISK_ERROR;
	} else {
		range->kind = DISK_ZERO;
	}
}

/*
 * The run from @grain on, of at most @max grains; returns the layer that decided
 * it, if one did.  No map is gone through further than the range will reach: a
 * disk may have millions.
 */
static unsigned int look_up(const struct disk_segment *s, u64 grain, u64 max,
			    struct sesparse_run *run)
{
	struct sesparse_run decider;

	sesparse_map_lookup(&s->map, grain, 1, run);
	decider.layer = run->layer;
	if (run->source == SESPARSE_READ_ZEROS ||
	    run->source == SESPARSE_READ_ERROR) {
		sesparse_map_lookup(&s->deciders, grain, max, &decider);
		max = decider.nr;
	}
	sesparse_map_lookup(&s->map, grain, max, run);
	return decider.layer;
}

static const struct disk_part *find_part(const struct disk *disk, u64 sector)
{
	size_t low = 0, high = disk->nr_parts;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (disk->parts[mid].start <= sector)
			low = mid;
		else
			high = mid;
	}
	return &disk->parts[low];
}

/* A range that may go on behind its end, which is at most @end. */
static void look_once(const struct disk *disk, u64 sector, u64 end,
		      struct disk_range *range)
{
	const struct disk_part *part = find_part(disk, sector);
	const u64 grain = (sector - part->start) >> SESPARSE_GRAIN_SHIFT;
	const u64 part_end = min_t(u64, part->sectors, end - part->start);
	struct sesparse_run run;
	unsigned int layer;
	size_t i = 0;

	*range = (struct disk_range){ .start = sector };
	layer = look_up(part->segments, grain,
			DIV_ROUND_UP_ULL(part_end, SESPARSE_GRAIN_SECTORS) -
			grain, &run);
	while (run.source == SESPARSE_READ_PARENT && ++i < disk->nr_segments)
		layer = look_up(&part->segments[i], grain, run.nr, &run);
	if (run.source != SESPARSE_READ_PARENT)
		look_in_layers(disk, part, i, &run, layer, range);
	range->sectors = part->start +
			 min_t(u64, part_end,
			       (grain + run.nr) << SESPARSE_GRAIN_SHIFT) -
			 sector;
	if (run.source == SESPARSE_READ_PARENT)
		look_below(disk, range);
}

static bool goes_on(const struct disk_range *range,
		    const struct disk_range *next)
{
	return next->kind == range->kind && next->depth == range->depth &&
	       (next->kind != DISK_DATA ||
		(next->source == range->source &&
		 next->at == range->at + range->sectors));
}

/**
 * disk_look_until() - what a place of the disk reads as, and no further than asked
 * @disk: the disk
 * @sector: the place, below @end
 * @end: sector to look no further than, at most the capacity
 * @range: set to the longest range from there on, up to @end, that is one thing in
 *         one place
 *
 * Takes no lock; any number may look at once.
 */
void disk_look_until(const struct disk *disk, u64 sector, u64 end,
		     struct disk_range *range)
{
	struct disk_range next;

	look_once(disk, sector, end, range);
	while (range->start + range->sectors < end) {
		look_once(disk, range->start + range->sectors, end, &next);
		if (!goes_on(range, &next))
			break;
		range->sectors += next.sectors;
	}
}

/**
 * disk_look() - what a place of the disk reads as
 * @disk: the disk
 * @sector: the place, below the capacity
 * @range: set to the longest range from there on that is one thing in one place
 */
void disk_look(const struct disk *disk, u64 sector, struct disk_range *range)
{
	disk_look_until(disk, sector, disk->capacity, range);
}

static void free_part(const struct disk *disk, struct disk_part *part)
{
	struct disk_segment *s = part->segments;

	for (; s && s < part->segments + disk->nr_segments; s++) {
		sesparse_map_exit(&s->map);
		sesparse_map_exit(&s->deciders);
	}
	free(part->segments);
}

/**
 * disk_free() - free what disk_read() or disk_read_links() made
 * @disk: it
 */
void disk_free(struct disk *disk)
{
	size_t i;

	for (i = 0; i < disk->nr_parts; i++)
		free_part(disk, &disk->parts[i]);
	free(disk->parts);
	memset(disk, 0, sizeof(*disk));
}

/**
 * disk_map_bytes() - the memory that the kernel's maps of a disk take
 * @disk: the disk
 *
 * Return: bytes.
 */
u64 disk_map_bytes(const struct disk *disk)
{
	u64 bytes = 0;
	size_t i, j;

	if (!disk->nr_layers)
		return 0;
	for (i = 0; i < disk->nr_parts; i++)
		for (j = 0; j < disk->nr_segments; j++)
			bytes += disk->parts[i].segments[j].map.held;
	return bytes;
}
