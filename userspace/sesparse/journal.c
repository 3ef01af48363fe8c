// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps 1 to 6 of a replay.  Every number of a record is looked at once, in
 * take_slot(): what it lets pass lies in its slot and names metadata.
 */
#include <stdarg.h>

#include "sesparse/fields.h"
#include "sesparse/journal.h"

#define SLOT_BYTES (JOURNAL_SLOT_SECTORS * SESPARSE_SECTOR_SIZE)

/* A descriptor: sectors that the record's next payload goes to. */
struct target {
	__le64 sector;
	__le64 count;
};

/* The first sector of a slot. */
struct record_header {
	__le64 magic;
	__le64 one;
	__le64 slot;
	__le64 sectors; /* of the record, with this one */
	__le64 checksum; /* unknown */
	__le64 sequence;
	__le64 ones;
	__le64 clock;
	__le64 unknown[8];
	struct target targets[JOURNAL_MAX_PAYLOAD];
};

static_assert(sizeof(struct record_header) == SESPARSE_SECTOR_SIZE);

/**
 * journal_refuse() - say why a journal is not replayed
 * @why: filled in
 * @format: why, as printf()'s
 *
 * Return: EINVAL.
 */
int journal_refuse(struct journal_why *why, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
	return EINVAL;
}

static const struct record_header *slot_header(const struct journal *j,
					       unsigned int slot)
{
	return (const void *)((const char *)j->bytes->slots +
			      (size_t)slot * SLOT_BYTES);
}

static unsigned int nr_slots(const struct journal *j)
{
	return (unsigned int)(j->bytes->size / SLOT_BYTES);
}

static bool is_zero(const void *data, size_t bytes)
{
	const char *c = data;

	return !bytes || (!*c && !memcmp(c, c + 1, bytes - 1));
}

static int check_field(const struct record_header *h, unsigned int slot,
		       const char *name, u64 found, u64 wanted,
		       struct journal_why *why)
{
	const u64 sequence = le64_to_cpu(h->sequence);

	return found == wanted ? 0 :
	       journal_refuse(why,
			      "step 2: journal slot %u (sequence %llu): %s is 0x%llx, expected 0x%llx",
			      slot, sequence, name, found, wanted);
}

static int check_fields(const struct record_header *h, unsigned int slot,
			struct journal_why *why)
{
	const u64 sectors = le64_to_cpu(h->sectors);
	const u64 sequence = le64_to_cpu(h->sequence);
	int r;

	r = check_field(h, slot, "the magic", le64_to_cpu(h->magic),
			JOURNAL_RECORD_MAGIC, why);
	if (!r)
		r = check_field(h, slot, "the field at byte 8",
				le64_to_cpu(h->one), 1, why);
	if (!r)
		r = check_field(h, slot, "its own slot number",
				le64_to_cpu(h->slot), slot, why);
	if (!r)
		r = check_field(h, slot, "the field at byte 48",
				le64_to_cpu(h->ones), ~0ULL, why);
	if (r || (sectors >= 2 && sectors <= JOURNAL_SLOT_SECTORS))
		return r;
	return journal_refuse(why,
			      "step 2: journal slot %u (sequence %llu): has %llu sectors, expected 2 to %u",
			      slot, sequence, sectors, JOURNAL_SLOT_SECTORS);
}

/* Directory, tables, bitmap and back map follow one another without a gap. */
static bool is_metadata(const struct journal *j, u64 sector, u64 count)
{
	const struct sesparse_const_header *h = j->bytes->headers;
	const u64 first = le64_to_cpu(h->grain_directory.offset);
	const u64 end = le64_to_cpu(h->backmap.offset) +
			le64_to_cpu(h->backmap.size);

	return sector >= first && sector < end && count <= end - sector;
}

static int check_targets(const struct journal *j, const struct record_header *h,
			 unsigned int slot, struct journal_why *why)
{
	const u64 sequence = le64_to_cpu(h->sequence);
	const u64 payload = le64_to_cpu(h->sectors) - 1;
	u64 sector, count, sum = 0;
	unsigned int i;

	for (i = 0; i < JOURNAL_MAX_PAYLOAD && sum < payload; i++) {
		sector = le64_to_cpu(h->targets[i].sector);
		count = le64_to_cpu(h->targets[i].count);
		if (!count || count > payload - sum)
			return journal_refuse(why,
				"step 2: journal slot %u (sequence %llu): descriptor %u is of %llu sectors, expected 1 to %llu",
				slot, sequence, i, count, payload - sum);
		if (!is_metadata(j, sector, count))
			return journal_refuse(why,
				"step 2: journal slot %u (sequence %llu): descriptor %u names sector %llu, expected one of the directory, tables, bitmap or back map",
				slot, sequence, i, sector);
		sum += count;
	}
	if (sum != payload)
		return journal_refuse(why,
			"step 2: journal slot %u (sequence %llu): its descriptors are of %llu sectors, expected %llu",
			slot, sequence, sum, payload);
	if (!is_zero(&h->targets[i], (JOURNAL_MAX_PAYLOAD - i) *
				     sizeof(h->targets[i])))
		return journal_refuse(why,
			"step 2: journal slot %u (sequence %llu): something stands behind its %u descriptors, expected zeros",
			slot, sequence, i);
	return 0;
}

static int take_slot(struct journal *j, unsigned int slot,
		     struct journal_why *why)
{
	const struct record_header *h = slot_header(j, slot);
	int r;

	if (is_zero(h, sizeof(*h)))
		return 0;
	r = check_fields(h, slot, why);
	if (!r)
		r = check_targets(j, h, slot, why);
	if (r)
		return r;
	j->records[j->nr++] = (struct journal_record){
		.sequence = le64_to_cpu(h->sequence),
		.slot = slot,
	};
	return 0;
}

static int compare_records(const void *a, const void *b)
{
	const struct journal_record *x = a, *y = b;

	return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static int check_distinct(const struct journal *j, struct journal_why *why)
{
	const struct journal_record *r = j->records;
	unsigned int i;

	for (i = 1; i < j->nr; i++)
		if (r[i].sequence == r[i - 1].sequence)
			return journal_refuse(why,
				"step 3: journal slots %u and %u both have sequence %llu, expected one of them",
				r[i - 1].slot, r[i].slot, r[i].sequence);
	return 0;
}

/* The headers count further than the journal's records go? */
static int check_newest(const struct journal *j, struct journal_why *why)
{
	const u64 newest = j->records[j->nr - 1].sequence;

	if (j->next <= newest || j->next - newest == 1)
		return 0;
	return journal_refuse(why,
			      "step 4: the newest record has sequence %llu, but the headers say that %llu comes next, expected at most %llu",
			      newest, j->next, newest + 1);
}

static int find_run(struct journal *j, struct journal_why *why)
{
	const struct journal_record *r = j->records;
	unsigned int i, slot;

	j->first = j->nr - 1;
	while (j->first &&
	       r[j->first].sequence - r[j->first - 1].sequence == 1)
		j->first--;
	for (i = j->first; i + 1 < j->nr; i++) {
		slot = (r[i].slot + 1) % nr_slots(j);
		if (r[i + 1].slot != slot && r[i + 1].slot)
			return journal_refuse(why,
				"step 5: sequence %llu is in journal slot %u, behind slot %u, expected slot %u or 0",
				r[i + 1].sequence, r[i + 1].slot, r[i].slot,
				slot);
	}
	if (r[j->first].sequence <= j->next ||
	    j->nr - j->first == nr_slots(j))
		return 0;
	return journal_refuse(why,
			      "step 5: records go from sequence %llu to %llu without a gap, but the headers say that %llu comes next: some are missing",
			      r[j->first].sequence, r[j->nr - 1].sequence,
			      j->next);
}

static int take_slots(struct journal *j, struct journal_why *why)
{
	unsigned int slot;
	int r = 0;

	for (slot = 0; slot < nr_slots(j) && !r; slot++)
		r = take_slot(j, slot, why);
	if (r || !j->nr)
		return r;
	j->is_full = j->nr == nr_slots(j);
	qsort(j->records, j->nr, sizeof(*j->records), compare_records);
	r = check_distinct(j, why);
	if (!r)
		r = check_newest(j, why);
	return r ? r : find_run(j, why);
}

static int check_magics(const struct journal_bytes *b, struct journal_why *why)
{
	const struct sesparse_volatile_header *v =
		(const void *)((const char *)b->headers + SESPARSE_SECTOR_SIZE);
	const u64 magic = le64_to_cpu(v->magic);
	const u64 journal = le64_to_cpu(*(const __le64 *)b->header);

	if (magic != SESPARSE_VOLATILE_MAGIC)
		return journal_refuse(why,
			"step 1: volatileMagic is 0x%llx, expected 0x%llx",
			magic, SESPARSE_VOLATILE_MAGIC);
	if (journal != SESPARSE_JOURNAL_MAGIC)
		return journal_refuse(why,
			"step 1: journalMagic is 0x%llx, expected 0x%llx",
			journal, SESPARSE_JOURNAL_MAGIC);
	return 0;
}

/**
 * journal_parse() - parse the journal of an extent whose replayJournal is set
 * @bytes: it and the headers, which must outlive @journal
 * @journal: filled in, for journal_free(), on failure too; without a record there
 *	     is nothing to replay
 * @why: why not, if it is refused
 *
 * Return: 0, EINVAL if it is refused, or ENOMEM.
 */
int journal_parse(const struct journal_bytes *bytes, struct journal *journal,
		  struct journal_why *why)
{
	const struct sesparse_volatile_header *v =
		(const void *)((const char *)bytes->headers +
			       SESPARSE_SECTOR_SIZE);
	const __le64 *header = bytes->header;
	int r;

	*journal = (struct journal){ .bytes = bytes };
	r = check_magics(bytes, why);
	if (r)
		return r;
	if (bytes->size > JOURNAL_MAX_SECTORS * SESPARSE_SECTOR_SIZE)
		return journal_refuse(why,
			"step 2: the journal has %zu bytes, expected at most %u",
			bytes->size,
			JOURNAL_MAX_SECTORS * SESPARSE_SECTOR_SIZE);
	journal->next = max_t(u64, le64_to_cpu(v->next_txn_seq_number),
			      le64_to_cpu(header[1]));
	journal->records = calloc(nr_slots(journal) + 1,
				  sizeof(*journal->records));
	return journal->records ? take_slots(journal, why) : ENOMEM;
}

/* Puts down all that a record says, behind what older ones have said. */
static void add_payload(const struct journal *j, unsigned int slot,
			struct journal_patches *p)
{
	const struct record_header *h = slot_header(j, slot);
	const u64 payload = le64_to_cpu(h->sectors) - 1;
	const u8 *data = (const u8 *)(h + 1);
	const struct target *t = h->targets;
	u64 nr = 0, i;

	for (; nr < payload; t++) {
		for (i = 0; i < le64_to_cpu(t->count); i++, nr++, p->nr++)
			p->list[p->nr] = (struct journal_patch){
				.sector = le64_to_cpu(t->sector) + i,
				.order = (unsigned int)p->nr,
				.data = data + nr * SESPARSE_SECTOR_SIZE,
			};
	}
}

static int compare_sectors(const void *a, const void *b)
{
	const struct journal_patch *x = a, *y = b;

	return (x->sector > y->sector) - (x->sector < y->sector);
}

static int compare_patches(const void *a, const void *b)
{
	const struct journal_patch *x = a, *y = b;
	const int sectors = compare_sectors(a, b);

	return sectors ? sectors : (x->order > y->order) - (x->order < y->order);
}

/* Step 6. */
static void keep_newest(struct journal_patches *p)
{
	size_t i, kept = 0;

	qsort(p->list, p->nr, sizeof(*p->list), compare_patches);
	for (i = 0; i < p->nr; i++)
		if (i + 1 == p->nr || p->list[i + 1].sector != p->list[i].sector)
			p->list[kept++] = p->list[i];
	p->nr = kept;
}

/**
 * journal_collect() - what a run of records leaves of each sector that it names
 * @journal: the journal
 * @first: the first record, by its place in @journal
 * @end: the one behind the last
 * @patches: filled in, its list for free(); their data are the journal's
 *
 * Return: 0, or ENOMEM.
 */
int journal_collect(const struct journal *journal, unsigned int first,
		    unsigned int end, struct journal_patches *patches)
{
	const size_t room = (size_t)(end - first) * JOURNAL_MAX_PAYLOAD + 1;

	*patches = (struct journal_patches){
		.list = calloc(room, sizeof(*patches->list)),
	};
	if (!patches->list)
		return ENOMEM;
	for (; first < end; first++)
		add_payload(journal, journal->records[first].slot, patches);
	keep_newest(patches);
	return 0;
}

/**
 * journal_find() - find what becomes of a sector
 * @patches: all that changes
 * @sector: the sector
 *
 * Return: its new contents, or NULL: it stays as it is.
 */
const u8 *journal_find(const struct journal_patches *patches, u64 sector)
{
	const struct journal_patch key = { .sector = sector };
	const struct journal_patch *found;

	found = patches->nr ? bsearch(&key, patches->list, patches->nr,
				      sizeof(key), compare_sectors) : NULL;
	return found ? found->data : NULL;
}

/**
 * journal_free() - free what journal_parse() made
 * @journal: it
 */
void journal_free(struct journal *journal)
{
	free(journal->records);
	journal->records = NULL;
}
