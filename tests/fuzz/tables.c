// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chain's tables taken into a map as the module and the tool do, with salvage or
 * not, and all that can be looked up of it then compared with what a slow reader,
 * below, says of each grain.  The rules are those of Documentation/format.rst.
 *
 * An input draws the disk, and of each layer where its device ends, the directory, and
 * the tables as runs of entries.
 */
#include <string.h>

#include "dm-sesparse/owners.h"
#include "fuzz.h"
#include "slow.h"

#define MAX_LAYERS 4
#define MAX_TABLES 3 /* of the disk */
#define MAX_SLOTS 4 /* for tables, of an extent */
#define MAX_SECTORS (MAX_TABLES * SESPARSE_TABLE_SPAN)

/* Where an extent's parts lie, in sectors. */
#define DIRECTORY_AT 8
#define TABLES_AT 16
#define GRAINS_AT (TABLES_AT + MAX_SLOTS * SESPARSE_TABLE_SECTORS)

/**
 * struct layer - an extent as it was drawn
 * @number: of the layer
 * @slots: tables that it has room for
 * @region: sectors of the region of its grains
 * @end: sectors of its device
 * @directory: its entries
 * @tables: theirs
 */
struct layer {
	unsigned int number;
	u64 slots;
	u64 region;
	u64 end;
	u64 directory[MAX_TABLES];
	u64 tables[MAX_SLOTS][SESPARSE_TABLE_ENTRIES];
};

/**
 * struct disk - a chain as it was drawn
 * @capacity: sectors
 * @nr_grains: that cover it
 * @nr_tables: that cover those
 * @salvage: what is corrupt becomes an error
 * @nr_layers: layers of the chain
 * @layers: newest first
 */
struct disk {
	u64 capacity;
	u64 nr_grains;
	u64 nr_tables;
	bool salvage;
	unsigned int nr_layers;
	struct layer layers[MAX_LAYERS];
};

static struct disk disk;
static struct slow_grain grains[MAX_TABLES * SESPARSE_TABLE_ENTRIES];

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

static void draw_table(struct draw *draw, u64 *entries)
{
	unsigned int i, length;
	uint8_t how;

	for (i = 0; i < SESPARSE_TABLE_ENTRIES; i += length) {
		how = draw_byte(draw);
		if (how % 8 == 0)
			break;
		length = 1 + draw_byte(draw);
		length = length < 192 ? length : (length - 191) * 97;
		if (length > SESPARSE_TABLE_ENTRIES - i)
			length = SESPARSE_TABLE_ENTRIES - i;
		draw_entries(draw, how, entries + i, length);
	}
	memset(entries + i, 0, (SESPARSE_TABLE_ENTRIES - i) * sizeof(*entries));
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
		return 0x1000000000000000 + (how / 8 + i) % MAX_SLOTS;
	}
}

static void draw_layer(struct draw *draw, struct layer *l)
{
	static const u64 sizes[] = {
		40960, 0, 8, 80, 32768, 40000, 1 << 20, 1 << 24,
	};
	const uint8_t how = draw_byte(draw);
	u64 i, cut;

	l->slots = how / 8 % 4 == 3 ? draw_byte(draw) % MAX_SLOTS : MAX_SLOTS;
	l->region = sizes[how % 8] + (how & 32 ? draw_byte(draw) % 8 : 0);
	cut = how & 64 ? draw_number(draw, 2) : 0;
	if (cut > l->region)
		cut = l->region;
	l->end = GRAINS_AT + l->region - cut;
	if (how & 128)
		l->end += draw_byte(draw);
	for (i = 0; i < disk.nr_tables; i++)
		l->directory[i] = draw_directory_entry(draw, i);
	for (i = 0; i < l->slots; i++)
		draw_table(draw, l->tables[i]);
}

static void draw_disk(struct draw *draw, uint8_t flags)
{
	unsigned int i;

	disk.salvage = flags & 2;
	disk.nr_layers = 1 + flags / 8 % MAX_LAYERS;
	disk.capacity = 1 + draw_number(draw, 3) % MAX_SECTORS;
	disk.nr_grains = (disk.capacity + 7) / 8;
	disk.nr_tables = (disk.nr_grains + 4095) / 4096;
	for (i = 0; i < disk.nr_layers; i++) {
		disk.layers[i].number = flags & 32 ? i * 20 : i;
		draw_layer(draw, &disk.layers[i]);
	}
}

/*
 * The slow reader.
 */

/* How often a layer's grains are named, by what they hash to. */
#define NR_CLAIMS 65536

static struct claim {
	u64 grain;
	unsigned int round; /* of what it is; all that is older is free */
	unsigned int nr;
} claims[NR_CLAIMS];
static unsigned int claims_round;

static struct claim *find_claim(u64 grain)
{
	size_t i = (size_t)(grain * 0x9e3779b97f4a7c15 >> 48);

	for (; claims[i].round == claims_round; i = (i + 1) % NR_CLAIMS)
		if (claims[i].grain == grain)
			return &claims[i];
	claims[i] = (struct claim){ .grain = grain, .round = claims_round };
	return &claims[i];
}

static u64 grain_of(u64 entry)
{
	return (entry >> 48) % 4096 + (entry & 0xffffffffffff) * 4096;
}

static enum slow_kind slow_kind(const struct layer *l, u64 virt, u64 entry)
{
	const u64 left = disk.capacity - virt * 8;
	const u64 need = left < 8 ? left : 8;
	u64 grain;

	if (!entry)
		return SLOW_OPEN;
	if (entry >> 60 == 1 || entry >> 60 == 2)
		return SLOW_ZERO;
	if (entry >> 60 != 3)
		return SLOW_ERROR;
	grain = grain_of(entry);
	/* It begins in its region, and what the disk needs of it is there. */
	if (grain >= 1ULL << 40 || grain * 8 >= l->region ||
	    GRAINS_AT + grain * 8 + need > l->end)
		return SLOW_ERROR;
	return SLOW_DATA;
}

static bool is_noise(const struct layer *l, u64 entry)
{
	if (entry >> 60 == 1)
		return grain_of(entry) >= (l->region + 7) / 8;
	return entry != 2ULL << 60;
}

static u64 slow_cells(u64 table)
{
	const u64 left = disk.nr_grains - table * 4096;

	return left < 4096 ? left : 4096;
}

static bool is_open(u64 table)
{
	const u64 nr = slow_cells(table);
	u64 i;

	for (i = 0; i < nr; i++)
		if (grains[table * 4096 + i].kind == SLOW_OPEN)
			return true;
	return false;
}

/* The table that an entry names: MAX_SLOTS if none, more if it is nonsense. */
static u64 slot_of(const struct layer *l, u64 table)
{
	const u64 entry = l->directory[table];

	if (!entry)
		return MAX_SLOTS;
	return entry - 0x1000000000000000 < l->slots ?
	       entry - 0x1000000000000000 : MAX_SLOTS + 1;
}

static bool has_rival(const struct layer *l, u64 table)
{
	u64 i;

	for (i = 0; i < disk.nr_tables; i++)
		if (i != table && slot_of(l, i) == slot_of(l, table))
			return true;
	return false;
}

/* Goes through one table; what is wrong with it is counted. */
static void slow_claim(const struct layer *l, u64 table, unsigned int *faults)
{
	const u64 *entries = l->tables[slot_of(l, table)];
	const u64 nr = slow_cells(table);
	u64 i;

	for (i = 0; i < nr; i++) {
		switch (slow_kind(l, table * 4096 + i, entries[i])) {
		case SLOW_ERROR:
			++*faults;
			break;
		case SLOW_DATA:
			*faults += find_claim(grain_of(entries[i]))->nr++ > 0;
			break;
		default:
			break;
		}
	}
}

static struct slow_grain slow_entry(const struct layer *l, u64 virt, u64 entry,
				    bool spoilt)
{
	struct slow_grain g = { .kind = slow_kind(l, virt, entry) };

	if (g.kind == SLOW_ZERO && spoilt && is_noise(l, entry))
		g.kind = SLOW_ERROR;
	if (g.kind == SLOW_DATA) {
		g.layer = l->number;
		g.grain = grain_of(entry);
		if (find_claim(g.grain)->nr > 1)
			g = (struct slow_grain){ .kind = SLOW_ERROR };
	}
	return g;
}

static void slow_table(const struct layer *l, u64 table)
{
	const u64 *entries = l->tables[slot_of(l, table)];
	struct slow_grain *g = grains + table * 4096;
	const u64 nr = slow_cells(table);
	bool spoilt = false;
	u64 i;

	for (i = 0; i < nr; i++)
		spoilt |= slow_kind(l, table * 4096 + i, entries[i]) == SLOW_ERROR;
	for (i = 0; i < nr; i++)
		if (g[i].kind == SLOW_OPEN)
			g[i] = slow_entry(l, table * 4096 + i, entries[i], spoilt);
}

static void slow_spoil(u64 table)
{
	struct slow_grain *g = grains + table * 4096;
	const u64 nr = slow_cells(table);
	u64 i;

	for (i = 0; i < nr; i++)
		if (g[i].kind == SLOW_OPEN)
			g[i].kind = SLOW_ERROR;
}

/* Returns how much is wrong with what is to be read of the layer. */
static unsigned int slow_layer(const struct layer *l)
{
	bool reads[MAX_TABLES] = { false };
	unsigned int faults = 0;
	u64 i, slot;

	claims_round++;
	for (i = 0; i < disk.nr_tables; i++) {
		slot = slot_of(l, i);
		if (slot == MAX_SLOTS)
			continue;
		if (slot > MAX_SLOTS || has_rival(l, i)) {
			faults++;
			slow_spoil(i);
			continue;
		}
		reads[i] = is_open(i);
		if (reads[i])
			slow_claim(l, i, &faults);
	}
	for (i = 0; i < disk.nr_tables; i++)
		if (reads[i])
			slow_table(l, i);
	return faults;
}

/* Returns whether the disk must be refused. */
static bool slow_disk(void)
{
	unsigned int i, faults = 0;

	memset(grains, 0, sizeof(grains));
	for (i = 0; i < disk.nr_layers; i++)
		faults += slow_layer(&disk.layers[i]);
	return faults && !disk.salvage;
}

/*
 * The product.
 */

static void set_region(struct sesparse_extent *e, u64 offset, u64 size)
{
	e->offset = cpu_to_le64(offset);
	e->size = cpu_to_le64(size);
}

static struct sesparse_geometry decode_header(const struct layer *l)
{
	static union {
		struct sesparse_const_header h;
		char bytes[SESPARSE_HEADER_BYTES];
	} block;
	struct sesparse_const_header *h = &block.h;
	struct sesparse_volatile_header *v =
		(void *)(block.bytes + SESPARSE_SECTOR_SIZE);
	struct sesparse_geometry geo = { 0 };
	char why[160];

	h->magic = cpu_to_le64(SESPARSE_CONST_MAGIC);
	h->version = cpu_to_le64(SESPARSE_VERSION);
	h->capacity = cpu_to_le64(disk.capacity);
	h->grain_size = cpu_to_le64(SESPARSE_GRAIN_SECTORS);
	h->grain_table_size = cpu_to_le64(SESPARSE_TABLE_SECTORS);
	set_region(&h->volatile_header, 1, 1);
	set_region(&h->grain_directory, DIRECTORY_AT, 1);
	set_region(&h->grain_tables, TABLES_AT,
		   l->slots * SESPARSE_TABLE_SECTORS);
	set_region(&h->grains, GRAINS_AT, l->region);
	v->magic = cpu_to_le64(SESPARSE_VOLATILE_MAGIC);
	must(!sesparse_decode_header(&block, l->end, &geo, why, sizeof(why)));
	return geo;
}

/* 1: the disk is refused. */
static int take_directory(const struct layer *l, struct sesparse_owners *o,
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

static int take_tables(const struct layer *l, const struct sesparse_owners *o,
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

static int take_layer(const struct layer *l, struct sesparse_build *b)
{
	const struct sesparse_geometry geo = decode_header(l);
	struct sesparse_owners o;
	int r;

	must(!sesparse_owners_init(&o, &geo));
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
	struct sesparse_map map;
	bool refused;
	int r;

	draw_disk(&draw, flags);
	refused = slow_disk();
	r = sesparse_map_init(&map, disk.nr_grains, flags & 1, limit);
	if (!r) {
		must(!sesparse_build_init(&b, &map));
		r = take_disk(&map, &b);
	}
	must(map.held <= limit);
	if (r == -ENOSPC) {
		must(map.need > limit);
	} else {
		must_equal(r, refused);
		if (!r) {
			check_counts(&b.counts);
			slow_compare(&map, grains, size);
		}
	}
	sesparse_build_exit(&b);
	sesparse_map_exit(&map);
	return 0;
}
