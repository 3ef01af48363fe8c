// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory and the tables of an extent.
 */
#include "check/passes.h"
#include "util/message.h"

static u64 free_table(const struct check *c)
{
	const struct sesparse_volatile_header *v =
		(const void *)((const char *)c->header + SESPARSE_SECTOR_SIZE);

	return le64_to_cpu(v->free_gt_number);
}

static void take_entry(struct check *c, u64 table, u64 entry)
{
	char why[SESPARSE_OWNERS_TEXT];
	struct sesparse_claim claim;
	const bool good = sesparse_owners_take(&c->owners, table, entry,
					       &claim);

	if (claim.kind == SESPARSE_CLAIM_NONE)
		return;
	if (claim.kind != SESPARSE_CLAIM_CORRUPT &&
	    claim.index >= free_table(c))
		find(c->findings, FIND_TABLE_FREE, table,
		     "names grain table %u, expected one below freeGTNumber, %llu",
		     claim.index, free_table(c));
	if (good)
		return;
	sesparse_owners_explain(&c->owners, &claim, why, sizeof(why));
	find(c->findings, claim.kind == SESPARSE_CLAIM_AGAIN ?
	     FIND_TABLE_TWICE : FIND_DIRECTORY, table, "%s", why);
}

static int take_entries(void *private, u64 first, u64 nr,
			const __le64 *entries, int error)
{
	struct check *c = private;
	u64 i;

	if (error)
		return findings_unread(c->findings, "grain directory entries from", first,
				    error);
	for (i = 0; i < nr; i++)
		take_entry(c, first + i, le64_to_cpu(entries[i]));
	return c->findings->failed;
}

/* Of one that several name, the first is taken to be the right one. */
static bool wants_table(void *private, u64 index)
{
	const struct check *c = private;

	return sesparse_owners_of(&c->owners, index) != SESPARSE_NO_OWNER;
}

/* What a grain once was may have been anywhere, and be another's by now. */
static int note_stale(struct check *c, u64 grain)
{
	return grain < c->tables.geo.max_grains &&
	       sesparse_bits_add(&c->stale, grain, 1) < 0 ? fail_memory() : 0;
}

static int take_grain(struct check *c, u64 virt, u64 grain, u64 *cell)
{
	int r;

	if (!sesparse_grain_fits(&c->tables.geo, virt, grain)) {
		find(c->findings, FIND_BEYOND, virt,
		     "is grain %llu of the extent, which ends behind the file",
		     grain);
		return 0;
	}
	*cell = sesparse_cell(0, grain);
	r = sesparse_bits_add(&c->mapped, grain, 1);
	if (r <= 0)
		return r ? fail_memory() : 0;
	find(c->findings, FIND_GRAIN_TWICE, virt,
	     "is grain %llu of the extent, which another entry maps too, expected a grain of its own",
	     grain);
	return sesparse_bits_add(&c->twice, grain, 1) < 0 ? fail_memory() : 0;
}

static void bad_grain(struct check *c, u64 virt, u64 entry)
{
	if (sesparse_gte_is_allocated(entry))
		find(c->findings, FIND_BEYOND, virt,
		     "has the entry 0x%016llx, expected a grain of the extent below %llu",
		     entry, c->tables.geo.max_grains);
	else
		find(c->findings, FIND_ENTRY, virt,
		     "has the entry 0x%016llx, expected 0 or one of type 1 to 3",
		     entry);
}

/* Zeros that nobody wrote, in a table that was written over. */
static void noise(struct check *c, u64 virt, u64 entry)
{
	find(c->findings, FIND_ENTRY, virt,
	     "has the entry 0x%016llx in a table with others that cannot be, expected one of type 1 with a grain of the extent below %llu, or 0x2000000000000000",
	     entry, c->tables.geo.region_grains);
}

/* Is there an entry in the table that is none, whatever stands beside it? */
static bool is_spoilt(const struct check *c, u64 first, const __le64 *entries,
		      unsigned int nr)
{
	const struct sesparse_geometry *geo = &c->tables.geo;
	enum sesparse_state state;
	u64 grain = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		state = sesparse_decode_gte(geo, le64_to_cpu(entries[i]),
					    &grain);
		if (state == SESPARSE_CORRUPT ||
		    (state == SESPARSE_ALLOCATED &&
		     !sesparse_grain_fits(geo, first + i, grain)))
			return true;
	}
	return false;
}

static int take_cell(struct check *c, u64 virt, u64 entry, bool spoilt,
		     u64 *cell)
{
	u64 grain = 0;

	*cell = SESPARSE_CELL_HOLE;
	if (spoilt && sesparse_gte_is_noise(&c->tables.geo, entry)) {
		noise(c, virt, entry);
		return 0;
	}
	switch (sesparse_decode_gte(&c->tables.geo, entry, &grain)) {
	case SESPARSE_ALLOCATED:
		return take_grain(c, virt, grain, cell);
	case SESPARSE_UNMAPPED:
		return note_stale(c, sesparse_gte_grain(entry));
	case SESPARSE_CORRUPT:
		bad_grain(c, virt, entry);
		return 0;
	default:
		return 0;
	}
}

static int take_table(void *private, u64 index, const __le64 *entries,
		      int error)
{
	struct check *c = private;
	const u64 table = sesparse_owners_of(&c->owners, index);
	const u64 first = table << SESPARSE_TABLE_SHIFT;
	const unsigned int nr = sesparse_map_cells(&c->map, table);
	unsigned int i;
	bool spoilt;
	int r = 0;

	if (error)
		return findings_unread(c->findings, "grain table", index, error);
	spoilt = is_spoilt(c, first, entries, nr);
	for (i = 0; i < nr && !r; i++)
		r = take_cell(c, first + i, le64_to_cpu(entries[i]), spoilt,
			      &c->cells[i]);
	if (!r && sesparse_map_store(&c->map, table, c->cells))
		r = fail_memory();
	return r ? r : c->findings->failed;
}

/**
 * check_tables() - check an extent's directory and tables
 * @c: the extent, with its geometry; gets what the tables map
 *
 * Return: 0, or an exit code after a message.
 */
int check_tables(struct check *c)
{
	const struct tables_user user = {
		.entries = take_entries,
		.wants = wants_table,
		.table = take_table,
		.private = c,
	};
	const u64 errors = c->findings->errors;
	int r;

	r = tables_read_directory(&c->tables, &user);
	if (!r)
		r = tables_read(&c->tables, &user);
	c->incomplete = c->findings->errors != errors;
	return r;
}
