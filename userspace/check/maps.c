// SPDX-License-Identifier: GPL-2.0-only
/*
 * The free bitmap and the back map of an extent against its tables.
 *
 * That the bitmap's first grain is in the least bit of its byte is what anyone
 * would guess, but the one image of ESXi's that is known does not show it.  So
 * where that does not fit and the other order fits altogether, it is the other.
 *
 * A used grain that nobody maps is none where a table could not be read.
 */
#include "check/passes.h"
#include "util/message.h"

#define READ_BYTES (1U << 20)
#define READ_BITS (8ULL * READ_BYTES)
#define READ_OWNERS (READ_BYTES / sizeof(u64))

/* The comparing of a bitmap. */
struct compare {
	struct check *c;
	u64 *buf; /* READ_BYTES */
	u64 wrong[2]; /* words that don't fit, for each order of bits */
	bool swapped; /* the greatest bit comes first */
	bool report;
};

static u64 swap_bits(u64 word)
{
	word = (word & 0x5555555555555555ULL) << 1 |
	       (word >> 1 & 0x5555555555555555ULL);
	word = (word & 0x3333333333333333ULL) << 2 |
	       (word >> 2 & 0x3333333333333333ULL);
	return (word & 0x0f0f0f0f0f0f0f0fULL) << 4 |
	       (word >> 4 & 0x0f0f0f0f0f0f0f0fULL);
}

static void report_word(struct check *c, u64 first, u64 missing, u64 leaked)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		if (missing >> i & 1)
			find(c->findings, FIND_GRAIN_FREE, first + i,
			     "is mapped, but free in the bitmap, expected it used");
		if (leaked >> i & 1)
			find(c->findings, FIND_LEAK, first + i,
			     "is used in the bitmap, but no entry maps it");
	}
}

static void compare_word(struct compare *p, u64 first, u64 bits)
{
	const u64 mapped = sesparse_bits_get(&p->c->mapped, first);
	const u64 known = p->c->incomplete ? ~0ULL :
			  sesparse_bits_get(&p->c->stale, first);
	u64 order, word, missing, leaked;

	for (order = 0; order < 2; order++) {
		word = order ? swap_bits(bits) : bits;
		missing = mapped & ~word;
		leaked = word & ~mapped & ~known;
		if (p->report && order == p->swapped)
			report_word(p->c, first, missing, leaked);
		p->wrong[order] += missing || leaked;
	}
}

/* Is none of @nr grains from @first on, the first of a leaf, in the set? */
static bool maps_are_empty(const struct sesparse_bits *bits, u64 first, u64 nr)
{
	const u64 behind = min_t(u64, bits->nr,
				 DIV_ROUND_UP_ULL(first + nr, SESPARSE_BITS_LEAF));
	u64 leaf;

	for (leaf = first / SESPARSE_BITS_LEAF; leaf < behind; leaf++)
		if (bits->leaves[leaf])
			return false;
	return true;
}

static int compare_piece(struct compare *p, u64 at, u64 bytes)
{
	const struct sesparse_const_header *h = (const void *)p->c->header;
	const u64 start = le64_to_cpu(h->free_bitmap.offset) *
			  SESPARSE_SECTOR_SIZE;
	const u64 first = at * 8;
	bool hole;
	u64 i;
	int error;

	error = tables_read_bytes(&p->c->tables, start + at, p->buf, bytes,
				  &hole);
	if (error)
		return p->report ? findings_unread(p->c->findings, "free bitmap at byte",
						at, error) : 0;
	if (hole && maps_are_empty(&p->c->mapped, first, bytes * 8))
		return 0;
	if (hole)
		memset(p->buf, 0, bytes);
	for (i = 0; i < bytes / sizeof(u64); i++)
		compare_word(p, first + i * 64, le64_to_cpu(p->buf[i]));
	return p->c->findings->failed;
}

static int compare(struct compare *p)
{
	const struct sesparse_const_header *h = (const void *)p->c->header;
	/* One that is larger was told of; its file may be a hole of any size. */
	const u64 size = min_t(u64, SESPARSE_MAX_CAPACITY /
				    SESPARSE_GRAIN_SECTORS / 8,
			       le64_to_cpu(h->free_bitmap.size) *
			       SESPARSE_SECTOR_SIZE);
	u64 at, bytes;
	int r = 0;

	for (at = 0; at < size && !r; at += bytes) {
		bytes = min_t(u64, READ_BYTES, size - at);
		r = compare_piece(p, at, bytes);
	}
	return r;
}

/**
 * check_bitmap() - check an extent's free bitmap
 * @c: the extent, after check_tables()
 *
 * Return: 0, or an exit code after a message.
 */
int check_bitmap(struct check *c)
{
	struct compare p = { .c = c, .buf = malloc(READ_BYTES) };
	int r;

	if (!p.buf)
		return fail_memory();
	r = compare(&p);
	p.swapped = p.wrong[0] && !p.wrong[1];
	p.report = true;
	if (!r)
		r = compare(&p);
	free(p.buf);
	return r;
}

/* Owners have the same form as the grains of table entries. */
static void check_owner(struct check *c, u64 grain, u64 entry)
{
	const u64 virt = sesparse_gte_grain(entry);
	struct sesparse_run run;

	if (entry >> 60 != 1 || virt >= c->map.nr_grains) {
		find(c->findings, FIND_BACKMAP, grain,
		     "has the entry 0x%016llx in the back map, expected one of type 1 with a grain of the disk below %llu",
		     entry, c->map.nr_grains);
		return;
	}
	sesparse_map_lookup(&c->map, virt, 1, &run);
	if (run.source != SESPARSE_READ_LAYER || run.grain != grain)
		find(c->findings, FIND_BACKMAP, grain,
		     "is that of grain %llu of the disk in the back map, but the tables map another's there",
		     virt);
}

static int check_owners(struct check *c, u64 first, u64 nr, u64 *buf)
{
	const struct sesparse_const_header *h = (const void *)c->header;
	const u64 start = le64_to_cpu(h->backmap.offset) *
			  SESPARSE_SECTOR_SIZE;
	bool hole;
	u64 i;
	int error;

	if (maps_are_empty(&c->mapped, first, nr))
		return 0;
	error = tables_read_bytes(&c->tables, start + first * sizeof(u64), buf,
				  nr * sizeof(u64), &hole);
	if (error)
		return findings_unread(c->findings, "back map from grain", first, error);
	if (hole)
		memset(buf, 0, nr * sizeof(u64));
	for (i = 0; i < nr; i++)
		if (sesparse_bits_has(&c->mapped, first + i) &&
		    !sesparse_bits_has(&c->twice, first + i))
			check_owner(c, first + i, le64_to_cpu(buf[i]));
	return c->findings->failed;
}

/**
 * check_backmap() - check the owners of an extent's grains
 * @c: the extent, after check_tables()
 *
 * What the back map says of a grain that nobody maps is not looked at, nor of one
 * that is mapped twice.
 *
 * Return: 0, or an exit code after a message.
 */
int check_backmap(struct check *c)
{
	const struct sesparse_const_header *h = (const void *)c->header;
	const u64 nr = min_t(u64, c->tables.geo.max_grains,
			     le64_to_cpu(h->backmap.size) *
			     SESPARSE_SECTOR_SIZE / sizeof(u64));
	u64 *buf = malloc(READ_BYTES), first, some;
	int r = 0;

	if (!buf)
		return fail_memory();
	for (first = 0; first < nr && !r; first += some) {
		some = min_t(u64, READ_OWNERS, nr - first);
		r = check_owners(c, first, some, buf);
	}
	free(buf);
	return r;
}
