// SPDX-License-Identifier: GPL-2.0-only
/*
 * The headers of an extent.  An input is the number of the device's sectors, 8
 * bytes, then the constant header's 26 words and the volatile one's 4, and then
 * whatever is to stand where neither has a field.
 *
 * What is taken must keep every promise of struct sesparse_geometry, by arithmetic
 * on 128 bits, and must not depend on what no field is in.
 */
#include <stdio.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "fuzz.h"

#define CONST_BYTES (26 * 8)
#define VOLATILE_BYTES (4 * 8)

/* Every message fits in it, as the kernel-doc has it. */
#define WHY_BYTES 160

typedef unsigned __int128 u128;

static void check_region(const struct sesparse_extent *e, u64 end)
{
	must((u128)le64_to_cpu(e->offset) + le64_to_cpu(e->size) <= end);
}

/* The last one's grains are whole, wherever it ends. */
static void check_apart(const struct sesparse_const_header *h)
{
	const struct sesparse_extent *e = &h->volatile_header;
	u128 start[8], stop[8];
	int i, j;

	for (i = 0; i < 8; i++) {
		start[i] = le64_to_cpu(e[i].offset);
		stop[i] = start[i] + le64_to_cpu(e[i].size);
	}
	/* From the directory on they follow one another. */
	for (i = 3; i < 8; i++)
		must(start[i] == stop[i - 1]);
	stop[7] = start[7] + (stop[7] - start[7] + 7) / 8 * 8;
	for (i = 0; i < 8; i++) {
		if (start[i] == stop[i])
			continue;
		must(start[i] >= 1);
		for (j = 0; j < i; j++)
			must(start[j] == stop[j] || stop[j] <= start[i] ||
			     stop[i] <= start[j]);
	}
}

static void check_geometry(const struct sesparse_geometry *g,
			   const struct sesparse_const_header *h, u64 sectors)
{
	const u64 region = le64_to_cpu(h->grains.size);

	must_equal(g->end, sectors);
	must(g->capacity >= 1 && g->capacity <= SESPARSE_MAX_CAPACITY);
	must_equal(g->nr_grains, g->capacity / 8 + !!(g->capacity % 8));
	must_equal(g->nr_tables,
		   g->nr_grains / 4096 + !!(g->nr_grains % 4096));
	must(g->directory >= 1);
	must((u128)g->directory * 512 + (u128)g->nr_tables * 8 <=
	     (u128)sectors * 512);
	must(g->max_tables <= SESPARSE_MAX_TABLES);
	must(g->max_tables >= g->nr_tables);
	must(g->region_grains >= g->nr_grains);
	must((u128)g->tables + (u128)g->max_tables * 64 <= sectors);
	must(g->max_grains <= SESPARSE_MAX_GRAINS);
	must(g->max_grains <= g->region_grains);
	must(g->grains <= sectors);
	/* The last grain begins on the device, and in its region. */
	must(!g->max_grains ||
	     (u128)g->grains + (u128)(g->max_grains - 1) * 8 < sectors);
	must(!g->max_grains || (u128)(g->max_grains - 1) * 8 < region);
	must(g->region_grains <= SESPARSE_MAX_CAPACITY / 8);
	must(!g->region_grains || (u128)(g->region_grains - 1) * 8 < region);
}

/* What a new image has: whoever reads it decides, here it is only told. */
static void check_dirty(const struct sesparse_geometry *g, const char *block)
{
	u64 replay;

	memcpy(&replay, block + 512 + 24, sizeof(replay));
	must_equal(g->dirty, replay != 0);
}

static int decode(const char *block, u64 sectors, struct sesparse_geometry *g,
		  char *why)
{
	int r;

	memset(g, 0, sizeof(*g));
	memset(why, 0, WHY_BYTES);
	r = sesparse_decode_header(block, sectors, g, why, WHY_BYTES);
	must(r == 0 || r == -EINVAL);
	must(!r || *why);
	must(strlen(why) < WHY_BYTES - 1);
	return r;
}

/* The words of an input, and where those are that have a meaning to the others. */
enum {
	WORD_SECTORS = 0,
	WORD_CAPACITY = 1 + 2,
	WORD_REGIONS = 1 + 10, /* 8 times offset and size */
	NR_WORDS = 1 + 26 + 4,
};

/* From the directory on, each region begins where the one before it ends. */
static void join_regions(u64 *words)
{
	u64 *region = words + WORD_REGIONS + 2 * 3;
	int i;

	for (i = 0; i < 5; i++, region += 2)
		region[0] = region[-2] + region[-1];
}

/* A number that may just be, or just not be, in the place of @was. */
static u64 near(u64 was, unsigned int seed)
{
	static const u64 steps[] = { 1, 7, 8, 64, 512, 2048, 4096, 32768 };
	const u64 step = steps[seed / 8 % 8];

	switch (seed % 8) {
	case 0:
		return was - step;
	case 1:
		return was + step;
	case 2:
		return step;
	case 3:
		return 1ULL << seed / 64 % 64;
	case 4:
		return was ^ 1ULL << seed / 64 % 64;
	case 5:
		return was * 2;
	case 6:
		return was / 2;
	default:
		return 0 - step;
	}
}

/* Makes all sizes what a capacity takes, or a little more. */
static void fit_regions(u64 *words)
{
	const u64 grains = words[WORD_CAPACITY] / 8 + 1;
	const u64 tables = grains / 4096 + 1;
	u64 *size = words + WORD_REGIONS + 1;

	size[2 * 3] = tables / 64 + 1;
	size[2 * 4] = tables * 64;
	size[2 * 5] = grains / 4096 + 1;
	size[2 * 6] = grains / 64 + 1;
	size[2 * 7] = words[WORD_CAPACITY];
	join_regions(words);
	words[WORD_SECTORS] = size[2 * 7 - 1] + size[2 * 7];
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

/* Most changes are to one number, with the others made to agree with it or not. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	const size_t all = NR_WORDS * sizeof(u64);
	u64 words[NR_WORDS] = { 0 };
	unsigned int word = seed / 8 % NR_WORDS;

	if (seed % 8 == 0 || max < all)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(words, data, size < all ? size : all);
	if (seed % 8 < 4) /* a capacity or a region */
		word = word % 16 < 2 ? WORD_CAPACITY : WORD_REGIONS + word % 16;
	words[word] = cpu_to_le64(near(le64_to_cpu(words[word]), seed >> 8));
	if (seed % 8 < 6 && word == WORD_CAPACITY)
		fit_regions(words);
	else if (seed % 8 < 6)
		join_regions(words);
	memcpy(data, words, all);
	return size < all ? all : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char block[2][SESPARSE_HEADER_BYTES];
	static char why[2][WHY_BYTES];
	struct sesparse_geometry g[2] = { 0 };
	struct draw draw = { data, size };
	const u64 sectors = draw_number(&draw, 8);
	size_t i, rest;
	int r;

	draw_bytes(&draw, block[0], CONST_BYTES);
	draw_bytes(&draw, block[0] + 512, VOLATILE_BYTES);
	memcpy(block[1], block[0], CONST_BYTES);
	memcpy(block[1] + 512, block[0] + 512, VOLATILE_BYTES);
	rest = draw.left < 304 ? draw.left : 304;
	memcpy(block[1] + CONST_BYTES, draw.next, rest);
	memcpy(block[1] + 512 + VOLATILE_BYTES, draw.next, rest);

	r = decode(block[0], sectors, &g[0], why[0]);
	must_equal(decode(block[1], sectors, &g[1], why[1]), r);
	must(!strcmp(why[0], why[1]));
	if (r)
		return 0;
	/* Both were 0, and so is what lies between their members. */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	must(!memcmp(&g[0], &g[1], sizeof(g[0])));
	check_geometry(&g[0], (const void *)block[0], sectors);
	for (i = 0; i < 7; i++) /* all but the grains */
		check_region((const struct sesparse_extent *)(block[0] + 80) + i,
			     sectors);
	check_apart((const void *)block[0]);
	check_dirty(&g[0], block[0]);
	fuzz_taken();
	return 0;
}
