// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the headers of a seSparse extent.
 *
 * All that reading needs is required.  A number that no read depends on (the
 * second to fourth reserved word are 0 wherever one has been seen) is refused
 * where a newer writer may have given it a meaning, since then data could be read
 * wrongly.
 *
 * Nothing in a region says which it is: tables that are looked for elsewhere
 * than they are still decode, and grains are any bytes.  What does tell is that
 * the regions follow one another, in one order and without a gap: no offset and
 * no size can be another without one of them being off.  How far each region is
 * rounded up is not required, as that has been seen of small disks only.
 */
#include "format.h"

/* Sectors; whether the grains are rounded up to it, too, is not known. */
#define REGION_ALIGNMENT 2048

/* A header field by its name: what it must be. */
struct rule {
	const char *name;
	u64 found;
	u64 wanted;
};

/**
 * struct region - a region of the extent, in sectors
 * @name: as the header's fields call it
 * @start: where it begins
 * @size: its length
 * @need: sectors that it must have at least
 * @most: sectors that it may have at the most
 * @adjoins: it begins where the one before it ends, not behind that
 */
struct region {
	const char *name;
	u64 start;
	u64 size;
	u64 need;
	u64 most;
	bool adjoins;
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
	if (r->size > r->most) {
		snprintf(why, why_size,
			 "%sSize is %llu sectors, expected at most %llu",
			 r->name, r->size, r->most);
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

/* Start and size of both have been added without overflow by now. */
static int check_place(const struct region *r, const struct region *before,
		       char *why, size_t why_size)
{
	const u64 free = before->start + before->size;

	if (r->adjoins ? r->start == free : r->start >= free)
		return 0;
	snprintf(why, why_size,
		 "%sOffset is %llu, expected %s%llu, where %s (sectors %llu+%llu) ends",
		 r->name, r->start, r->adjoins ? "" : "at least ", free,
		 before->name, before->start, before->size);
	return -EINVAL;
}

static struct region region(const char *name, const struct sesparse_extent *e,
			    u64 need, bool adjoins)
{
	return (struct region){
		.name = name,
		.start = le64_to_cpu(e->offset),
		.size = le64_to_cpu(e->size),
		.need = need,
		.most = ~0ULL,
		.adjoins = adjoins,
	};
}

static u64 words_in_sectors(u64 words)
{
	return DIV_ROUND_UP_ULL(words * sizeof(u64), SESPARSE_SECTOR_SIZE);
}

/*
 * There are as many grains as the capacity asks for, and so that much of all that
 * counts them.
 */
static int check_regions(const struct sesparse_const_header *h,
			 const struct sesparse_geometry *geo, char *why,
			 size_t why_size)
{
	const u64 directory = words_in_sectors(geo->nr_tables);
	const u64 tables = geo->nr_tables * SESPARSE_TABLE_SECTORS;
	const u64 bitmap = DIV_ROUND_UP_ULL(geo->nr_grains,
					    SESPARSE_SECTOR_SIZE * 8);
	const u64 backmap = words_in_sectors(geo->nr_grains);
	struct region regions[] = {
		{ "constHeader", 0, 1, 1, 1, false },
		region("volatileHeader", &h->volatile_header, 1, false),
		region("journalHeader", &h->journal_header, 0, false),
		region("journal", &h->journal, 0, false),
		region("grainDirectory", &h->grain_directory, directory, true),
		region("grainTables", &h->grain_tables, tables, true),
		region("freeBitmap", &h->free_bitmap, bitmap, true),
		region("backmap", &h->backmap, backmap, true),
		region("grains", &h->grains, geo->capacity, true),
	};
	const size_t last = ARRAY_SIZE(regions) - 1;
	size_t i;
	int r = 0;

	regions[last].most = DIV_ROUND_UP_ULL(geo->capacity, REGION_ALIGNMENT) *
			     REGION_ALIGNMENT;
	for (i = 0; i <= last && !r; i++)
		r = check_region(&regions[i], i < last, geo->end, why, why_size);
	for (i = 1; i <= last && !r; i++)
		r = check_place(&regions[i], &regions[i - 1], why, why_size);
	return r;
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
