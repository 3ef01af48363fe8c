// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which table is for which 16 MiB of the disk.  An entry for data and the back map's
 * entry for its grain name each other, the latter with the grain of the disk: that
 * is a vote of the table's for a place in the directory, which noise does not cast.
 */
#include "sesparse/recovering.h"

/* Looked at at once: most tables of a large disk are holes. */
#define LOOK_TABLES 32

static bool is_empty(const __le64 *entries)
{
	return !*entries && !memcmp(entries, entries + 1,
				    SESPARSE_TABLE_BYTES - sizeof(*entries));
}

/**
 * recover_read_directory() - read the grain directory
 * @r: the recovery, after recover_header()
 *
 * Return: 0, or an errno.
 */
int recover_read_directory(struct recovering *r)
{
	const u64 nr = r->geo.nr_tables;
	const size_t bytes = ALIGN(nr * sizeof(u64), SESPARSE_SECTOR_SIZE);
	bool hole;

	r->directory = malloc(bytes);
	r->new_directory = malloc(bytes);
	r->table_of = malloc(nr * sizeof(*r->table_of));
	r->made = calloc(nr, sizeof(*r->made));
	r->firm = calloc(nr, sizeof(*r->firm));
	r->span_of = calloc(r->geo.max_tables + 1, sizeof(*r->span_of));
	r->tables = calloc(r->geo.max_tables + 1, sizeof(*r->tables));
	if (!r->directory || !r->new_directory || !r->table_of || !r->made ||
	    !r->firm || !r->span_of || !r->tables)
		return ENOMEM;
	return recover_read(r, r->geo.directory, r->directory, bytes, &hole);
}

static int compare_spans(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The span that most votes name. */
static void count_votes(struct recover_table *t, u32 *votes, unsigned int nr)
{
	unsigned int i, run = 0;

	qsort(votes, nr, sizeof(*votes), compare_spans);
	for (i = 0; i < nr; i++) {
		run = i && votes[i] == votes[i - 1] ? run + 1 : 1;
		if (run > t->votes) {
			t->votes = (u16)run;
			t->span = votes[i];
		}
	}
	t->others = (u16)(nr - t->votes);
}

static void take_votes(struct recovering *r, struct recover_table *t,
		       const __le64 *entries)
{
	u32 votes[SESPARSE_TABLE_ENTRIES];
	unsigned int i, nr = 0;
	u64 grain, owner;

	for (i = 0; i < SESPARSE_TABLE_ENTRIES; i++) {
		if (sesparse_decode_gte(&r->geo, le64_to_cpu(entries[i]),
					&grain) != SESPARSE_ALLOCATED)
			continue;
		owner = recover_owner(r, grain);
		if (owner != RECOVER_NOBODY &&
		    owner % SESPARSE_TABLE_ENTRIES == i)
			votes[nr++] = (u32)(owner >> SESPARSE_TABLE_SHIFT);
	}
	count_votes(t, votes, nr);
}

static int look_at_tables(struct recovering *r, u64 first, u64 nr,
			  __le64 *entries)
{
	struct recover_table *t = r->tables + first;
	const __le64 *e = entries;
	bool hole;
	u64 i;
	int error;

	error = recover_look(r, r->geo.tables + first * SESPARSE_TABLE_SECTORS,
			     entries, nr * SESPARSE_TABLE_BYTES, &hole);
	for (i = 0; i < nr && !error; i++, t++, e += SESPARSE_TABLE_ENTRIES) {
		t->is_empty = hole || is_empty(e);
		if (!t->is_empty)
			take_votes(r, t, e);
	}
	return error;
}

/**
 * recover_look_at_tables() - find whose each table is by what it holds
 * @r: the recovery, its maps and its directory read
 *
 * Return: 0, or an errno.
 */
int recover_look_at_tables(struct recovering *r)
{
	__le64 *entries = malloc(LOOK_TABLES * SESPARSE_TABLE_BYTES);
	int error = entries ? 0 : ENOMEM;
	u64 i, nr;

	for (i = 0; i < r->geo.max_tables && !error; i += nr) {
		nr = min_t(u64, LOOK_TABLES, r->geo.max_tables - i);
		error = look_at_tables(r, i, nr, entries);
	}
	free(entries);
	return error;
}

/**
 * struct choosing - what the directory is made of
 * @r: the recovery
 * @voted: for each 16 MiB the table that most votes are for, or RECOVER_NO_TABLE
 * @named: for each table, how many entries of the directory name it
 */
struct choosing {
	struct recovering *r;
	u32 *voted;
	u16 *named;
};

static u32 named_table(const struct recovering *r, u64 span)
{
	u32 index = RECOVER_NO_TABLE;

	sesparse_decode_gde(&r->geo, le64_to_cpu(r->directory[span]), &index);
	return index;
}

/* Of two with as many votes the one that the directory names. */
static bool is_better(const struct choosing *c, u32 index, u32 other)
{
	const struct recover_table *a = &c->r->tables[index];
	const struct recover_table *b;

	if (other == RECOVER_NO_TABLE)
		return true;
	b = &c->r->tables[other];
	return a->votes > b->votes ||
	       (a->votes == b->votes && named_table(c->r, a->span) == index);
}

static void elect(struct choosing *c)
{
	struct recovering *r = c->r;
	u64 span, i;
	u32 index;

	for (span = 0; span < r->geo.nr_tables; span++) {
		c->voted[span] = RECOVER_NO_TABLE;
		index = named_table(r, span);
		if (index != RECOVER_NO_TABLE && c->named[index] < 2)
			c->named[index]++;
	}
	for (i = 0; i < r->geo.max_tables; i++) {
		if (!r->tables[i].votes)
			continue;
		span = r->tables[i].span;
		if (is_better(c, (u32)i, c->voted[span]))
			c->voted[span] = (u32)i;
	}
}

static int give(struct recovering *r, u64 span, u32 index)
{
	r->table_of[span] = index;
	r->span_of[index] = (u32)span + 1;
	return 0;
}

/* The directory is wrong, or says nothing: the table's own data tell. */
static int give_voted(struct recovering *r, u64 span, u32 index)
{
	const struct recover_table *t = &r->tables[index];

	give(r, span, index);
	return recover_tell(r, !t->others, false,
		"directory entry %llu: was 0x%016llx, is grain table %u: %u of its entries are this 16 MiB's by the back map, %u are not",
		span, (u64)le64_to_cpu(r->directory[span]), index, t->votes,
		t->others);
}

static int choose_table(struct choosing *c, u64 span)
{
	struct recovering *r = c->r;
	const u32 named = named_table(r, span), voted = c->voted[span];
	const struct recover_table *t;

	r->table_of[span] = RECOVER_NO_TABLE;
	r->firm[span] = named == RECOVER_NO_TABLE && r->directory[span];
	if (voted != RECOVER_NO_TABLE && voted == named)
		return give(r, span, named);
	if (voted != RECOVER_NO_TABLE)
		return give_voted(r, span, voted);
	if (named == RECOVER_NO_TABLE)
		return 0;
	t = &r->tables[named];
	r->firm[span] = true;
	if (t->votes && t->span != span)
		return recover_tell(r, false, true,
			"directory entry %llu: names grain table %u, whose entries are those of entry %u by the back map",
			span, named, t->span);
	if (c->named[named] > 1)
		return recover_tell(r, false, true,
			"directory entry %llu: names grain table %u, as others do, and nothing tells whose it is",
			span, named);
	r->firm[span] = false;
	return give(r, span, named);
}

/**
 * recover_assign() - find the table of each 16 MiB
 * @r: the recovery, after recover_look_at_tables()
 *
 * Return: 0, or an errno.
 */
int recover_assign(struct recovering *r)
{
	struct choosing c = {
		.r = r,
		.voted = calloc(r->geo.nr_tables, sizeof(*c.voted)),
		.named = calloc(r->geo.max_tables + 1, sizeof(*c.named)),
	};
	int error = c.voted && c.named ? 0 : ENOMEM;
	u64 span;

	if (!error)
		elect(&c);
	for (span = 0; span < r->geo.nr_tables && !error; span++)
		error = choose_table(&c, span);
	free(c.voted);
	free(c.named);
	return error;
}

static int note_weak(struct recovering *r, u64 grain)
{
	const int error = sesparse_bits_add(&r->weak, grain, 1);

	return error > 0 ? sesparse_bits_add(&r->twice, grain, 1) : error;
}

static int note_entry(struct recovering *r, u64 virt, u64 entry)
{
	u64 grain;

	switch (sesparse_decode_gte(&r->geo, entry, &grain)) {
	case SESPARSE_ALLOCATED:
		if (!sesparse_grain_fits(&r->geo, virt, grain))
			return 0;
		return recover_owner(r, grain) == virt ?
		       sesparse_bits_add(&r->sure, grain, 1) :
		       note_weak(r, grain);
	case SESPARSE_UNMAPPED:
		grain = sesparse_gte_grain(entry);
		return grain < r->nr_owners ?
		       sesparse_bits_add(&r->stale, grain, 1) : 0;
	default:
		return 0;
	}
}

/*
 * The entries of a table, for @placed - 1; of one without a place, 0, it is not known
 * whose its grains are, but that it names them contradicts who has them otherwise.
 */
static int note_table(struct recovering *r, u32 placed, const __le64 *entries)
{
	const u64 first = (u64)(placed - 1) << SESPARSE_TABLE_SHIFT;
	const u64 cells = placed ? recover_cells(r, placed - 1) :
				   SESPARSE_TABLE_ENTRIES;
	int error = 0;
	u64 grain, i;

	for (i = 0; i < cells && error >= 0; i++) {
		const u64 entry = le64_to_cpu(entries[i]);

		if (placed)
			error = note_entry(r, first + i, entry);
		else if (sesparse_decode_gte(&r->geo, entry, &grain) ==
			 SESPARSE_ALLOCATED)
			error = note_weak(r, grain);
	}
	return error < 0 ? ENOMEM : 0;
}

/**
 * recover_confirm() - find the grains that a table and the back map agree on
 * @r: the recovery, after recover_assign()
 *
 * Return: 0, or an errno.
 */
int recover_confirm(struct recovering *r)
{
	__le64 *entries = malloc(SESPARSE_TABLE_BYTES);
	int error = entries ? 0 : ENOMEM;
	bool hole;
	u64 i;

	for (i = 0; i < r->geo.max_tables && !error; i++) {
		if (r->tables[i].is_empty)
			continue;
		error = recover_look(r, r->geo.tables +
				     i * SESPARSE_TABLE_SECTORS, entries,
				     SESPARSE_TABLE_BYTES, &hole);
		if (!error && !hole)
			error = note_table(r, r->span_of[i], entries);
	}
	free(entries);
	return error;
}

/* Has every table that says anything a place in the directory? */
static bool are_all_placed(const struct recovering *r)
{
	u64 i;

	for (i = 0; i < r->geo.max_tables; i++)
		if (!r->tables[i].is_empty && !r->span_of[i])
			return false;
	return true;
}

static int tell_orphans(struct recovering *r)
{
	u64 i, nr = 0;

	for (i = 0; i < r->geo.max_tables; i++)
		nr += !r->tables[i].is_empty && !r->span_of[i];
	return recover_tell(r, false, true,
		"%llu grain tables say something, but nothing tells for which 16 MiB",
		nr);
}

static int add_span(struct recovering *r, struct ranges *to, u64 span)
{
	const u64 start = span * SESPARSE_TABLE_SPAN * SESPARSE_SECTOR_SIZE;
	const u64 end = min_t(u64, r->in->capacity * SESPARSE_SECTOR_SIZE,
			      start + SESPARSE_TABLE_SPAN * SESPARSE_SECTOR_SIZE);

	return ranges_add(to, start, end) ? ENOMEM : 0;
}

/* Of claims against an entry that says that there is nothing, only sound ones. */
static bool has_claims(const struct recovering *r, u64 span)
{
	const u64 first = span << SESPARSE_TABLE_SHIFT;
	const struct recover_claim *c;
	size_t nr, i;

	c = recover_claims_of(r, first, first + recover_cells(r, span), &nr);
	for (i = 0; i < nr; i++)
		if (r->firm[span] || c[i].used)
			return true;
	return false;
}

/* A place for a table: one that nothing lies in, or nothing of use. */
static u32 free_table(const struct recovering *r, u32 *next)
{
	u32 i;

	for (i = *next; i < r->geo.max_tables; i++)
		if (!r->span_of[i] && r->tables[i].is_empty)
			break;
	*next = i;
	for (i = i == r->geo.max_tables ? 0 : i; i < r->geo.max_tables; i++)
		if (!r->span_of[i])
			return i;
	return RECOVER_NO_TABLE;
}

static int make_table(struct recovering *r, u64 span, u32 *next)
{
	const u32 index = free_table(r, next);

	if (index == RECOVER_NO_TABLE) {
		r->new_directory[span] = cpu_to_le64(RECOVER_LOST_ENTRY);
		return add_span(r, &r->out->lost, span);
	}
	r->made[span] = true;
	give(r, span, index);
	r->new_directory[span] = cpu_to_le64(recover_directory_entry(index));
	return recover_tell(r, r->firm[span], false,
		"directory entry %llu: was 0x%016llx, its table is lost: grain table %u is made from the back map",
		span, (u64)le64_to_cpu(r->directory[span]), index);
}

static int make_up_span(struct recovering *r, u64 span, bool all_placed,
			u32 *next)
{
	struct recover *out = r->out;

	if (r->table_of[span] != RECOVER_NO_TABLE) {
		r->new_directory[span] = cpu_to_le64(
			recover_directory_entry(r->table_of[span]));
		return 0;
	}
	if (has_claims(r, span))
		return make_table(r, span, next);
	if (!r->directory[span]) {
		r->new_directory[span] = 0;
		return add_span(r, &out->unconfirmed, span);
	}
	if (all_placed && named_table(r, span) == RECOVER_NO_TABLE) {
		r->new_directory[span] = 0;
		return add_span(r, &out->unsure, span) ||
		       recover_tell(r, false, false,
			"directory entry %llu: was 0x%016llx, is none: every table that says anything has its place",
			span, (u64)le64_to_cpu(r->directory[span])) ? ENOMEM : 0;
	}
	r->new_directory[span] = cpu_to_le64(RECOVER_LOST_ENTRY);
	return add_span(r, &out->lost, span) ||
	       recover_tell(r, false, true,
			    "directory entry %llu: 0x%016llx, and nothing tells of its table",
			    span, (u64)le64_to_cpu(r->directory[span])) ? ENOMEM : 0;
}

/**
 * recover_make_up() - make the directory, and places for tables that are lost
 * @r: the recovery, after recover_find_claims()
 *
 * Return: 0, or an errno.
 */
int recover_make_up(struct recovering *r)
{
	const bool all_placed = are_all_placed(r);
	u32 next = 0;
	u64 span;
	int error = all_placed ? 0 : tell_orphans(r);

	for (span = 0; span < r->geo.nr_tables && !error; span++)
		error = make_up_span(r, span, all_placed, &next);
	return error;
}

/**
 * recover_write_directory() - put what changes of the directory into the patch
 * @r: the recovery, after recover_make_up()
 *
 * Return: 0, or an errno.
 */
int recover_write_directory(struct recovering *r)
{
	const u64 nr = r->geo.nr_tables;
	const size_t bytes = ALIGN(nr * sizeof(u64), SESPARSE_SECTOR_SIZE);
	size_t at;
	int error = 0;

	memcpy(r->new_directory + nr, r->directory + nr,
	       bytes - nr * sizeof(u64));
	for (at = 0; at < bytes && !error; at += SESPARSE_SECTOR_SIZE) {
		const u8 *old = (const u8 *)r->directory + at;
		const u8 *new = (const u8 *)r->new_directory + at;

		if (memcmp(old, new, SESPARSE_SECTOR_SIZE))
			error = patch_add(&r->out->patch, r->geo.directory +
					  at / SESPARSE_SECTOR_SIZE, new);
	}
	return error;
}
