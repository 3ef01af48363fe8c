// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options that say of which extents a disk is made.
 */
#include "extents.h"
#include "parse.h"
#include "report.h"

static const char *item_end(const char *item)
{
	return item + strcspn(item, ",");
}

static int parse_kind(const char *text, size_t len, enum base_kind *kind)
{
	static const char *const names[] = {
		[BASE_NONE] = "none",
		[BASE_FLAT] = "flat",
		[BASE_VMFS] = "vmfs",
		[BASE_ZERO] = "zero",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && !strncmp(text, names[i], len)) {
			*kind = i;
			return 0;
		}
	}
	return report("--base: there is no kind '%.*s'", (int)len, text);
}

/**
 * extents_parse_base() - read the kinds of the base's extents
 * @o: gets them
 * @text: the kinds, the last one good for all extents that follow
 *
 * Return: 0, or -1 after a report.
 */
int extents_parse_base(struct options *o, const char *text)
{
	bool none = !strcmp(text, "none");
	enum base_kind kind = BASE_FLAT;
	const char *end;
	unsigned int i;

	for (i = 0; i < GEN_MAX_EXTENTS; i++) {
		if (text) {
			end = item_end(text);
			if (parse_kind(text, (size_t)(end - text), &kind))
				return -1;
			text = *end ? end + 1 : NULL;
		}
		if (kind == BASE_NONE && !none)
			return report("--base: none cannot be mixed");
		o->base[i] = kind;
	}
	return text ? report("--base: too many kinds") : 0;
}

static int parse_sizes(struct options *o, const char *text, u64 *sum)
{
	const char *end;

	*sum = 0;
	o->nr_extents = 0;
	for (; text; text = *end ? end + 1 : NULL) {
		u64 *size = &o->extents[o->nr_extents++];

		if (o->nr_extents > GEN_MAX_EXTENTS)
			return report("--extents: more than %d",
				      GEN_MAX_EXTENTS);
		end = item_end(text);
		if (parse_sectors(text, end, size))
			return -1;
		if (!*size)
			return report("--extents: one is empty");
		if (check_add_overflow(*sum, *size, sum))
			return report("--extents: too large");
	}
	return 0;
}

/* Whole grains each, but the last gets what is left over. */
static int split_evenly(struct options *o)
{
	u64 each = o->capacity / o->nr_extents / SESPARSE_GRAIN_SECTORS *
		   SESPARSE_GRAIN_SECTORS;
	unsigned int i;

	if (o->nr_extents == 1)
		each = o->capacity;
	else if (!each)
		return report("--extents: the disk is too small for %u",
			      o->nr_extents);
	for (i = 0; i < o->nr_extents; i++)
		o->extents[i] = each;
	o->extents[o->nr_extents - 1] += o->capacity - each * o->nr_extents;
	return 0;
}

static int finish_sizes(struct options *o, const char *extents,
			bool capacity_given)
{
	u64 sum;

	if (!extents)
		return split_evenly(o);
	if (strspn(extents, "0123456789") == strlen(extents)) {
		if (parse_uint(extents, NULL, 1, GEN_MAX_EXTENTS,
			       &o->nr_extents))
			return -1;
		return split_evenly(o);
	}
	if (parse_sizes(o, extents, &sum))
		return -1;
	if (capacity_given && sum != o->capacity)
		return report("--extents: they are %llu sectors, --capacity is %llu",
			sum, o->capacity);
	o->capacity = sum;
	return 0;
}

static int finish_base(struct options *o)
{
	bool flat = false;
	unsigned int i;

	for (i = 0; i < o->nr_extents; i++)
		flat |= o->base[i] == BASE_FLAT;
	if (o->base[0] == BASE_NONE && (o->base_size || o->base_offset))
		return report("--base-size and --base-offset need a base");
	if (o->base_offset && !flat)
		return report("--base-offset is for a base of kind flat");
	if (o->base_size > o->capacity)
		return report("--base-size: the base is larger than the disk");
	if (!o->base_size)
		o->base_size = o->capacity;
	return 0;
}

/**
 * extents_finish() - settle the extents when all options are known
 * @o: the options
 * @extents: what --extents says, or NULL
 * @capacity_given: there was a --capacity
 *
 * Return: 0, or -1 after a report.
 */
int extents_finish(struct options *o, const char *extents, bool capacity_given)
{
	if (finish_sizes(o, extents, capacity_given))
		return -1;
	if (!o->capacity || o->capacity > SESPARSE_MAX_CAPACITY)
		return report("the capacity must be 1 to %llu sectors",
			      SESPARSE_MAX_CAPACITY);
	return finish_base(o);
}

/**
 * options_extent_start() - find where an extent begins on the disk
 * @o: the options
 * @extent: its number, from 1
 *
 * Return: the sector.
 */
u64 options_extent_start(const struct options *o, unsigned int extent)
{
	u64 start = 0;
	unsigned int i;

	for (i = 0; i < extent - 1; i++)
		start += o->extents[i];
	return start;
}

/**
 * options_base_sectors() - find how much of an extent the base covers
 * @o: the options
 * @extent: its number, from 1
 *
 * Return: sectors, perhaps 0.
 */
u64 options_base_sectors(const struct options *o, unsigned int extent)
{
	u64 start = options_extent_start(o, extent);

	if (start >= o->base_size)
		return 0;
	return min_t(u64, o->extents[extent - 1], o->base_size - start);
}
