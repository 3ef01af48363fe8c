// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chain's tables taken into a map as the module and the tool do, with salvage or
 * not, and all that can be looked up of it then compared with what the slow reader says
 * of each grain.
 *
 * An input draws the disk, and of each layer where its device ends, the directory, and
 * the tables as runs of entries.
 */
#include <sanitizer/asan_interface.h>
#include <string.h>

#include "dm-sesparse/owners.h"
#include "fuzz.h"
#include "slow-chain.h"

/* Sectors of most disks, and of some. */
#define TINY (80 * SESPARSE_GRAIN_SECTORS)
#define SMALL (600 * SESPARSE_GRAIN_SECTORS)

static struct slow_disk disk;
static struct slow_grain grains[SLOW_TABLES * SESPARSE_TABLE_ENTRIES];

static u64 encode(u64 grain)
{
	return 3ULL << 60 | (grain % 4096) << 48 | (grain / 4096 & 0xffffffffffff);
}

/* @nr entries that say the same, go up or down, or are anywhere in a window. */
static void draw_entries(struct draw *draw, uint8_t how, u64 *entry,
			 unsigned int nr)
{
	u64 grain = 0, step = 1, window = 0, random = how, raw = 0;

	switch (how % 8) {
	case 1:
		break;
	case 2:
		raw = 2ULL << 60;
		break;
	case 3:
		raw = 1ULL << 60 | draw_number(draw, 2) << 48;
		break;
	case 4:
		raw = draw_number(draw, 8);
		break;
	case 7:
		window = (2ULL << how / 8) - 1;
		/* fall through */
	case 6:
		step = (u64)(int8_t)draw_byte(draw);
		/* fall through */
	default:
		grain = draw_number(draw, 4);
	}
	for (; nr--; entry++, grain += step) {
		random = random * 6364136223846793005 + 1442695040888963407;
		*entry = how % 8 < 5 ? raw :
			 encode(grain + (random >> 24 & window));
	}
}

/*
 * Of a disk with one table alone, what lies behind its end in it may not even be looked
 * at; else any table can be the last, and has all of its entries.
 */
static void draw_table(struct draw *draw, u64 *entries)
{
	const unsigned int nr = disk.nr_tables > 1 ? SESPARSE_TABLE_ENTRIES :
						     (unsigned int)disk.nr_grains;
	unsigned int i, length;
	uint8_t how;

	ASAN_UNPOISON_MEMORY_REGION(entries, nr * sizeof(*entries));
	for (i = 0; i < nr; i += length) {
		how = draw_byte(draw);
		if (how % 8 == 0)
			break;
		length = 1 + draw_byte(draw);
		length = length < 192 ? length : (length - 191) * 97;
		if (length > nr - i)
			length = nr - i;
		draw_entries(draw, how, entries + i, length);
	}
	memset(entries + i, 0, (nr - i) * sizeof(*entries));
	ASAN_POISON_MEMORY_REGION(entries + nr, (SESPARSE_TABLE_ENTRIES - nr) *
				    sizeof(*entries));
}

/* Mostly tables in their order. */
static u64 draw_directory_entry(struct draw *draw, u64 i)
{
	const uint8_t how = draw_byte(draw);

	switch (how % 8) {
	case 6:
		return 0;
	case 7:
		return draw_number(draw, 8);
	default:
		return 0x1000000000000000 + (how / 8 + i) % SLOW_SLOTS;
	}
}

/* Its grains are those that the disk needs, rounded up, but the device may end early. */
static void draw_layer(struct draw *draw, struct slow_layer *l)
{
	const uint8_t how = draw_byte(draw);
	const u64 most = (disk.capacity + 2047) / 2048 * 2048;
	u64 i, cut;

	l->slots = disk.nr_tables + how % (SLOW_SLOTS - disk.nr_tables + 1);
	l->region = how & 32 ? most : disk.capacity;
	if (how & 16)
		l->region += draw_number(draw, 2) % (most - l->region + 1);
	cut = how & 64 ? draw_number(draw, 3) : 0;
	if (cut > l->region)
		cut = l->region;
	l->end = SLOW_GRAINS_AT + l->region - cut;
	if (how & 128)
		l->end += draw_byte(draw);
	for (i = 0; i < disk.nr_tables; i++)
		l->directory[i] = draw_directory_entry(draw, i);
	for (i = 0; i < l->slots; i++)
		draw_table(draw, l->tables[i]);
}

static void draw_disk(struct draw *draw, uint8_t flags)
{
	const u64 most = flags & 128 ? TINY : flags & 64 ? SMALL :
			 draw_byte(draw) % 4 ? TINY : SLOW_SECTORS;
	unsigned int i;

	disk.salvage = flags & 2;
	disk.nr_layers = 1 + flags / 8 % SLOW_LAYERS;
	disk.capacity = 1 + draw_number(draw, 3) % most;
	disk.nr_grains = (disk.capacity + 7) / 8;
	disk.nr_tables = (disk.nr_grains + 4095) / 4096;
	for (i = 0; i < disk.nr_layers; i++) {
		disk.layers[i].number = flags & 32 ? i * 20 : i;
		draw_layer(draw, &disk.layers[i]);
	}
}

static void set_region(struct sesparse_extent *e, u64 offset, u64 size)
{
	e->offset = cpu_to_le64(offset);
	e->size = cpu_to_le64(size);
}

static struct sesparse_geometry decode_header(const struct slow_layer *l)
{
	static union {
		struct sesparse_const_header h;
		char bytes[SESPARSE_HEADER_BYTES];
	} block;
	struct sesparse_const_header *h = &block.h;
	struct sesparse_volatile_header *v =
		(void *)(block.bytes + SESPARSE_SECTOR_SIZE);
	const u64 bitmap = SLOW_TABLES_AT + l->slots * SESPARSE_TABLE_SECTORS;
	const u64 backmap = bitmap + SLOW_BITMAP_SECTORS;
	struct sesparse_geometry geo = { 0 };
	char why[160];

	h->magic = cpu_to_le64(SESPARSE_CONST_MAGIC);
	h->version = cpu_to_le64(SESPARSE_VERSION);
	h->capacity = cpu_to_le64(disk.capacity);
	h->grain_size = cpu_to_le64(SESPARSE_GRAIN_SECTORS);
	h->grain_table_size = cpu_to_le64(SESPARSE_TABLE_SECTORS);
	set_region(&h->volatile_header, 1, 1);
	set_region(&h->journal_header, SLOW_JOURNAL_HEADER_AT, 2);
	set_region(&h->journal, SLOW_JOURNAL_AT,
		   SLOW_DIRECTORY_AT - SLOW_JOURNAL_AT);
	set_region(&h->grain_directory, SLOW_DIRECTORY_AT,
		   SLOW_TABLES_AT - SLOW_DIRECTORY_AT);
	set_region(&h->grain_tables, SLOW_TABLES_AT, bitmap - SLOW_TABLES_AT);
	set_region(&h->free_bitmap, bitmap, backmap - bitmap);
	set_region(&h->backmap, backmap, SLOW_GRAINS_AT - backmap);
	set_region(&h->grains, SLOW_GRAINS_AT, l->region);
	v->magic = cpu_to_le64(SESPARSE_VOLATILE_MAGIC);
	must(!sesparse_decode_header(&block, l->end, &geo, why, sizeof(why)));
	return geo;
}

/* 1: the disk is refused. */
static int take_directory(const struct slow_layer *l, struct sesparse_owners *o,
			  struct sesparse_build *b)
{
	struct sesparse_claim claim;
	u64 i;
	int r = 0;

	for (i = 0; i < disk.nr_tables && !r; i++) {
		if (sesparse_owners_take(o, i, l->directory[i], &claim))
			continue;
		r = disk.salvage ? sesparse_owners_spoil(&claim, b) : 1;
	}
	return r;
}

static int take_tables(const struct slow_layer *l, const struct sesparse_owners *o,
		       struct sesparse_build *b)
{
	struct sesparse_fault fault;
	u64 i;
	int r = 0;

	for (i = 0; i < l->slots && !r; i++) {
		if (!sesparse_owners_wants(o, i, b->map))
			continue;
		r = sesparse_build_table(b, sesparse_owners_of(o, i),
					 l->tables[i], &fault);
		if (!r && fault.nr && !disk.salvage)
			r = 1;
		must(r || !fault.nr || (fault.why && fault.index < 4096));
	}
	return r;
}

static int take_layer(const struct slow_layer *l, struct sesparse_build *b)
{
	const struct sesparse_geometry geo = decode_header(l);
	struct sesparse_owners o;
	int r;

	r = sesparse_owners_init(&o, &geo, b->map->account);
	if (!r)
		r = sesparse_build_begin_layer(b, l->number, &geo);
	if (!r)
		r = take_directory(l, &o, b);
	if (!r)
		r = take_tables(l, &o, b);
	if (!r)
		r = sesparse_build_end_layer(b);
	sesparse_owners_exit(&o);
	return r;
}

static int take_disk(struct sesparse_map *map, struct sesparse_build *b)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < disk.nr_layers && !r; i++)
		r = take_layer(&disk.layers[i], b);
	return r ? r : sesparse_map_finish(map);
}

static void check_counts(const struct sesparse_counts *counts)
{
	u64 nr[4] = { 0 };
	u64 i;

	for (i = 0; i < disk.nr_grains; i++)
		nr[grains[i].kind]++;
	must_equal(counts->mapped, nr[SLOW_DATA]);
	must_equal(counts->zero, nr[SLOW_ZERO]);
	must_equal(counts->corrupt, nr[SLOW_ERROR]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	const uint8_t flags = draw_byte(&draw);
	const u64 limit = flags & 4 ? 8 * draw_number(&draw, 2) : ~0ULL >> 1;
	struct sesparse_build b = { 0 };
	struct sesparse_account account;
	atomic64_t used = { 0 };
	struct sesparse_map map;
	bool refused;
	int r;

	draw_disk(&draw, flags);
	refused = slow_read(&disk, grains);
	sesparse_account_init(&account, &used, limit);
	r = sesparse_map_init(&map, disk.nr_grains, flags & 1, &account);
	if (!r)
		r = sesparse_build_init(&b, &map);
	if (!r)
		r = take_disk(&map, &b);
	must(account.held <= limit);
	if (r == -ENOSPC) {
		must(account.need > limit);
	} else {
		must_equal(r, refused);
		if (!r) {
			check_counts(&b.counts);
			slow_compare(&map, grains, size);
			fuzz_taken();
		}
	}
	sesparse_build_exit(&b);
	sesparse_map_exit(&map);
	must_equal(atomic64_read(&used), 0);
	return 0;
}
