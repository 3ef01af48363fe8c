// SPDX-License-Identifier: GPL-2.0-only
/*
 * The headers of an extent against what ESXi makes of a disk of its capacity.
 */
#include "check/passes.h"
#include "sesparse/fields.h"
#include "source/source.h"

/* Regions begin and end at multiples of this many sectors. */
#define ALIGNMENT 2048

/* A field, as it is and as it should be. */
struct field {
	const char *name;
	u64 found;
	u64 wanted;
};

static void check_field(struct check *c, enum finding kind,
			const struct field *field)
{
	if (field->found != field->wanted)
		find(c->findings, kind, 0, "%s is 0x%llx, expected 0x%llx",
		     field->name, field->found, field->wanted);
}

static void check_fields(struct check *c, enum finding kind,
			 const struct field *field, size_t nr)
{
	for (; nr--; field++)
		check_field(c, kind, field);
}

static u64 round_up_region(u64 sectors)
{
	return DIV_ROUND_UP_ULL(sectors, ALIGNMENT) * ALIGNMENT;
}

/*
 * Each region is as large as ESXi makes it; that they follow one another has been
 * seen to.
 */
static void check_regions(struct check *c)
{
	const struct sesparse_const_header *h = (const void *)c->header;
	const struct sesparse_geometry *geo = &c->tables.geo;
	const u64 directory = DIV_ROUND_UP_ULL(geo->nr_tables * sizeof(u64),
					       SESPARSE_SECTOR_SIZE);
	const u64 tables = geo->nr_tables * SESPARSE_TABLE_SECTORS;
	const u64 bitmap = DIV_ROUND_UP_ULL(geo->nr_grains,
					    8 * SESPARSE_SECTOR_SIZE);
	const struct field fields[] = {
#define OFFSET(n, m, previous) \
	{ n "Offset", le64_to_cpu(h->m.offset), previous }
#define SIZE(n, m, sectors) { n "Size", le64_to_cpu(h->m.size), sectors }
		SIZE("volatileHeader", volatile_header, 1),
		OFFSET("journalHeader", journal_header, 2),
		SIZE("journalHeader", journal_header, 2),
		OFFSET("journal", journal, ALIGNMENT),
		SIZE("grainDirectory", grain_directory,
		     round_up_region(directory)),
		SIZE("grainTables", grain_tables, round_up_region(tables)),
		SIZE("freeBitmap", free_bitmap, round_up_region(bitmap)),
		SIZE("backmap", backmap, round_up_region(tables)),
		SIZE("grains", grains, geo->capacity),
	};

	check_fields(c, FIND_HEADER, fields, ARRAY_SIZE(fields));
}

static void check_volatile(struct check *c,
			   const struct sesparse_volatile_header *v)
{
	const u64 free = le64_to_cpu(v->free_gt_number);
	const u64 replay = le64_to_cpu(v->replay_journal);
	char text[sizeof(c->replay.why) + 32];

	if (free > c->tables.geo.max_tables)
		find(c->findings, FIND_HEADER, 0,
		     "freeGTNumber is %llu, expected at most %llu", free,
		     c->tables.geo.max_tables);
	if (!replay)
		return;
	if (c->replay.error)
		snprintf(text, sizeof(text),
			 "cannot be tried: cannot read %s %llu",
			 c->replay.unread, c->replay.at);
	else if (c->replay.is_refused)
		snprintf(text, sizeof(text), "cannot be done: %s",
			 c->replay.why.text);
	else
		replay_describe(&c->replay, text);
	find(c->findings, FIND_DIRTY, 0,
	     "replayJournal is %llu, expected 0: it was not closed cleanly, its last changes may be in the journal only; a replay of that (--replay, experimental): %s",
	     replay, text);
}

static void check_journal(struct check *c,
			  const struct sesparse_volatile_header *v)
{
	const __le64 *journal =
		(const void *)((const char *)c->header +
			       2 * SESPARSE_SECTOR_SIZE);
	const struct field fields[] = {
		{ "journalMagic", le64_to_cpu(journal[0]),
		  SESPARSE_JOURNAL_MAGIC },
		{ "journalSeqNumber", le64_to_cpu(journal[1]),
		  le64_to_cpu(v->next_txn_seq_number) },
		{ "journalWord2", le64_to_cpu(journal[2]), 1 },
	};

	check_fields(c, FIND_JOURNAL, fields, ARRAY_SIZE(fields));
}

/*
 * What is one and the same in every extent.  Once told, such a field is put
 * right in our copy, so that what follows it is checked as well.
 */
static void check_constants(struct check *c)
{
	const struct field constants[] = {
		{ "constMagic", 0, SESPARSE_CONST_MAGIC },
		{ "version", 0, SESPARSE_VERSION },
		{ "grainSize", 0, SESPARSE_GRAIN_SECTORS },
		{ "grainTableSize", 0, SESPARSE_TABLE_SECTORS },
		{ "flags", 0, 0 },
		{ "reserved1", 0, 0 },
		{ "reserved2", 0, 0 },
		{ "reserved3", 0, 0 },
		{ "reserved4", 0, 0 },
		{ "volatileHeaderOffset", 0, 1 },
		{ "volatileMagic", 0, SESPARSE_VOLATILE_MAGIC },
	};
	struct field field;
	__le64 *word;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(constants); i++) {
		field = constants[i];
		word = &c->header[sesparse_find_field(field.name)->offset /
				  sizeof(u64)];
		field.found = le64_to_cpu(*word);
		if (!strcmp(field.name, "reserved1") &&
		    field.found == SESPARSE_RESERVED1_SEEN)
			continue;
		check_field(c, FIND_HEADER, &field);
		*word = cpu_to_le64(field.wanted);
	}
}

/**
 * check_header() - check the headers of an extent
 * @c: the extent, its headers read; gets its geometry
 *
 * Return: true if they let the rest be checked.
 */
bool check_header(struct check *c)
{
	const struct sesparse_volatile_header *v =
		(const void *)((const char *)c->header + SESPARSE_SECTOR_SIZE);
	const u64 sectors = c->tables.source->sectors - c->tables.start;
	char why[160];

	check_constants(c);
	if (sesparse_decode_header(c->header, sectors, &c->tables.geo, why,
				   sizeof(why))) {
		find(c->findings, FIND_HEADER, 0, "%s", why);
		return false;
	}
	check_regions(c);
	check_volatile(c, v);
	check_journal(c, v);
	return true;
}
