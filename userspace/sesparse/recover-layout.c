// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the regions of an extent lie.  All of that follows from the capacity but the
 * length of the journal, which is 1 MiB wherever seen.  Whether a layout is the right
 * one is told by what lies there: entries of tables and of the back map that point at
 * each other.
 *
 * They do so at another layout's places, too, where a disk was written in its order:
 * tables that are so many places off name grains that are as many off.  What tells
 * then is the directory, which names tables by their places, or the free bitmap.
 */
#include <errno.h>

#include "sesparse/journal.h"
#include "sesparse/recover-layout.h"

#define ALIGNMENT 2048
#define JOURNAL_AT 2048
/* What a layout is judged by: tables, twice, the first ones and any. */
#define SAMPLE_TABLES 32
#define SAMPLE_LOOKS 4096
#define SAMPLE_ENTRIES 64
/* A prime beyond that: its multiples go all over the tables. */
#define STRIDE 1000003

static struct sesparse_extent region(u64 *at, u64 sectors)
{
	const u64 size = DIV_ROUND_UP_ULL(sectors, ALIGNMENT) * ALIGNMENT;
	const struct sesparse_extent e = { cpu_to_le64(*at), cpu_to_le64(size) };

	*at += size;
	return e;
}

/**
 * recover_make_header() - what ESXi writes for a capacity
 * @capacity: in sectors
 * @journal: sectors of the journal
 * @header: filled in: the constant header, a sector
 */
void recover_make_header(u64 capacity, u64 journal, void *header)
{
	const u64 grains = DIV_ROUND_UP_ULL(capacity, SESPARSE_GRAIN_SECTORS);
	const u64 tables = DIV_ROUND_UP_ULL(grains, SESPARSE_TABLE_ENTRIES);
	struct sesparse_const_header *h = header;
	u64 at = JOURNAL_AT + journal;

	memset(h, 0, sizeof(*h));
	h->magic = cpu_to_le64(SESPARSE_CONST_MAGIC);
	h->version = cpu_to_le64(SESPARSE_VERSION);
	h->capacity = cpu_to_le64(capacity);
	h->grain_size = cpu_to_le64(SESPARSE_GRAIN_SECTORS);
	h->grain_table_size = cpu_to_le64(SESPARSE_TABLE_SECTORS);
	h->volatile_header = (struct sesparse_extent){ cpu_to_le64(1),
						       cpu_to_le64(1) };
	h->journal_header = (struct sesparse_extent){ cpu_to_le64(2),
						      cpu_to_le64(2) };
	h->journal = (struct sesparse_extent){ cpu_to_le64(JOURNAL_AT),
					       cpu_to_le64(journal) };
	h->grain_directory =
		region(&at, DIV_ROUND_UP_ULL(tables * sizeof(u64),
					     SESPARSE_SECTOR_SIZE));
	h->grain_tables = region(&at, tables * SESPARSE_TABLE_SECTORS);
	h->free_bitmap = region(&at, DIV_ROUND_UP_ULL(grains,
						SESPARSE_SECTOR_SIZE * 8));
	h->backmap = region(&at, tables * SESPARSE_TABLE_SECTORS);
	h->grains = (struct sesparse_extent){ cpu_to_le64(at),
					      cpu_to_le64(capacity) };
}

/**
 * struct looking - a layout being judged
 * @r: the recovery
 * @geo: its geometry
 * @bitmap: first sector of the free bitmap
 * @backmap: first sector of the back map
 * @lsb: grains that two places name, and that the bitmap has by either order of bits
 * @msb: by the other one
 * @score: what comes of it
 */
struct looking {
	struct recovering *r;
	struct sesparse_geometry geo;
	u64 bitmap;
	u64 backmap;
	u64 lsb;
	u64 msb;
	struct recover_score *score;
};

/* What cannot be read tells nothing. */
static int look_at(struct looking *l, u64 at, void *buf, size_t bytes,
		   bool *seen)
{
	bool hole;
	int error = l->r->in->read(l->r->in->private, at, buf, bytes, &hole);

	*seen = !error && !hole;
	return error == ENOMEM ? error : 0;
}

static int look_at_word(struct looking *l, u64 at, u64 *value)
{
	__le64 word = 0;
	bool seen;
	int error = look_at(l, at, &word, sizeof(word), &seen);

	*value = seen ? le64_to_cpu(word) : 0;
	return error;
}

/* The back map has the grain for a place of this table: who else has it so? */
static int look_at_agreed(struct looking *l, u64 table, u64 grain, u64 virt)
{
	u64 entry;
	u8 bits = 0;
	bool seen = false;
	int error;

	l->score->agreed++;
	error = look_at_word(l, l->geo.directory * SESPARSE_SECTOR_SIZE +
			     (virt >> SESPARSE_TABLE_SHIFT) * sizeof(u64),
			     &entry);
	if (!error && entry == recover_directory_entry(table))
		l->score->firm++;
	if (!error)
		error = look_at(l, l->bitmap * SESPARSE_SECTOR_SIZE + grain / 8,
				&bits, sizeof(bits), &seen);
	if (error || !seen)
		return error;
	l->lsb += bits >> grain % 8 & 1;
	l->msb += bits >> (7 - grain % 8) & 1;
	return 0;
}

static int look_at_entry(struct looking *l, u64 table, unsigned int index,
			 u64 entry)
{
	u64 grain, owner, virt;
	int error;

	if (sesparse_decode_gte(&l->geo, entry, &grain) != SESPARSE_ALLOCATED)
		return 0;
	error = look_at_word(l, l->backmap * SESPARSE_SECTOR_SIZE +
			     grain * sizeof(u64), &owner);
	virt = sesparse_gte_grain(owner);
	if (error || owner >> 60 != 1 || virt >= l->geo.nr_grains ||
	    virt % SESPARSE_TABLE_ENTRIES != index)
		return error;
	return look_at_agreed(l, table, grain, virt);
}

static int look_at_table(struct looking *l, u64 table, bool *seen)
{
	__le64 entries[SESPARSE_TABLE_ENTRIES];
	unsigned int i, looked = 0;
	u64 entry;
	int error;

	error = look_at(l, (l->geo.tables + table * SESPARSE_TABLE_SECTORS) *
			SESPARSE_SECTOR_SIZE, entries, sizeof(entries), seen);
	if (error || !*seen)
		return error;
	for (i = 0; i < SESPARSE_TABLE_ENTRIES && looked < SAMPLE_ENTRIES &&
		    !error; i++) {
		entry = le64_to_cpu(entries[i]);
		if (!sesparse_gte_is_allocated(entry))
			continue;
		looked++;
		error = look_at_entry(l, table, i, entry);
	}
	return error;
}

/* Some of the first @of tables, in no order. */
static int look_at_some(struct looking *l, u64 of)
{
	const u64 looks = min_t(u64, SAMPLE_LOOKS, of);
	unsigned int tables = 0;
	bool seen;
	int error = 0;
	u64 i;

	for (i = 0; i < looks && tables < SAMPLE_TABLES && !error; i++) {
		error = look_at_table(l, i * STRIDE % looks * of / looks,
				      &seen);
		tables += seen;
	}
	return error;
}

/**
 * recover_score() - find what confirms that a header has the regions where they are
 * @r: the recovery
 * @header: the headers, of which the constant one is judged
 * @score: filled in
 *
 * Return: 0, or ENOMEM.
 */
int recover_score(struct recovering *r, const void *header,
		  struct recover_score *score)
{
	const struct sesparse_const_header *h = header;
	struct looking l = { .r = r, .score = score,
			     .bitmap = le64_to_cpu(h->free_bitmap.offset),
			     .backmap = le64_to_cpu(h->backmap.offset) };
	char why[160];
	int error;

	*score = (struct recover_score){ 0 };
	if (sesparse_decode_header(header, r->in->sectors, &l.geo, why,
				   sizeof(why)))
		return 0;
	error = look_at_some(&l, min_t(u64, SAMPLE_LOOKS, l.geo.max_tables));
	if (!error)
		error = look_at_some(&l, l.geo.max_tables);
	score->backed = max_t(u64, l.lsb, l.msb);
	return error;
}

/**
 * recover_is_better() - does more tell for a layout than for the one to be expected?
 * @score: its
 * @usual: the other's
 *
 * Return: true if so.
 */
bool recover_is_better(const struct recover_score *score,
		       const struct recover_score *usual)
{
	return score->firm > 2 * usual->firm ||
	       (!usual->agreed && score->agreed);
}

/**
 * recover_is_beyond_doubt() - can a layout be no other one?
 * @layout: it
 *
 * Return: true if so.
 */
bool recover_is_beyond_doubt(const struct recover_layout *layout)
{
	const struct recover_score *score = &layout->score;
	const struct recover_score *rival = &layout->rival;

	if (score->firm > 2 * rival->firm)
		return true;
	return layout->usual && !rival->firm &&
	       (score->agreed > 8 * rival->agreed ||
		score->backed > 2 * rival->backed);
}

/**
 * recover_add_rival() - take another layout into account
 * @layout: the one that was chosen
 * @score: what confirms the other
 */
void recover_add_rival(struct recover_layout *layout,
		       const struct recover_score *score)
{
	struct recover_score *rival = &layout->rival;

	rival->firm = max_t(u64, rival->firm, score->firm);
	rival->agreed = max_t(u64, rival->agreed, score->agreed);
	rival->backed = max_t(u64, rival->backed, score->backed);
}

/**
 * recover_choose_layout() - choose a journal's length
 * @r: the recovery
 * @layout: filled in; its headers but the constant one are there already
 *
 * Return: 0, or ENOMEM.
 */
int recover_choose_layout(struct recovering *r, struct recover_layout *layout)
{
	u8 other[SESPARSE_HEADER_BYTES];
	struct recover_score score;
	u64 journal;
	int error;

	layout->usual = true;
	layout->rival = (struct recover_score){ 0 };
	recover_make_header(r->in->capacity, RECOVER_JOURNAL_SECTORS,
			    layout->header);
	error = recover_score(r, layout->header, &layout->score);
	memcpy(other, layout->header, sizeof(other));
	for (journal = ALIGNMENT; journal <= JOURNAL_MAX_SECTORS && !error;
	     journal += ALIGNMENT) {
		if (journal == RECOVER_JOURNAL_SECTORS)
			continue;
		recover_make_header(r->in->capacity, journal, other);
		error = recover_score(r, other, &score);
		if (error || !recover_is_better(&score, &layout->score)) {
			recover_add_rival(layout, &score);
			continue;
		}
		recover_add_rival(layout, &layout->score);
		layout->score = score;
		layout->usual = false;
		memcpy(layout->header, other, sizeof(other));
	}
	return error;
}
