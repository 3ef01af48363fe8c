// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares a map with an array that has an element for each grain.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "slow.h"

/* Look-ups and reads from anywhere, besides those of all of the disk. */
#define TRIES 5

static u64 next_random(u64 *seed)
{
	u64 z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static enum sesparse_source source_of(const struct sesparse_map *map,
				      const struct slow_grain *g)
{
	switch (g->kind) {
	case SLOW_OPEN:
		return map->has_parent ? SESPARSE_READ_PARENT :
					 SESPARSE_READ_ZEROS;
	case SLOW_ZERO:
		return SESPARSE_READ_ZEROS;
	case SLOW_ERROR:
		return SESPARSE_READ_ERROR;
	default:
		return SESPARSE_READ_LAYER;
	}
}

/* Whether grain @n behind @first is read on from it. */
static bool goes_on(const struct sesparse_map *map,
		    const struct slow_grain *first, u64 n)
{
	const struct slow_grain *g = first + n;

	if (source_of(map, g) != source_of(map, first))
		return false;
	return g->kind != SLOW_DATA ||
	       (g->layer == first->layer && g->grain == first->grain + n);
}

/* One look-up; returns how far it leads. */
static u64 compare_run(const struct sesparse_map *map,
		       const struct slow_grain *grains, u64 at, u64 max)
{
	const struct slow_grain *first = grains + at;
	struct sesparse_run run;
	u64 nr = 1;

	while (nr < max && at + nr < map->nr_grains && goes_on(map, first, nr))
		nr++;
	sesparse_map_lookup(map, at, max, &run);
	must_equal(run.source, source_of(map, first));
	must_equal(run.nr, nr);
	if (first->kind == SLOW_DATA) {
		must_equal(run.layer, first->layer);
		must_equal(run.grain, first->grain);
	}
	return nr;
}

static void compare_cell(u64 cell, const struct slow_grain *g)
{
	switch (g->kind) {
	case SLOW_OPEN:
		must_equal(cell, SESPARSE_CELL_HOLE);
		break;
	case SLOW_ZERO:
		must_equal(cell, SESPARSE_CELL_ZERO);
		break;
	case SLOW_ERROR:
		must_equal(cell, SESPARSE_CELL_BAD);
		break;
	default:
		must(cell >= SESPARSE_CELL_DATA);
		must_equal(sesparse_cell_layer(cell), g->layer);
		must_equal(sesparse_cell_grain(cell), g->grain);
	}
}

static void compare_cells(const struct sesparse_map *map,
			  const struct slow_grain *grains, u64 at,
			  unsigned int nr)
{
	u64 *cells = malloc(nr * sizeof(*cells));
	unsigned int i;

	must(cells);
	sesparse_map_read(map, at, nr, cells);
	for (i = 0; i < nr; i++)
		compare_cell(cells[i], &grains[at + i]);
	free(cells);
}

static void compare_table(const struct sesparse_map *map,
			  const struct slow_grain *grains, u64 table)
{
	const unsigned int nr = sesparse_map_cells(map, table);
	unsigned int i, open = 0, data = 0;

	grains += table << SESPARSE_TABLE_SHIFT;
	for (i = 0; i < nr; i++) {
		open += grains[i].kind == SLOW_OPEN;
		data += grains[i].kind == SLOW_DATA;
	}
	must_equal(sesparse_map_decided(map, table), !open);
	must(sesparse_map_has_data(map, table) || !data);
}

/**
 * slow_compare() - compare all that a map can tell
 * @map: the map, not empty
 * @grains: what it must say, an element for each of its grains
 * @seed: draws where else than from the beginning it is asked
 */
void slow_compare(const struct sesparse_map *map,
		  const struct slow_grain *grains, u64 seed)
{
	u64 at;
	int i;

	compare_cells(map, grains, 0, (unsigned int)map->nr_grains);
	for (at = 0; at < map->nr_tables; at++)
		compare_table(map, grains, at);
	for (at = 0; at < map->nr_grains;)
		at += compare_run(map, grains, at, ~0ULL);
	for (i = 0; i < TRIES; i++) {
		at = next_random(&seed) % map->nr_grains;
		compare_run(map, grains, at, 1 + next_random(&seed) % 600);
		compare_cells(map, grains, at, 1 + (unsigned int)
			      (next_random(&seed) % (map->nr_grains - at)) % 300);
	}
}
