// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow reader: everything is read when it is needed, a word at a time is
 * looked at, and nothing is packed or remembered but what each grain is.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"

#define SECTOR 512
#define TABLE 4096 /* entries, of a grain each */
#define MIB 2048 /* sectors */

/* Words of the constant header, and of the volatile one behind it. */
enum {
	MAGIC, VERSION, CAPACITY, GRAIN_SIZE, TABLE_SIZE, FLAGS, RESERVED1,
	RESERVED2, RESERVED3, RESERVED4, VOLATILE, VOLATILE_SIZE,
	JOURNAL_HEADER, JOURNAL_HEADER_SIZE, JOURNAL, JOURNAL_SIZE, DIRECTORY,
	DIRECTORY_SIZE, TABLES, TABLES_SIZE, BITMAP, BITMAP_SIZE, BACKMAP,
	BACKMAP_SIZE, GRAINS, GRAINS_SIZE,
	VOLATILE_MAGIC = 64, REPLAY_JOURNAL = 67, HEADER_WORDS = 512
};

/* An extent being looked at. */
struct extent {
	int fd;
	unsigned int layer;
	uint64_t end; /* sectors that there are */
	uint64_t h[HEADER_WORDS];
	uint64_t nr_tables;
	uint64_t region_grains; /* that begin in the grains region */
	struct slow_grain *says; /* what it says of each grain of the disk */
	unsigned char *claims; /* how many entries name each grain of its own */
};

static void *allocate(uint64_t nr, size_t size)
{
	void *p = calloc(nr + 1, size);

	if (!p) {
		fprintf(stderr, "reference: out of memory\n");
		exit(1);
	}
	return p;
}

static void read_bytes(int fd, void *buf, uint64_t size, uint64_t offset)
{
	if (pread(fd, buf, size, (off_t)offset) == (ssize_t)size)
		return;
	fprintf(stderr, "reference: cannot read %llu bytes at %llu\n",
		(unsigned long long)size, (unsigned long long)offset);
	exit(1);
}

static void read_words(int fd, uint64_t *words, uint64_t nr, uint64_t sector)
{
	uint64_t i;

	read_bytes(fd, words, nr * 8, sector * SECTOR);
	for (i = 0; i < nr; i++)
		words[i] = le64toh(words[i]);
}

static uint64_t sectors_of(int fd)
{
	return (uint64_t)lseek(fd, 0, SEEK_END) / SECTOR;
}

static uint64_t up(uint64_t number, uint64_t unit)
{
	return (number + unit - 1) / unit;
}

/* What is wrong with where the regions lie, or NULL. */
static const char *check_regions(const struct extent *x)
{
	const uint64_t *h = x->h, grains = up(h[CAPACITY], 8);
	const uint64_t tables = up(grains, TABLE);
	/* Of each region from the volatile header on, the sectors it must have. */
	const uint64_t need[] = { 1, 0, 0, up(tables * 8, SECTOR), tables * 64,
				  up(grains, 8 * SECTOR),
				  up(grains * 8, SECTOR), h[CAPACITY] };
	uint64_t at = 1, offset, size;
	int i;

	for (i = 0; i < 8; i++) {
		offset = h[VOLATILE + 2 * i];
		size = h[VOLATILE + 2 * i + 1];
		if (size < need[i])
			return "a region is too small";
		if (offset > x->end)
			return "a region begins behind the end";
		/* Three may have room before them, the others follow at once. */
		if (i < 3 ? offset < at : offset != at)
			return "a region is not where it should be";
		if (i < 7 && size > x->end - offset)
			return "a region ends behind the end";
		at = offset + size;
	}
	if (h[GRAINS_SIZE] > up(h[CAPACITY], MIB) * MIB)
		return "there are more grains than the disk has";
	return NULL;
}

/* What is wrong with a header, or NULL. */
static const char *check_header(const struct extent *x,
				const struct slow_chain *c)
{
	const uint64_t *h = x->h;
	const char *why;

	if (h[MAGIC] != 0xcafebabe || h[VOLATILE_MAGIC] != 0xcafecafe)
		return "a magic number is wrong";
	if (h[VERSION] != 0x200000001)
		return "it is of another version";
	if (h[GRAIN_SIZE] != 8 || h[TABLE_SIZE] != 64)
		return "grains or tables are of another size";
	if (h[FLAGS] || (h[RESERVED1] && h[RESERVED1] != 0x200) ||
	    h[RESERVED2] || h[RESERVED3] || h[RESERVED4])
		return "a flag or a reserved word is set";
	if (h[VOLATILE] != 1)
		return "the volatile header is elsewhere";
	if (!h[CAPACITY] || h[CAPACITY] > 1ULL << 37)
		return "the capacity is out of range";
	why = check_regions(x);
	if (!why && h[CAPACITY] != c->sectors)
		why = "the capacity is not the disk's";
	return why;
}

static uint64_t grain_of(uint64_t entry)
{
	return (entry >> 48 & 0xfff) | (entry & 0xffffffffffff) << 12;
}

/* What an entry says, whatever stands beside it. */
static enum slow_kind kind_of(const struct extent *x, uint64_t virt,
			      uint64_t entry)
{
	const uint64_t left = x->h[CAPACITY] - virt * 8;
	const uint64_t there = x->end - x->h[GRAINS];
	const uint64_t grain = grain_of(entry);

	switch (entry >> 60) {
	case 0:
		return entry ? SLOW_ERROR : SLOW_ABSENT;
	case 1:
	case 2:
		return SLOW_ZERO;
	case 3:
		if (grain >= x->region_grains || grain * 8 >= there)
			return SLOW_ERROR;
		/* All of the grain that is on the disk is in the file. */
		return there - grain * 8 >= (left < 8 ? left : 8) ?
			       SLOW_DATA : SLOW_ERROR;
	default:
		return SLOW_ERROR;
	}
}

/* In a table with errors: an entry for zeros that nobody wrote. */
static bool is_noise(const struct extent *x, uint64_t entry)
{
	if (entry >> 60 == 1)
		return grain_of(entry) >= x->region_grains;
	return entry >> 60 == 2 && entry != 2ULL << 60;
}

/* Takes a table in; returns whether nothing is wrong with it. */
static bool take_table(struct extent *x, uint64_t first, uint64_t nr,
		       uint64_t index)
{
	uint64_t entries[TABLE], i, grain;
	bool good = true;

	read_words(x->fd, entries, TABLE, x->h[TABLES] + index * 64);
	for (i = 0; i < nr; i++) {
		grain = grain_of(entries[i]);
		x->says[first + i].kind = kind_of(x, first + i, entries[i]);
		if (x->says[first + i].kind == SLOW_ERROR)
			good = false;
		if (x->says[first + i].kind != SLOW_DATA)
			continue;
		x->says[first + i].layer = x->layer;
		x->says[first + i].offset =
			x->h[GRAINS] * SECTOR + grain * SLOW_GRAIN;
		if (x->claims[grain] < 2)
			x->claims[grain]++;
	}
	for (i = 0; i < nr && !good; i++)
		if (is_noise(x, entries[i]))
			x->says[first + i].kind = SLOW_ERROR;
	return good;
}

/* Is an entry of the directory one, and the only one that names its table? */
static bool directory_entry_is_good(const struct extent *x,
				    const uint64_t *directory, uint64_t table)
{
	const uint64_t entry = directory[table];
	uint64_t i;

	if (entry >> 32 != 0x10000000 ||
	    (entry & 0xffffffff) >= x->h[TABLES_SIZE] / 64)
		return false;
	for (i = 0; i < x->nr_tables; i++)
		if (i != table && directory[i] == entry)
			return false;
	return true;
}

static bool is_decided(const struct slow_chain *c, uint64_t first, uint64_t nr)
{
	uint64_t i;

	for (i = first; i < first + nr; i++)
		if (c->grains[i].kind == SLOW_ABSENT)
			return false;
	return true;
}

/* Takes in what the directory names; returns what is wrong, or NULL. */
static const char *take_tables(const struct slow_chain *c, struct extent *x)
{
	uint64_t *directory = allocate(x->nr_tables, 8);
	const char *why = NULL;
	uint64_t table, first, nr, i;

	read_words(x->fd, directory, x->nr_tables, x->h[DIRECTORY]);
	for (table = 0; table < x->nr_tables; table++) {
		first = table * TABLE;
		nr = c->nr_grains - first < TABLE ? c->nr_grains - first : TABLE;
		if (!directory[table])
			continue;
		if (!directory_entry_is_good(x, directory, table)) {
			why = "an entry of the directory is corrupt";
			for (i = first; i < first + nr; i++)
				x->says[i].kind = SLOW_ERROR;
		} else if (!is_decided(c, first, nr) &&
			   !take_table(x, first, nr,
				       directory[table] & 0xffffffff)) {
			why = "an entry of a table is corrupt";
		}
	}
	free(directory);
	return why;
}

/* A grain that several entries name is of none of them. */
static const char *find_shared(const struct slow_chain *c, struct extent *x)
{
	const uint64_t start = x->h[GRAINS] * SECTOR;
	const char *why = NULL;
	uint64_t i;

	for (i = 0; i < c->nr_grains; i++) {
		if (x->says[i].kind != SLOW_DATA ||
		    x->claims[(x->says[i].offset - start) / SLOW_GRAIN] < 2)
			continue;
		x->says[i].kind = SLOW_ERROR;
		why = "a grain is mapped twice";
	}
	return why;
}

/* What the layers above left open is as this one says. */
static const char *take_extent(struct slow_chain *c, struct extent *x)
{
	const char *why, *shared;
	uint64_t i;

	x->nr_tables = up(c->nr_grains, TABLE);
	x->region_grains = up(x->h[GRAINS_SIZE], 8);
	x->says = allocate(c->nr_grains, sizeof(*x->says));
	x->claims = allocate(x->region_grains, 1);
	why = take_tables(c, x);
	shared = find_shared(c, x);
	for (i = 0; i < c->nr_grains; i++)
		if (c->grains[i].kind == SLOW_ABSENT)
			c->grains[i] = x->says[i];
	free(x->says);
	free(x->claims);
	return c->salvage ? NULL : why ? why : shared;
}

static const char *take_layer(struct slow_chain *c, unsigned int layer)
{
	struct extent x = { .fd = c->layers[layer], .layer = layer };
	const char *why = "it has no headers";

	c->bad_layer = layer;
	c->bad_header = true;
	x.end = sectors_of(x.fd);
	if (x.end >= HEADER_WORDS * 8 / SECTOR) {
		read_words(x.fd, x.h, HEADER_WORDS, 0);
		if (!c->sectors)
			c->sectors = x.h[CAPACITY];
		why = check_header(&x, c);
	}
	if (why)
		return why;
	c->bad_header = false;
	if (x.h[REPLAY_JOURNAL] && !c->ignore_dirty)
		return "it was not closed cleanly";
	if (!c->grains) {
		c->nr_grains = up(c->sectors, 8);
		c->grains = allocate(c->nr_grains, sizeof(*c->grains));
	}
	return take_extent(c, &x);
}

/**
 * slow_decide() - find what each grain of a chain is
 * @c: the chain; it is refused if @why is set
 */
void slow_decide(struct slow_chain *c)
{
	unsigned int layer;
	uint64_t i;

	c->grains = NULL;
	c->nr_grains = 0;
	c->why = NULL;
	for (layer = 0; layer < c->nr_layers && !c->why; layer++)
		c->why = take_layer(c, layer);
	for (i = 0; i < c->nr_grains && c->rest_lost; i++)
		if (c->grains[i].kind == SLOW_ABSENT)
			c->grains[i].kind = SLOW_ERROR;
}

/**
 * slow_read() - read a grain
 * @c: the chain, decided
 * @grain: of the disk
 * @buf: for SLOW_GRAIN bytes; gets zeros for an error
 *
 * Return: bytes of it that are on the disk.
 */
unsigned int slow_read(const struct slow_chain *c, uint64_t grain,
		       unsigned char *buf)
{
	const struct slow_grain *g = &c->grains[grain];
	const uint64_t left = (c->sectors - grain * 8) * SECTOR;
	const unsigned int size = left < SLOW_GRAIN ? left : SLOW_GRAIN;
	uint64_t below;

	memset(buf, 0, SLOW_GRAIN);
	if (g->kind == SLOW_DATA) {
		read_bytes(c->layers[g->layer], buf, size, g->offset);
	} else if (g->kind == SLOW_ABSENT && c->parent >= 0 &&
		   c->parent_sectors > grain * 8) {
		below = (c->parent_sectors - grain * 8) * SECTOR;
		read_bytes(c->parent, buf, below < size ? below : size,
			   grain * SLOW_GRAIN);
	}
	return size;
}

/**
 * slow_free() - free what slow_decide() found
 * @c: the chain
 */
void slow_free(struct slow_chain *c)
{
	free(c->grains);
	c->grains = NULL;
}
