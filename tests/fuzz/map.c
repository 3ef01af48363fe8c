// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cells of every kind, stored in a map over each other.  An input draws the disk's
 * size and then, table by table, runs of cells; the map must say what an array that
 * is written alike does, or refuse for want of memory that it is allowed.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "slow.h"

#define MAX_TABLES 3
#define MAX_STORES 6
/* Grains of most disks, and of some: more than a packed table has to one rank. */
#define TINY 80
#define SMALL 600

static struct slow_grain grains[MAX_TABLES * SESPARSE_TABLE_ENTRIES];
static u64 cells[SESPARSE_TABLE_ENTRIES];

static u64 cell_of(const struct slow_grain *g)
{
	switch (g->kind) {
	case SLOW_OPEN:
		return SESPARSE_CELL_HOLE;
	case SLOW_ZERO:
		return SESPARSE_CELL_ZERO;
	case SLOW_ERROR:
		return SESPARSE_CELL_BAD;
	default:
		return sesparse_cell(g->layer, g->grain);
	}
}

/* A run of @nr grains: of one kind, or data in steps, or anywhere in a window. */
static void draw_run(struct draw *draw, struct slow_grain *g, unsigned int nr)
{
	const uint8_t kind = draw_byte(draw);
	u64 grain = 0, step = 0, window = 0, random = kind;
	unsigned int layer = 0;

	if (kind % 8 >= SLOW_DATA) {
		layer = draw_byte(draw) % SESPARSE_MAX_LAYERS;
		grain = draw_number(draw, 5);
		step = (u64)(int8_t)(kind % 8 == SLOW_DATA ? 1 : draw_byte(draw));
		window = kind % 8 > 5 ? (2ULL << kind / 8) - 1 : 0;
	}
	for (; nr--; g++, grain += step) {
		random = random * 6364136223846793005 + 1442695040888963407;
		g->kind = kind % 8 < SLOW_DATA ? kind % 8 : SLOW_DATA;
		g->layer = (layer + (kind == 7 ? random >> 60 : 0)) %
			   SESPARSE_MAX_LAYERS;
		g->grain = (grain + (random >> 24 & window)) %
			   SESPARSE_MAX_GRAINS;
	}
}

static void draw_table(struct draw *draw, struct slow_grain *g, unsigned int nr)
{
	unsigned int i, length;

	for (i = 0; i < nr; i += length) {
		length = draw_byte(draw);
		length = length < 192 ? length : (length - 191) * 97;
		/* The rest goes on as it was. */
		if (!length)
			break;
		length = length < nr - i ? length : nr - i;
		draw_run(draw, g + i, length);
	}
	for (i = 0; i < nr; i++)
		cells[i] = cell_of(&g[i]);
}

static void fill(struct draw *draw, struct sesparse_map *map, u64 limit)
{
	u64 table;
	int i, r;

	for (i = 0; i < MAX_STORES && draw->left; i++) {
		table = draw_byte(draw) % map->nr_tables;
		draw_table(draw, grains + (table << SESPARSE_TABLE_SHIFT),
			   sesparse_map_cells(map, table));
		r = sesparse_map_store(map, table, cells);
		must_equal(r, 0);
		must(map->held <= limit);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	const uint8_t flags = draw_byte(&draw);
	const u64 nr = 1 + draw_number(&draw, 2) %
			   (flags & 48 ? TINY :
			    flags & 12 ? SMALL : ARRAY_SIZE(grains));
	const u64 limit = flags & 2 ? 8 * draw_number(&draw, 2) : ~0ULL >> 1;
	struct sesparse_account account;
	atomic64_t used = { 0 };
	struct sesparse_map map;
	int r;

	memset(grains, 0, nr * sizeof(*grains));
	sesparse_account_init(&account, &used, limit);
	r = sesparse_map_init(&map, nr, flags & 1, &account);
	if (!r) {
		fill(&draw, &map, limit);
		r = sesparse_map_finish(&map);
	}
	must(r == 0 || r == -ENOSPC);
	must(map.held <= limit);
	must(!r || (account.need > limit && account.over));
	if (!r) {
		slow_compare(&map, grains, size ? data[size - 1] : 0);
		fuzz_taken();
	}
	sesparse_map_exit(&map);
	must_equal(atomic64_read(&used), 0);
	return 0;
}
