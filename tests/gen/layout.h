/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the regions of an extent lie, as ESXi computes it.
 */
#ifndef GEN_LAYOUT_H
#define GEN_LAYOUT_H

#include "../../dm-sesparse/format.h"

/* The constant, the volatile and the journal's header. */
#define GEN_HEADER_BYTES (4 * SESPARSE_SECTOR_SIZE)

/* In sectors. */
struct region {
	u64 offset;
	u64 size;
};

/**
 * struct layout - an extent's geometry
 * @capacity: sectors
 * @grains: that cover it
 * @tables: that cover those
 * @journal: the journal
 * @directory: the grain directory
 * @table: the grain tables
 * @bitmap: the free bitmap
 * @backmap: the backmap
 * @grain: the grains
 */
struct layout {
	u64 capacity;
	u64 grains;
	u64 tables;
	struct region journal;
	struct region directory;
	struct region table;
	struct region bitmap;
	struct region backmap;
	struct region grain;
};

/* The directory entry of the table in slot @slot. */
static inline u64 layout_gde(u64 slot)
{
	return 0x1000000000000000ULL | slot;
}

/* Sectors of the journal that ESXi makes. */
#define LAYOUT_JOURNAL 2048

/* Regions are multiples of as many sectors, as ESXi makes them. */
#define LAYOUT_ALIGN 2048

void layout_compute(struct layout *l, u64 capacity, u64 journal, u64 align);
void layout_header(const struct layout *l, void *header);

#endif /* GEN_LAYOUT_H */
