// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entries of the tables, each against the back map.
 */
#include "sesparse/recovering.h"

/* What becomes of an entry. */
enum verdict {
	SURE, /* data, of which two places tell */
	UNSURE, /* data, of which one place tells */
	IN_DOUBT, /* unmapped, though bitmap and back map have the grain for it still */
	AS_FOUND, /* no data, of which one place tells */
	LOST,
	NR_VERDICTS,
};

/**
 * struct table - a table being made
 * @r: the recovery
 * @span: what it is for
 * @index: where it is
 * @old: as found
 * @was: as found, or none at all where it is made anew
 * @new: as it is to be
 * @verdicts: on each entry
 * @spoilt: some of @was are no entries, so that others may be noise
 * @repaired: entries that are not as found, by what they are
 */
struct table {
	struct recovering *r;
	u64 span;
	u64 index;
	__le64 old[SESPARSE_TABLE_ENTRIES];
	__le64 was[SESPARSE_TABLE_ENTRIES];
	__le64 new[SESPARSE_TABLE_ENTRIES];
	u8 verdicts[SESPARSE_TABLE_ENTRIES];
	bool spoilt;
	unsigned int repaired[NR_VERDICTS];
};

static enum sesparse_state decode(const struct table *t, u64 virt, u64 entry,
				  u64 *grain)
{
	const struct sesparse_geometry *geo = &t->r->geo;
	enum sesparse_state state = sesparse_decode_gte(geo, entry, grain);

	if (state == SESPARSE_ALLOCATED &&
	    !sesparse_grain_fits(geo, virt, *grain))
		return SESPARSE_CORRUPT;
	if (t->spoilt && sesparse_gte_is_noise(geo, entry))
		return SESPARSE_CORRUPT;
	return state;
}

static bool is_spoilt(const struct table *t, const __le64 *entries)
{
	const u64 first = t->span << SESPARSE_TABLE_SHIFT;
	u64 grain, i;

	for (i = 0; i < recover_cells(t->r, t->span); i++)
		if (decode(t, first + i, le64_to_cpu(entries[i]), &grain) ==
		    SESPARSE_CORRUPT)
			return true;
	return false;
}

/* What the back map has for a grain of the disk, if it is one grain. */
static enum verdict by_claim(const struct table *t, u64 virt,
			     const struct recover_claim *claim, size_t nr,
			     bool firm, u64 *entry)
{
	*entry = RECOVER_LOST_ENTRY;
	if (nr != 1 || !sesparse_grain_fits(&t->r->geo, virt, claim->grain))
		return LOST;
	*entry = sesparse_encode_gte(claim->grain);
	return firm && claim->used &&
	       !sesparse_bits_has(&t->r->weak, claim->grain) ? SURE : UNSURE;
}

/* An entry for data.  Two places that contradict each other are not chosen from. */
static enum verdict judge_data(const struct table *t, u64 virt, u64 grain,
			       const struct recover_claim *claim, size_t nr,
			       u64 *entry)
{
	const struct recovering *r = t->r;

	if (recover_owner(r, grain) == virt)
		return nr ? UNSURE : SURE;
	if (sesparse_bits_has(&r->sure, grain))
		return by_claim(t, virt, claim, nr, true, entry);
	if (recover_owner(r, grain) == RECOVER_NOBODY && !nr &&
	    !sesparse_bits_has(&r->twice, grain))
		return UNSURE;
	return by_claim(t, virt, claim, nr, false, entry);
}

static enum verdict judge_entry(const struct table *t, u64 virt, u64 *entry)
{
	const struct recover_claim *claim;
	enum sesparse_state state;
	u64 grain = 0;
	size_t nr;

	claim = recover_claims_of(t->r, virt, virt + 1, &nr);
	state = decode(t, virt, *entry, &grain);
	switch (state) {
	case SESPARSE_ALLOCATED:
		return judge_data(t, virt, grain, claim, nr, entry);
	case SESPARSE_CORRUPT:
		return by_claim(t, virt, claim, nr,
				!t->r->made[t->span] || t->r->firm[t->span],
				entry);
	case SESPARSE_ABSENT:
		if (!nr || !claim->used)
			return AS_FOUND;
		return by_claim(t, virt, claim, nr, false, entry);
	case SESPARSE_UNMAPPED:
		/* Whether ESXi clears the others at once is not known. */
		if (nr == 1 && sesparse_gte_grain(*entry) == claim->grain)
			return claim->used ? IN_DOUBT : AS_FOUND;
		break;
	default:
		break;
	}
	if (!nr || !claim->used)
		return AS_FOUND;
	*entry = RECOVER_LOST_ENTRY;
	return LOST;
}

/* What is lost makes noise of what would be none in a table without fault. */
static void judge_noise(struct table *t)
{
	const u64 cells = recover_cells(t->r, t->span);
	u64 i;

	t->spoilt = false;
	if (!is_spoilt(t, t->new))
		return;
	for (i = 0; i < cells; i++)
		if (sesparse_gte_is_noise(&t->r->geo, le64_to_cpu(t->new[i])))
			t->verdicts[i] = LOST;
}

static void judge(struct table *t)
{
	const u64 first = t->span << SESPARSE_TABLE_SHIFT;
	const u64 cells = recover_cells(t->r, t->span);
	u64 i, entry;

	t->spoilt = is_spoilt(t, t->was);
	memcpy(t->new, t->was, sizeof(t->new));
	for (i = 0; i < cells; i++) {
		entry = le64_to_cpu(t->was[i]);
		t->verdicts[i] = (u8)judge_entry(t, first + i, &entry);
		t->new[i] = cpu_to_le64(entry);
	}
	judge_noise(t);
	for (i = 0; i < cells; i++)
		if (t->new[i] != t->was[i] || t->verdicts[i] == LOST ||
		    t->verdicts[i] == IN_DOUBT)
			t->repaired[t->verdicts[i]]++;
}

static int add_range(struct table *t, enum verdict verdict, u64 from, u64 to)
{
	const u64 first = t->span << SESPARSE_TABLE_SHIFT;
	const u64 end = t->r->in->capacity * SESPARSE_SECTOR_SIZE;
	struct recover *out = t->r->out;
	struct ranges *const sets[NR_VERDICTS] = {
		[UNSURE] = &out->unsure,
		[IN_DOUBT] = &out->unsure,
		[AS_FOUND] = &out->unconfirmed,
		[LOST] = &out->lost,
	};

	if (!sets[verdict])
		return 0;
	return ranges_add(sets[verdict], (first + from) * SESPARSE_GRAIN_BYTES,
			  min_t(u64, end, (first + to) * SESPARSE_GRAIN_BYTES)) ?
	       ENOMEM : 0;
}

static int add_ranges(struct table *t)
{
	const u64 cells = recover_cells(t->r, t->span);
	u64 i, from = 0;
	int error = 0;

	for (i = 1; i <= cells && !error; i++) {
		if (i < cells && t->verdicts[i] == t->verdicts[from])
			continue;
		error = add_range(t, t->verdicts[from], from, i);
		from = i;
	}
	return error;
}

static int tell(struct table *t)
{
	const unsigned int *nr = t->repaired;
	u64 i;

	if (nr[IN_DOUBT] && recover_tell(t->r, false, false,
			"grain table %llu (16 MiB number %llu of the disk): %u unmapped entries are left so, though free bitmap and back map have data for them",
			t->index, t->span, nr[IN_DOUBT]))
		return ENOMEM;
	if (nr[SURE] || nr[UNSURE] || nr[LOST])
		return recover_tell(t->r, !nr[UNSURE] && !nr[LOST],
			!nr[SURE] && !nr[UNSURE],
			"grain table %llu (16 MiB number %llu of the disk): %u entries by the back map are sure, %u are not; %u are lost",
			t->index, t->span, nr[SURE], nr[UNSURE], nr[LOST]);
	for (i = 0; i < recover_cells(t->r, t->span); i++)
		if (t->verdicts[i] == UNSURE)
			t->r->out->damaged = true;
	return 0;
}

static int put_sectors(struct table *t)
{
	const u64 sector = t->r->geo.tables + t->index * SESPARSE_TABLE_SECTORS;
	unsigned int i;
	int error = 0;

	for (i = 0; i < SESPARSE_TABLE_SECTORS && !error; i++) {
		const u8 *old = (const u8 *)t->old + i * SESPARSE_SECTOR_SIZE;
		const u8 *new = (const u8 *)t->new + i * SESPARSE_SECTOR_SIZE;

		if (memcmp(old, new, SESPARSE_SECTOR_SIZE))
			error = patch_add(&t->r->out->patch, sector + i, new);
	}
	return error;
}

static int write_table(struct table *t)
{
	struct recovering *r = t->r;
	bool hole;
	int error;

	t->span = r->span_of[t->index] - 1;
	t->spoilt = false;
	memset(t->repaired, 0, sizeof(t->repaired));
	error = recover_read(r, r->geo.tables +
			     t->index * SESPARSE_TABLE_SECTORS, t->old,
			     sizeof(t->old), &hole);
	if (error)
		return error;
	memcpy(t->was, t->old, sizeof(t->was));
	if (r->made[t->span])
		memset(t->was, 0xff, sizeof(t->was));
	judge(t);
	error = add_ranges(t);
	if (!error)
		error = tell(t);
	return error ? error : put_sectors(t);
}

/**
 * recover_write_tables() - put what changes of the tables into the patch
 * @r: the recovery, after recover_make_up()
 *
 * Return: 0, or an errno.
 */
int recover_write_tables(struct recovering *r)
{
	struct table *t = malloc(sizeof(*t));
	int error = 0;

	if (!t)
		return ENOMEM;
	t->r = r;
	for (t->index = 0; t->index < r->geo.max_tables && !error; t->index++)
		if (r->span_of[t->index])
			error = write_table(t);
	free(t);
	return error;
}
