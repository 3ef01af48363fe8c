// SPDX-License-Identifier: GPL-2.0-only
/*
 * The headers: the constant one by its layout, the volatile one and the journal's by
 * the journal and the tables.
 */
#include "sesparse/fields.h"
#include "sesparse/journal.h"
#include "sesparse/recover-layout.h"

#define HEADER_WORDS (offsetof(struct sesparse_const_header, pad) / sizeof(u64))

static struct sesparse_const_header *const_header(void *header)
{
	return header;
}

static struct sesparse_volatile_header *volatile_header(void *header)
{
	return (void *)((char *)header + SESPARSE_SECTOR_SIZE);
}

static __le64 *journal_header(void *header)
{
	return (void *)((char *)header + 2 * SESPARSE_SECTOR_SIZE);
}

/* Begins a volatile header anew where there is none. */
static void take_volatile(struct recovering *r)
{
	struct sesparse_volatile_header *v = volatile_header(r->header);

	if (le64_to_cpu(v->magic) == SESPARSE_VOLATILE_MAGIC)
		return;
	memset(v, 0, sizeof(*v));
	v->magic = cpu_to_le64(SESPARSE_VOLATILE_MAGIC);
}

/* Is the found header as ESXi makes it? */
static bool is_as_made(const struct recovering *r)
{
	const struct sesparse_const_header *h = (const void *)r->found;
	const u64 journal = le64_to_cpu(h->journal.size);
	struct sesparse_const_header made;

	if (!journal || journal > JOURNAL_MAX_SECTORS)
		return false;
	recover_make_header(r->in->capacity, journal, &made);
	if (le64_to_cpu(h->reserved1) == SESPARSE_RESERVED1_SEEN)
		made.reserved1 = h->reserved1;
	return !memcmp(&made, h, HEADER_WORDS * sizeof(u64));
}

/* A flag that is set may be a newer writer's, who lays it all out so. */
static bool is_meant(const struct recovering *r, const void *made)
{
	const struct sesparse_const_header *h = (const void *)r->found;
	const struct sesparse_const_header *m = made;

	return le64_to_cpu(h->magic) == SESPARSE_CONST_MAGIC &&
	       h->capacity == m->capacity &&
	       (h->version != m->version || h->flags ||
		(h->reserved1 && le64_to_cpu(h->reserved1) !=
		 SESPARSE_RESERVED1_SEEN) ||
		h->reserved2 || h->reserved3 || h->reserved4);
}

/* What tables and back map fit is kept, but cannot be what ESXi has written. */
static int keep_found(struct recovering *r)
{
	const u64 capacity = le64_to_cpu(const_header(r->found)->capacity);

	r->all_unsure = true;
	if (capacity == r->in->capacity)
		return recover_tell(r, false, false,
			"constant header: kept, though its regions are not where ESXi puts them: tables and back map are where it says");
	r->out->hopeless = true;
	return recover_tell(r, false, true,
		"constant header: has %llu sectors, which its tables and back map fit, but the descriptor has %llu: the descriptor is wrong",
		capacity, r->in->capacity);
}

/* A header without fault that has another capacity than is expected, or 0. */
static u64 other_capacity(const struct recovering *r)
{
	struct sesparse_geometry geo;
	char why[160];

	if (sesparse_decode_header(r->header, r->in->sectors, &geo, why,
				   sizeof(why)))
		return 0;
	return geo.capacity != r->in->capacity ? geo.capacity : 0;
}

static int take_made(struct recovering *r, const void *made, const char *doubt)
{
	const struct sesparse_const_header *h = const_header(r->found);
	const u64 reserved1 = le64_to_cpu(h->reserved1);
	const u64 other = other_capacity(r);

	r->all_unsure = doubt;
	r->unsure_from = other ? other : r->in->capacity;
	memcpy(r->header, made, SESPARSE_SECTOR_SIZE);
	if (reserved1 == SESPARSE_RESERVED1_SEEN &&
	    le64_to_cpu(h->magic) == SESPARSE_CONST_MAGIC)
		const_header(r->header)->reserved1 = h->reserved1;
	if (other && recover_tell(r, false, false,
			"constant header: has %llu sectors, and no other fault, but the descriptor has %llu, which is taken",
			other, r->in->capacity))
		return ENOMEM;
	return recover_tell(r, !doubt, false,
			    "constant header: rebuilt from the capacity, %llu sectors: %s",
			    r->in->capacity,
			    doubt ? doubt :
			    "tables and back map are where it says");
}

static bool are_elsewhere(const void *a, const void *b)
{
	const struct sesparse_const_header *x = a, *y = b;

	return x->grain_tables.offset != y->grain_tables.offset ||
	       x->backmap.offset != y->backmap.offset ||
	       x->grains.offset != y->grains.offset;
}

static const char *doubt_of(const struct recovering *r,
			    const struct recover_layout *l)
{
	if (is_meant(r, l->header))
		return "it had a version or flags that are not known";
	if (!l->score.agreed)
		return "no data confirm it";
	return recover_is_beyond_doubt(l) ? NULL :
	       "tables and back map fit with regions elsewhere as well";
}

/*
 * The found header if it is as ESXi makes it; else what fits better, it or the one
 * that is made.
 */
static int choose(struct recovering *r)
{
	struct recover_layout made;
	struct recover_score its;
	bool good;
	int error;

	memcpy(r->header, r->found, sizeof(r->header));
	take_volatile(r);
	good = is_as_made(r);
	if (good && le64_to_cpu(const_header(r->found)->journal.size) ==
		    RECOVER_JOURNAL_SECTORS)
		return 0;
	memcpy(made.header, r->header, sizeof(made.header));
	error = recover_choose_layout(r, &made);
	if (!error)
		error = recover_score(r, r->header, &its);
	if (error || (good && !recover_is_better(&made.score, &its)))
		return error;
	if (recover_is_better(&its, &made.score))
		return keep_found(r);
	if (are_elsewhere(r->header, made.header))
		recover_add_rival(&made, &its);
	return take_made(r, made.header, doubt_of(r, &made));
}

/* The journal's newest record, whatever the headers say. */
static u64 newest_record(const u8 *slots, size_t size)
{
	const size_t step = JOURNAL_SLOT_SECTORS * SESPARSE_SECTOR_SIZE;
	const __le64 *word;
	u64 newest = 0;

	for (; size >= step; slots += step, size -= step) {
		word = (const void *)slots;
		if (le64_to_cpu(word[0]) == JOURNAL_RECORD_MAGIC)
			newest = max_t(u64, newest, le64_to_cpu(word[5]));
	}
	return newest;
}

static int compare_patches(struct recovering *r,
			   const struct journal_patches *p, bool *same)
{
	u8 buf[SESPARSE_SECTOR_SIZE];
	bool hole;
	size_t i;
	int error = 0;

	*same = true;
	for (i = 0; i < p->nr && *same && !error; i++) {
		error = recover_read(r, p->list[i].sector, buf, sizeof(buf),
				     &hole);
		*same = !memcmp(buf, p->list[i].data, sizeof(buf));
	}
	return error;
}

/* Is all that the records say in its place? */
static int judge_records(struct recovering *r, const void *slots, size_t size,
			 enum recover_journal *found)
{
	const struct journal_bytes bytes = { .headers = r->header,
		.header = journal_header(r->header), .slots = slots,
		.size = size };
	struct journal_patches patches = { 0 };
	struct journal journal = { 0 };
	struct journal_why why;
	bool same;
	int error;

	error = journal_parse(&bytes, &journal, &why);
	if (!error && journal.nr) {
		error = journal_collect(&journal, journal.first, journal.nr,
					&patches);
		if (!error)
			error = compare_patches(r, &patches, &same);
		if (!error && !same)
			*found = RECOVER_AHEAD;
	}
	free(patches.list);
	journal_free(&journal);
	if (error == EINVAL)
		*found = RECOVER_UNKNOWN;
	return error == EINVAL ? 0 : error;
}

/*
 * Of a volatile header that is lost nobody knows whether the image was closed
 * cleanly, but where the journal changes nothing it makes no difference.
 */
static int judge_journal(struct recovering *r, bool lost, bool lost_journal,
			 enum recover_journal *found)
{
	const struct sesparse_const_header *h = const_header(r->header);
	struct sesparse_volatile_header *v = volatile_header(r->header);
	const u64 sectors = min_t(u64, JOURNAL_MAX_SECTORS,
				  le64_to_cpu(h->journal.size));
	u8 *slots = malloc(sectors * SESPARSE_SECTOR_SIZE + 1);
	u64 newest;
	bool hole;
	int error;

	*found = RECOVER_IN_PLACE;
	if (!slots)
		return ENOMEM;
	error = recover_read(r, le64_to_cpu(h->journal.offset), slots,
			     sectors * SESPARSE_SECTOR_SIZE, &hole);
	newest = error ? 0 : newest_record(slots, sectors * SESPARSE_SECTOR_SIZE);
	if (lost)
		v->next_txn_seq_number = lost_journal ? cpu_to_le64(newest + 1) :
					 journal_header(r->header)[1];
	if (lost_journal) {
		journal_header(r->header)[0] = cpu_to_le64(SESPARSE_JOURNAL_MAGIC);
		journal_header(r->header)[1] = v->next_txn_seq_number;
		journal_header(r->header)[2] = cpu_to_le64(1);
	}
	if (!error && (lost || v->replay_journal))
		error = judge_records(r, slots, sectors * SESPARSE_SECTOR_SIZE,
				      found);
	free(slots);
	return error;
}

static int tell_volatile(struct recovering *r, bool lost,
			 enum recover_journal journal)
{
	struct sesparse_volatile_header *v = volatile_header(r->header);
	static const char *const texts[] = {
		[RECOVER_IN_PLACE] = "the journal has nothing that is not in its place",
		[RECOVER_AHEAD] = "the journal has changes that are not in their places (--replay, --ignore-dirty)",
		[RECOVER_UNKNOWN] = "the journal cannot be read, so that nobody knows whether the last changes are in their places",
	};

	if (journal != RECOVER_IN_PLACE)
		r->all_unsure = true;
	if (journal == RECOVER_AHEAD)
		v->replay_journal = cpu_to_le64(1);
	if (lost)
		return recover_tell(r, journal == RECOVER_IN_PLACE, false,
				    "volatile header: written anew: %s",
				    texts[journal]);
	return 0;
}

static bool is_lost_volatile(const struct recovering *r)
{
	const struct sesparse_volatile_header *v =
		volatile_header((void *)r->found);

	return le64_to_cpu(v->magic) != SESPARSE_VOLATILE_MAGIC;
}

static bool is_lost_journal(const struct recovering *r)
{
	const __le64 *j = journal_header((void *)r->found);

	return le64_to_cpu(j[0]) != SESPARSE_JOURNAL_MAGIC;
}

/**
 * recover_header() - choose the constant header, and what the volatile one says
 * @r: the recovery; its geometry is set
 *
 * Return: 0, or an errno; the recovery may be hopeless.
 */
int recover_header(struct recovering *r)
{
	const bool lost = is_lost_volatile(r);
	enum recover_journal journal;
	char why[160];
	int error;

	error = choose(r);
	if (error || r->out->hopeless)
		return error;
	if (sesparse_decode_header(r->header, r->in->sectors, &r->geo, why,
				   sizeof(why))) {
		r->out->hopeless = true;
		return recover_tell(r, false, true, "headers: %s", why);
	}
	error = patch_begin(&r->out->patch, r->in->sectors, r->geo.grains,
			    r->in->read, r->in->private);
	if (!error)
		error = judge_journal(r, lost, is_lost_journal(r), &journal);
	if (!error)
		error = tell_volatile(r, lost, journal);
	r->bitmap_at = le64_to_cpu(const_header(r->header)->free_bitmap.offset);
	r->bitmap_bytes =
		DIV_ROUND_UP_ULL(r->geo.max_grains, SESPARSE_SECTOR_SIZE * 8) *
		SESPARSE_SECTOR_SIZE;
	r->bitmap_region =
		le64_to_cpu(const_header(r->header)->free_bitmap.size) *
		SESPARSE_SECTOR_SIZE;
	r->backmap_at = le64_to_cpu(const_header(r->header)->backmap.offset);
	return error;
}

static int put_sectors(struct recovering *r)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < SESPARSE_HEADER_BYTES / SESPARSE_SECTOR_SIZE && !error;
	     i++) {
		const u8 *old = r->found + i * SESPARSE_SECTOR_SIZE;
		const u8 *new = r->header + i * SESPARSE_SECTOR_SIZE;

		if (memcmp(old, new, SESPARSE_SECTOR_SIZE))
			error = patch_add(&r->out->patch, i, new);
	}
	return error;
}

/**
 * recover_finish_header() - the numbers that depend on the tables; into the patch
 * @r: the recovery, its tables assigned
 *
 * Return: 0, or an errno.
 */
int recover_finish_header(struct recovering *r)
{
	struct sesparse_volatile_header *v = volatile_header(r->header);
	__le64 *journal = journal_header(r->header);
	const u64 free = le64_to_cpu(v->free_gt_number);
	u64 next = 0, t;
	int error = 0;

	for (t = 0; t < r->geo.max_tables; t++)
		if (r->span_of[t] || (!free && !r->tables[t].is_empty))
			next = t + 1;
	if (free < next || free > r->geo.max_tables) {
		v->free_gt_number = cpu_to_le64(next);
		if (free || !is_lost_volatile(r))
			error = recover_tell(r, true, false,
				"volatile header: freeGTNumber was %llu, is %llu by the tables that there are",
				free, next);
	}
	if (!error && is_lost_journal(r))
		error = recover_tell(r, true, false,
				     "journal header: written anew");
	else if (!error && !v->replay_journal &&
		 (journal[1] != v->next_txn_seq_number ||
		  le64_to_cpu(journal[2]) != 1)) {
		error = recover_tell(r, true, false,
			"journal header: its sequence number was %llu, is %llu as the volatile header's",
			(u64)le64_to_cpu(journal[1]),
			(u64)le64_to_cpu(v->next_txn_seq_number));
		journal[1] = v->next_txn_seq_number;
		journal[2] = cpu_to_le64(1);
	}
	return error ? error : put_sectors(r);
}
