// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the headers of a seSparse extent.
 *
 * Only what reading needs is required, and all of that: a number that no read
 * depends on (the second to fourth reserved word are 0 wherever one has been
 * seen) is refused where a newer writer may have given it a meaning, since then
 * data could be read wrongly; the sizes of regions are not required to be what
 * ESXi computes, as long as no region touches another or leaves the device.
 */
#include "format.h"

/* A header field by its name: what it must be. */
struct rule {
	const char *name;
	u64 found;
	u64 wanted;
};

/* A region of the extent, in sectors. */
struct region {
	const char *name;
	u64 start;
	u64 size; /* the last grain is whole, wherever the region ends */
	u64 need; /* sectors that the region must have at least */
};

static int check_rules(const struct rule *rule, size_t nr, char *why,
		       size_t why_size)
{
	for (; nr--; rule++) {
		if (rule->found == rule->wanted)
			continue;
		snprintf(why, why_size, "%s is 0x%llx, expected 0x%llx",
			 rule->name, rule->found, rule->wanted);
		return -EINVAL;
	}
	return 0;
}

/* Everything but the grains, which need not all have been written, is there. */
static int check_region(const struct region *r, bool must_end, u64 end,
			char *why, size_t why_size)
{
	u64 stop;

	if (r->size < r->need) {
		snprintf(why, why_size,
			 "%sSize is %llu sectors, expected at least %llu",
			 r->name, r->size, r->need);
		return -EINVAL;
	}
	if (check_add_overflow(r->start, r->size, &stop)) {
		snprintf(why, why_size,
			 "%sOffset %llu and %sSize %llu overflow 64 bits",
			 r->name, r->start, r->name, r->size);
		return -EINVAL;
	}
	if (must_end ? stop > end : r->start > end) {
		snprintf(why, why_size,
			 "%s %s at sector %llu, but there are only %llu sectors (truncated?)",
			 r->name, must_end ? "ends" : "begins",
			 must_end ? stop : r->start, end);
		return -EINVAL;
	}
	return 0;
}

/* Start and size have been added without overflow by now. */
static int check_disjoint(const struct region *r, size_t nr, char *why,
			  size_t why_size)
{
	size_t i, j;

	for (i = 0; i < nr; i++) {
		for (j = i + 1; j < nr; j++) {
			if (!r[i].size || !r[j].size ||
			    r[i].start + r[i].size <= r[j].start ||
			    r[j].start + r[j].size <= r[i].start)
				continue;
			snprintf(why, why_size,
				 "%s (sectors %llu+%llu) overlaps %s (sectors %llu+%llu), expected them apart",
				 r[i].name, r[i].start, r[i].size, r[j].name,
				 r[j].start, r[j].size);
			return -EINVAL;
		}
	}
	return 0;
}

static struct region region(const char *name, const struct sesparse_extent *e,
			    u64 need)
{
	return (struct region){
		.name = name,
		.start = le64_to_cpu(e->offset),
		.size = le64_to_cpu(e->size),
		.need = need,
	};
}

static int check_regions(const struct sesparse_const_header *h,
			 const struct sesparse_geometry *geo, char *why,
			 size_t why_size)
{
	const u64 directory = DIV_ROUND_UP_ULL(geo->nr_tables * sizeof(u64),
					       SESPARSE_SECTOR_SIZE);
	const u64 size = le64_to_cpu(h->grains.size);
	const u64 pad = -size & (SESPARSE_GRAIN_SECTORS - 1);
	const u64 grains = size + pad < size ? size : size + pad;
	const struct region regions[] = {
		{ "constHeader", 0, 1, 1 },
		region("volatileHeader", &h->volatile_header, 1),
		region("journalHeader", &h->journal_header, 0),
		region("journal", &h->journal, 0),
		region("grainDirectory", &h->grain_directory, directory),
		region("grainTables", &h->grain_tables, 0),
		region("freeBitmap", &h->free_bitmap, 0),
		region("backmap", &h->backmap, 0),
		{ "grains", le64_to_cpu(h->grains.offset), grains, 0 },
	};
	const size_t nr = ARRAY_SIZE(regions);
	size_t i;
	int r;

	for (i = 0; i < nr; i++) {
		r = check_region(&regions[i], i < nr - 1, geo->end, why,
				 why_size);
		if (r)
			return r;
	}
	return check_disjoint(regions, nr, why, why_size);
}

static int check_fields(const struct sesparse_const_header *h, char *why,
			size_t why_size)
{
	u64 reserved1 = le64_to_cpu(h->reserved1);
	u64 capacity = le64_to_cpu(h->capacity);
	const struct rule rules[] = {
		{ "constMagic", le64_to_cpu(h->magic), SESPARSE_CONST_MAGIC },
		{ "version", le64_to_cpu(h->version), SESPARSE_VERSION },
		{ "grainSize", le64_to_cpu(h->grain_size),
		  SESPARSE_GRAIN_SECTORS },
		{ "grainTableSize", le64_to_cpu(h->grain_table_size),
		  SESPARSE_TABLE_SECTORS },
		{ "flags", le64_to_cpu(h->flags), 0 },
		{ "reserved1",
		  reserved1 == SESPARSE_RESERVED1_SEEN ? 0 : reserved1, 0 },
		{ "reserved2", le64_to_cpu(h->reserved2), 0 },
		{ "reserved3", le64_to_cpu(h->reserved3), 0 },
		{ "reserved4", le64_to_cpu(h->reserved4), 0 },
		{ "volatileHeaderOffset",
		  le64_to_cpu(h->volatile_header.offset), 1 },
	};
	int r = check_rules(rules, ARRAY_SIZE(rules), why, why_size);

	if (r)
		return r;
	if (!capacity || capacity > SESPARSE_MAX_CAPACITY) {
		snprintf(why, why_size,
			 "capacity is %llu sectors, expected 1 to %llu",
			 capacity, SESPARSE_MAX_CAPACITY);
		return -EINVAL;
	}
	return 0;
}

static void fill_geometry(const struct sesparse_const_header *h, u64 end,
			  struct sesparse_geometry *geo)
{
	geo->capacity = le64_to_cpu(h->capacity);
	geo->nr_grains =
		DIV_ROUND_UP_ULL(geo->capacity, SESPARSE_GRAIN_SECTORS);
	geo->nr_tables =
		DIV_ROUND_UP_ULL(geo->nr_grains, SESPARSE_TABLE_ENTRIES);
	geo->directory = le64_to_cpu(h->grain_directory.offset);
	geo->tables = le64_to_cpu(h->grain_tables.offset);
	geo->max_tables =
		min_t(u64, SESPARSE_MAX_TABLES,
		      le64_to_cpu(h->grain_tables.size) / SESPARSE_TABLE_SECTORS);
	geo->grains = le64_to_cpu(h->grains.offset);
	geo->end = end;
}

/**
 * sesparse_decode_header() - decode and check the headers of an extent
 * @block: the extent's first SESPARSE_HEADER_BYTES bytes
 * @device_sectors: sectors from the extent's start to the end of its device
 * @geo: filled in on success
 * @why: where to write what is wrong: the field, what was found, what expected
 * @why_size: bytes at @why; 160 hold every message
 *
 * A dirty image is not refused here: @geo->dirty tells.
 *
 * Return: 0, or -EINVAL with @why set.
 */
int sesparse_decode_header(const void *block, u64 device_sectors,
			   struct sesparse_geometry *geo, char *why,
			   size_t why_size)
{
	const struct sesparse_const_header *h = block;
	const struct sesparse_volatile_header *v =
		block + SESPARSE_SECTOR_SIZE;
	const struct rule volatile_magic = { "volatileMagic",
					     le64_to_cpu(v->magic),
					     SESPARSE_VOLATILE_MAGIC };
	u64 region;
	int r;

	r = check_fields(h, why, why_size);
	if (r)
		return r;
	fill_geometry(h, device_sectors, geo);
	r = check_regions(h, geo, why, why_size);
	if (r)
		return r;
	r = check_rules(&volatile_magic, 1, why, why_size);
	if (r)
		return r;

	region = min_t(u64, le64_to_cpu(h->grains.size), SESPARSE_MAX_CAPACITY);
	geo->region_grains = DIV_ROUND_UP_ULL(region, SESPARSE_GRAIN_SECTORS);
	region = min_t(u64, region, device_sectors - geo->grains);
	geo->max_grains =
		min_t(u64, SESPARSE_MAX_GRAINS,
		      DIV_ROUND_UP_ULL(region, SESPARSE_GRAIN_SECTORS));
	geo->dirty = v->replay_journal != 0;
	return 0;
}
