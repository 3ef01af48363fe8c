// SPDX-License-Identifier: GPL-2.0-only
/*
 * The free bitmap and the back map, as far as the file holds grains.
 */
#include "sesparse/recovering.h"
#include "util/search.h"

#define READ_BYTES (1U << 20)
#define BITS_OF_SECTOR (SESPARSE_SECTOR_SIZE * 8)

static int allocate(struct recovering *r)
{
	const u64 nr = r->geo.max_grains;

	r->nr_owners = nr;
	r->owners = calloc(nr + 1, sizeof(*r->owners));
	r->bitmap = calloc(1, r->bitmap_bytes + 1);
	r->doubtful = calloc(1, r->bitmap_bytes / SESPARSE_SECTOR_SIZE + 1);
	if (!r->owners || !r->bitmap || !r->doubtful ||
	    sesparse_bits_init(&r->noise, nr, NULL) ||
	    sesparse_bits_init(&r->sure, nr, NULL) ||
	    sesparse_bits_init(&r->weak, nr, NULL) ||
	    sesparse_bits_init(&r->twice, nr, NULL) ||
	    sesparse_bits_init(&r->stale, nr, NULL))
		return ENOMEM;
	return 0;
}

static int take_owners(struct recovering *r, u64 first, u64 nr,
		       const __le64 *entries)
{
	u64 i, entry, virt;

	for (i = 0; i < nr; i++) {
		entry = le64_to_cpu(entries[i]);
		virt = sesparse_gte_grain(entry);
		if (entry >> 60 == 1 && virt < r->geo.nr_grains)
			r->owners[first + i] = virt + 1;
		else if (entry && sesparse_bits_add(&r->noise, first + i, 1) < 0)
			return ENOMEM;
	}
	return 0;
}

static int read_bitmap(struct recovering *r)
{
	u64 at, bytes;
	bool hole;
	int error = 0;

	for (at = 0; at < r->bitmap_bytes && !error; at += bytes) {
		bytes = min_t(u64, READ_BYTES, r->bitmap_bytes - at);
		error = recover_look(r, r->bitmap_at + at / SESPARSE_SECTOR_SIZE,
				     r->bitmap + at, bytes, &hole);
	}
	return error;
}

static int read_owners(struct recovering *r, __le64 *buf)
{
	u64 first, nr;
	bool hole;
	int error = 0;

	for (first = 0; first < r->nr_owners && !error; first += nr) {
		nr = min_t(u64, r->nr_owners - first,
			   READ_BYTES / sizeof(*buf));
		error = recover_look(r, r->backmap_at +
				     first * sizeof(*buf) / SESPARSE_SECTOR_SIZE,
				     buf, ALIGN(nr * sizeof(*buf),
						SESPARSE_SECTOR_SIZE), &hole);
		if (!error && !hole)
			error = take_owners(r, first, nr, buf);
	}
	return error;
}

/**
 * recover_read_maps() - read the free bitmap and the back map
 * @r: the recovery, after recover_header()
 *
 * Return: 0, or an errno: EFBIG if there are too many grains.
 */
int recover_read_maps(struct recovering *r)
{
	__le64 *buf = malloc(READ_BYTES);
	int error = ENOMEM;

	if (r->geo.max_grains > RECOVER_MAX_GRAINS)
		error = EFBIG;
	else if (buf)
		error = allocate(r);
	if (!error)
		error = read_bitmap(r);
	if (!error)
		error = read_owners(r, buf);
	free(buf);
	return error;
}

static bool is_used(const struct recovering *r, u64 grain)
{
	const unsigned int bit = grain % 8;

	return r->bitmap[grain / 8] >> (r->msb ? 7 - bit : bit) & 1;
}

/* Sure grains that the bitmap has free, by either order of its bits. */
static void find_order(struct recovering *r)
{
	u64 wrong[2] = { 0 }, grain;
	int order;

	for (order = 0; order < 2; order++) {
		r->msb = order;
		for (grain = 0; grain < r->nr_owners; grain++)
			wrong[order] += sesparse_bits_has(&r->sure, grain) &&
					!is_used(r, grain);
	}
	r->msb = wrong[1] < wrong[0];
}

/* Has anything said so that this grain is in use? */
static bool is_explained(const struct recovering *r, u64 grain)
{
	return grain < r->nr_owners &&
	       (sesparse_bits_has(&r->sure, grain) ||
		sesparse_bits_has(&r->weak, grain) ||
		sesparse_bits_has(&r->stale, grain) ||
		recover_owner(r, grain) != RECOVER_NOBODY ||
		sesparse_bits_has(&r->noise, grain));
}

static bool is_contradicted(const struct recovering *r, u64 grain)
{
	if (is_used(r, grain))
		return !is_explained(r, grain);
	return grain < r->nr_owners && sesparse_bits_has(&r->sure, grain);
}

/* Grains that the file does not have are in use by nobody. */
static int look_behind(struct recovering *r)
{
	/* One that is larger is a hole of any size. */
	const u64 end = min_t(u64, r->bitmap_region, SESPARSE_MAX_CAPACITY /
			      SESPARSE_GRAIN_SECTORS / 8);
	u8 *buf = malloc(READ_BYTES);
	bool hole = true, zero = true;
	u64 at, bytes;
	int error = buf ? 0 : ENOMEM;

	for (at = r->bitmap_bytes; at < end && !error && zero; at += bytes) {
		bytes = min_t(u64, READ_BYTES, end - at);
		error = recover_look(r, r->bitmap_at + at / SESPARSE_SECTOR_SIZE,
				     buf, bytes, &hole);
		zero = hole || (!*buf && !memcmp(buf, buf + 1, bytes - 1));
	}
	free(buf);
	return error || zero ? error :
	       recover_tell(r, true, false,
			    "free bitmap: has grains in use behind those that there are, and is not gone by there");
}

/* Of grains that nobody maps no owner is missed. */
static int tell_owners(struct recovering *r)
{
	u64 grain, none = 0;

	for (grain = 0; grain < r->nr_owners; grain++)
		none += recover_owner(r, grain) == RECOVER_NOBODY &&
			(sesparse_bits_has(&r->noise, grain) ||
			 sesparse_bits_has(&r->weak, grain));
	if (!none)
		return 0;
	return recover_tell(r, true, false,
			    "back map: %llu of %llu entries are none, and not gone by",
			    none, r->nr_owners);
}

/**
 * recover_judge_maps() - find which parts of the bitmap can't be right
 * @r: the recovery, after recover_confirm()
 *
 * Return: 0, or an errno.
 */
int recover_judge_maps(struct recovering *r)
{
	const u64 sectors = r->bitmap_bytes / SESPARSE_SECTOR_SIZE;
	u64 i, grain, bad = 0;

	if (tell_owners(r) || look_behind(r))
		return ENOMEM;
	find_order(r);
	for (i = 0; i < sectors; i++) {
		grain = i * BITS_OF_SECTOR;
		for (; grain < (i + 1) * BITS_OF_SECTOR && !r->doubtful[i];
		     grain++)
			r->doubtful[i] = is_contradicted(r, grain);
		bad += r->doubtful[i];
	}
	if (!bad)
		return 0;
	return recover_tell(r, true, false,
			    "free bitmap: %llu of %llu sectors are contradicted by tables and back map, and not gone by",
			    bad, sectors);
}

static int compare_claims(const void *a, const void *b)
{
	const struct recover_claim *x = a, *y = b;

	if (x->virt != y->virt)
		return x->virt > y->virt ? 1 : -1;
	return (x->grain > y->grain) - (x->grain < y->grain);
}

/* That of a grain that the bitmap has free is old. */
static bool is_claim(const struct recovering *r, u64 grain)
{
	return recover_owner(r, grain) != RECOVER_NOBODY &&
	       !sesparse_bits_has(&r->sure, grain) &&
	       (is_used(r, grain) || r->doubtful[grain / BITS_OF_SECTOR]);
}

/**
 * recover_find_claims() - find what the back map alone tells
 * @r: the recovery, after recover_judge_maps()
 *
 * Return: 0, or an errno.
 */
int recover_find_claims(struct recovering *r)
{
	u64 grain, nr = 0;

	for (grain = 0; grain < r->nr_owners; grain++)
		nr += is_claim(r, grain);
	r->claims = calloc(nr + 1, sizeof(*r->claims));
	if (!r->claims)
		return ENOMEM;
	for (grain = 0; grain < r->nr_owners; grain++)
		if (is_claim(r, grain))
			r->claims[r->nr_claims++] = (struct recover_claim){
				.virt = recover_owner(r, grain),
				.grain = grain,
				.used = !r->doubtful[grain / BITS_OF_SECTOR],
			};
	qsort(r->claims, r->nr_claims, sizeof(*r->claims), compare_claims);
	return 0;
}

static size_t first_claim(const struct recovering *r, u64 virt)
{
	return search_first(r->claims, r->nr_claims, sizeof(*r->claims),
			    offsetof(struct recover_claim, virt), virt);
}

/**
 * recover_claims_of() - what the back map alone has for grains of the disk
 * @r: the recovery, after recover_find_claims()
 * @virt: the first of them
 * @end: the one behind the last
 * @nr: set to how many there are
 *
 * Return: the first.
 */
const struct recover_claim *recover_claims_of(const struct recovering *r,
					      u64 virt, u64 end, size_t *nr)
{
	const size_t first = first_claim(r, virt);

	*nr = first_claim(r, end) - first;
	return r->claims + first;
}
