// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of recover's, read over the two extents of a disk.  An input draws the extents'
 * damage, and a file whose parts are for them, mostly, with numbers changed and bytes
 * of it, which is then signed anew.
 *
 * What is taken has its numbers in bounds, and made anew is the same file.  Of an extent
 * that it fits the sectors that it names, all of them of the metadata, read as it says,
 * all else as before; the headers are sound then.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "fuzz.h"
#include "image.h"
#include "sesparse/header.h"
#include "sesparse/patch.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/patch-file.h"

#define SECTOR 512
#define NR_EXTENTS 2
#define MAX_SECTORS 6
#define MAX_CHANGES 6
#define MAX_DAMAGE 3
#define ROOM 8192

/* Sectors of an extent: its regions, of a disk of 16 grains. */
#define CAPACITY 128
#define METADATA 96
#define SECTORS (METADATA + CAPACITY)
#define TABLES 16
#define JOURNAL_MAGIC 0xdeafc0de

/* How the file comes to be. */
#define HOW_SAME 1 /* both extents have the same metadata */
#define HOW_UNSIGNED 2
#define HOW_CUT 4

/* Of a file: what is signed begins behind its sum, which is before that. */
#define FILE_BYTES_AT 32
#define FILE_SUM_AT 40
#define FILE_HEADER 104

/* As they are before any damage; each is made once. */
static unsigned char good[NR_EXTENTS][SECTORS * SECTOR];
/* What is damaged: those, and the second one as the first one is. */
static unsigned char one[SECTORS * SECTOR], other[SECTORS * SECTOR],
	same[SECTORS * SECTOR];
static unsigned char *extents[NR_EXTENTS] = { one, other };
static unsigned char wanted[SECTORS * SECTOR], now[SECTORS * SECTOR];
static unsigned char file[ROOM];

static void put_word(unsigned char *at, u64 value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

static void make_extent(unsigned int nr)
{
	unsigned char *x = good[nr];
	const u64 words[] = { SESPARSE_CONST_MAGIC, SESPARSE_VERSION, CAPACITY,
			      8, 64, 0, 0, 0, 0, 0, 1, 1, 2, 2, 4, 4, 8, 8,
			      TABLES, 64, 80, 8, 88, 8, METADATA, CAPACITY };
	size_t i;

	for (i = 0; i < SECTORS * SECTOR; i++)
		x[i] = (unsigned char)(i >= METADATA * SECTOR ? i * 7 + nr : 0);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		put_word(x + i * 8, words[i]);
	put_word(x + SECTOR, SESPARSE_VOLATILE_MAGIC);
	put_word(x + 2 * SECTOR, JOURNAL_MAGIC);
	put_word(x + 8 * SECTOR, 1ULL << 60);
	for (i = 0; i < CAPACITY / 8; i++)
		put_word(x + TABLES * SECTOR + i * 8, sesparse_encode_gte(i + nr));
}

static void make_extents(void)
{
	if (*good[0])
		return;
	make_extent(0);
	make_extent(1);
	memcpy(one, good[0], sizeof(one));
	memcpy(other, good[1], sizeof(other));
	memcpy(same, good[0], sizeof(same));
}

static int read_extent(void *private, u64 at, void *buf, size_t bytes, bool *hole)
{
	*hole = false;
	memcpy(buf, (unsigned char *)private + at, bytes);
	return 0;
}

/* A sector more of a patch: mostly a word of what is there, or of what was, changes. */
static void add_sector(struct draw *draw, struct patch *p, u64 *sector,
		       const unsigned char *x)
{
	const uint8_t how = draw_byte(draw);
	unsigned char is[SECTOR];
	u64 word;

	*sector += how % 8 == 7 ? draw_byte(draw) : how % 8;
	memcpy(is, (how & 8 ? x : good[0]) + *sector % SECTORS * SECTOR, SECTOR);
	if (how & 16) {
		memcpy(&word, is + how / 32 * 8, sizeof(word));
		put_word(is + how / 32 * 8, draw_odd(draw, word));
	}
	must(!patch_add(p, how & 64 && how & 128 ? draw_number(draw, 8) : *sector,
			is));
	(*sector)++;
}

static void draw_patch(struct draw *draw, struct patch *p)
{
	const uint8_t how = draw_byte(draw);
	unsigned char *x = extents[how & 1];
	u64 metadata = METADATA, sector = 0;
	unsigned int nr = 1 + how / 2 % MAX_SECTORS;

	if (how & 64)
		metadata = 1 + draw_byte(draw) % SECTORS;
	must(!patch_begin(p, SECTORS, metadata, read_extent, x));
	if (how & 128) {
		p->sectors = draw_odd(draw, p->sectors);
		p->metadata = draw_odd(draw, p->metadata);
	}
	draw_bytes(draw, p->name, draw_byte(draw) % 8);
	for (; nr--;)
		add_sector(draw, p, &sector, x);
}

static void sign(size_t size)
{
	char text[SHA256_TEXT];
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, file + FILE_HEADER, size - FILE_HEADER);
	sha256_end(&sum, text);
	memcpy(file + FILE_SUM_AT, text, SHA256_TEXT - 1);
	put_word(file + FILE_BYTES_AT, size);
}

static void change_bytes(struct draw *draw, size_t size)
{
	unsigned int nr;
	size_t at;
	u64 word;

	for (nr = 0; draw->left && nr < MAX_CHANGES; nr++) {
		at = draw_number(draw, 2) % (size - 7);
		memcpy(&word, file + at, sizeof(word));
		put_word(file + at, draw_odd(draw, word));
	}
}

/* Return: how many bytes it has. */
static size_t draw_file(struct draw *draw, uint8_t how)
{
	struct patch list[2] = { 0 };
	struct patches all = { .list = list, .nr = 1 + how / 8 % 2 };
	void *bytes;
	size_t size, i;

	for (i = 0; i < all.nr; i++)
		draw_patch(draw, &list[i]);
	must(!patches_encode(&all, &bytes, &size));
	must(size <= ROOM);
	memcpy(file, bytes, size);
	free(bytes);
	for (i = 0; i < all.nr; i++)
		patch_free(&list[i]);
	if (how & HOW_CUT)
		size -= 1 + draw_number(draw, 2) % (size - FILE_HEADER);
	change_bytes(draw, size);
	if (!(how & HOW_UNSIGNED))
		sign(size);
	return size;
}

static void check_patch(const struct patch *p)
{
	u64 i;

	must(p->nr && p->metadata <= p->sectors);
	must(memchr(p->name, '\0', sizeof(p->name)));
	for (i = 0; i < p->nr; i++) {
		must(le64_to_cpu(p->at[i]) < p->metadata);
		must(!i || le64_to_cpu(p->at[i - 1]) < le64_to_cpu(p->at[i]));
		must((const unsigned char *)p->data >= file &&
		     p->data + (i + 1) * SECTOR <= file + ROOM);
	}
}

/* Return: is it taken? */
static bool check_parsed(size_t size, struct patches *all)
{
	char why[160];
	void *bytes;
	size_t again, i;
	int error;

	error = patches_parse(file, size, all, why, sizeof(why));
	must(!error || error == EINVAL);
	if (error) {
		must(memchr(why, '\0', sizeof(why)) && *why);
		return false;
	}
	must(all->nr);
	for (i = 0; i < all->nr; i++)
		check_patch(&all->list[i]);
	must(!patches_encode(all, &bytes, &again));
	must_equal(again, size);
	must(!memcmp(bytes, file, size));
	free(bytes);
	return true;
}

static int open_extent(const unsigned char *bytes, unsigned int nr,
		       struct source *source)
{
	char name[32];

	*source = SOURCE_CLOSED(nr ? (char *)"b" : (char *)"a");
	snprintf(name, sizeof(name), "/proc/self/fd/%d",
		 files_set(nr, bytes, SECTORS * SECTOR, false));
	source->fd = open(name, O_RDONLY);
	source->sectors = SECTORS;
	return source->fd;
}

/* Is a patch, by a sum of its own, of this extent? */
static bool is_of(const struct patch *p, unsigned char *x)
{
	struct patch other = { 0 };

	if (p->sectors != SECTORS)
		return false;
	must(!patch_begin(&other, SECTORS, p->metadata, read_extent, x));
	return !strcmp(other.before, p->before);
}

/* The first one that fits is what the extent reads as. */
static bool check_extent(const struct patches *all, unsigned char *x,
			 const struct source *source)
{
	struct sesparse_geometry geo;
	struct header header;
	const struct patch *p;
	char why[160];
	size_t i;
	u64 k;

	memcpy(wanted, x, sizeof(wanted));
	for (i = 0; i < all->nr && !is_of(&all->list[i], x); i++)
		;
	must_equal(i < all->nr, !!source->splice);
	if (i < all->nr) {
		p = &all->list[i];
		for (k = 0; k < p->nr; k++)
			memcpy(wanted + le64_to_cpu(p->at[k]) * SECTOR,
			       p->data + k * SECTOR, SECTOR);
		must(!header_read(source, 0, &header));
		must(!header_decode(source, 0, &header, &geo, why, sizeof(why)));
		must_equal(geo.grains, p->metadata);
	}
	must(!source_read(source, now, sizeof(now), 0));
	must(!memcmp(now, wanted, sizeof(now)));
	if (i < all->nr)
		must(!memcmp(now + p->metadata * SECTOR, x + p->metadata * SECTOR,
			     sizeof(now) - p->metadata * SECTOR));
	return source->splice;
}

static void look(size_t size, const struct patches *all)
{
	static char top[] = "disk";
	const struct log log = { 0 };
	struct source sources[NR_EXTENTS];
	struct extent list[NR_EXTENTS] = { 0 };
	struct descriptor d = { .path = top, .extents = list,
				.nr_extents = NR_EXTENTS };
	struct descriptor *links[] = { &d };
	const struct chain chain = { .links = links, .nr_links = 1,
				     .nr_layers = 1 };
	char name[32];
	int i, r, fitting = 0;

	for (i = 0; i < NR_EXTENTS; i++) {
		must(open_extent(extents[i], (unsigned int)i, &sources[i]) >= 0);
		list[i] = (struct extent){ .type = EXTENT_SESPARSE,
					   .sectors = CAPACITY,
					   .source = &sources[i] };
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d",
		 files_set(NR_EXTENTS, file, size, false));
	r = patch_file_apply(&log, name, &chain, NULL);
	must(r >= 0 && r <= EXIT_BUSY);
	must(fuzz_told() || !r);
	must(r || all);
	for (i = 0; i < NR_EXTENTS && !r; i++)
		fitting += check_extent(all, extents[i], &sources[i]);
	must(r || fitting);
	if (!r)
		fuzz_taken();
	for (i = 0; i < NR_EXTENTS; i++)
		source_close(&sources[i]);
	must(!files_open());
}

/* Some words of both, by turns; @at is set to where they are. */
static void damage(struct draw *draw, int nr, size_t *at)
{
	int i;

	for (i = 0; i < nr; i++) {
		at[i] = draw_number(draw, 2) % (METADATA * 64) * 8;
		put_word(extents[i % NR_EXTENTS] + at[i], draw_number(draw, 8));
	}
}

static void repair(bool is_same, int nr, const size_t *at)
{
	int i;

	for (i = 0; i < nr; i++)
		memcpy(extents[i % NR_EXTENTS] + at[i],
		       good[is_same ? 0 : i % NR_EXTENTS] + at[i], sizeof(u64));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	const uint8_t how = draw_byte(&draw);
	const int nr = how / 16 % (MAX_DAMAGE + 1);
	struct patches all = { 0 };
	size_t bytes, at[MAX_DAMAGE];
	bool taken;

	make_extents();
	extents[1] = how & HOW_SAME ? same : other;
	damage(&draw, nr, at);
	bytes = draw_file(&draw, how);
	taken = check_parsed(bytes, &all);
	look(bytes, taken ? &all : NULL);
	patches_free(&all);
	repair(how & HOW_SAME, nr, at);
	return 0;
}
