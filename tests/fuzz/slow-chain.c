// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of Documentation/format.rst, applied to one entry after the other, with
 * nothing of the module's but the names of a few sizes.
 */
#include <string.h>

#include "slow-chain.h"

/* What is being read, and to where. */
static const struct slow_disk *disk;
static struct slow_grain *grains;

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

static enum slow_kind slow_kind(const struct slow_layer *l, u64 virt, u64 entry)
{
	const u64 left = disk->capacity - virt * 8;
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
	    SLOW_GRAINS_AT + grain * 8 + need > l->end)
		return SLOW_ERROR;
	return SLOW_DATA;
}

static bool is_noise(const struct slow_layer *l, u64 entry)
{
	if (entry >> 60 == 1)
		return grain_of(entry) >= (l->region + 7) / 8;
	return entry != 2ULL << 60;
}

static u64 slow_cells(u64 table)
{
	const u64 left = disk->nr_grains - table * 4096;

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

/* The table that an entry names: SLOW_SLOTS if none, more if it is nonsense. */
static u64 slot_of(const struct slow_layer *l, u64 table)
{
	const u64 entry = l->directory[table];

	if (!entry)
		return SLOW_SLOTS;
	return entry - 0x1000000000000000 < l->slots ?
	       entry - 0x1000000000000000 : SLOW_SLOTS + 1;
}

static bool has_rival(const struct slow_layer *l, u64 table)
{
	u64 i;

	for (i = 0; i < disk->nr_tables; i++)
		if (i != table && slot_of(l, i) == slot_of(l, table))
			return true;
	return false;
}

/* Goes through one table; what is wrong with it is counted. */
static void slow_claim(const struct slow_layer *l, u64 table, unsigned int *faults)
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

static struct slow_grain slow_entry(const struct slow_layer *l, u64 virt, u64 entry,
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

static void slow_table(const struct slow_layer *l, u64 table)
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
static unsigned int slow_layer(const struct slow_layer *l)
{
	bool reads[SLOW_TABLES] = { false };
	unsigned int faults = 0;
	u64 i, slot;

	claims_round++;
	for (i = 0; i < disk->nr_tables; i++) {
		slot = slot_of(l, i);
		if (slot == SLOW_SLOTS)
			continue;
		if (slot > SLOW_SLOTS || has_rival(l, i)) {
			faults++;
			slow_spoil(i);
			continue;
		}
		reads[i] = is_open(i);
		if (reads[i])
			slow_claim(l, i, &faults);
	}
	for (i = 0; i < disk->nr_tables; i++)
		if (reads[i])
			slow_table(l, i);
	return faults;
}

/**
 * slow_read() - read a chain
 * @of: the chain
 * @to: set to what each grain of the disk reads as, or would if it were salvaged
 *
 * Return: whether it must be refused.
 */
bool slow_read(const struct slow_disk *of, struct slow_grain *to)
{
	unsigned int i, faults = 0;

	disk = of;
	grains = to;
	memset(grains, 0, disk->nr_grains * sizeof(*grains));
	for (i = 0; i < disk->nr_layers; i++)
		faults += slow_layer(&disk->layers[i]);
	return faults && !disk->salvage;
}
