// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the regions of an extent lie, as ESXi computes it.
 */
#include "layout.h"

/* The constant header's, the volatile one's and the journal's. */
#define HEADER_SECTORS 4

static u64 align_up(u64 sectors, u64 align)
{
	return DIV_ROUND_UP_ULL(sectors, align) * align;
}

static struct region region_after(struct region before, u64 size, u64 align)
{
	return (struct region){
		before.offset + before.size,
		align_up(size, align),
	};
}

/**
 * layout_compute() - lay out an extent
 * @l: the layout
 * @capacity: the extent's, in sectors
 * @journal: sectors of its journal
 * @align: of which many sectors regions are multiples, LAYOUT_ALIGN as ESXi has it
 */
void layout_compute(struct layout *l, u64 capacity, u64 journal, u64 align)
{
	u64 bits = SESPARSE_SECTOR_SIZE * 8;

	l->capacity = capacity;
	l->journal = (struct region){ align_up(HEADER_SECTORS, align), journal };
	l->grains = DIV_ROUND_UP_ULL(capacity, SESPARSE_GRAIN_SECTORS);
	l->tables = DIV_ROUND_UP_ULL(l->grains, SESPARSE_TABLE_ENTRIES);
	l->directory =
		region_after(l->journal, DIV_ROUND_UP_ULL(l->tables * sizeof(u64),
						       SESPARSE_SECTOR_SIZE),
			     align);
	l->table = region_after(l->directory, l->tables * SESPARSE_TABLE_SECTORS,
				align);
	l->bitmap = region_after(l->table, DIV_ROUND_UP_ULL(l->grains, bits),
				 align);
	l->backmap = region_after(l->bitmap, l->tables * SESPARSE_TABLE_SECTORS,
				  align);
	l->grain.offset = l->backmap.offset + l->backmap.size;
	l->grain.size = capacity;
}

static struct sesparse_extent disk_region(u64 offset, u64 size)
{
	return (struct sesparse_extent){ cpu_to_le64(offset),
					 cpu_to_le64(size) };
}

/**
 * layout_header() - make the constant header
 * @l: the layout
 * @header: a sector of zeros
 */
void layout_header(const struct layout *l, void *header)
{
	*(struct sesparse_const_header *)header = (struct sesparse_const_header){
		.magic = cpu_to_le64(SESPARSE_CONST_MAGIC),
		.version = cpu_to_le64(SESPARSE_VERSION),
		.capacity = cpu_to_le64(l->capacity),
		.grain_size = cpu_to_le64(SESPARSE_GRAIN_SECTORS),
		.grain_table_size = cpu_to_le64(SESPARSE_TABLE_SECTORS),
		.volatile_header = disk_region(1, 1),
		.journal_header = disk_region(2, 2),
		.journal = disk_region(l->journal.offset, l->journal.size),
		.grain_directory =
			disk_region(l->directory.offset, l->directory.size),
		.grain_tables = disk_region(l->table.offset, l->table.size),
		.free_bitmap = disk_region(l->bitmap.offset, l->bitmap.size),
		.backmap = disk_region(l->backmap.offset, l->backmap.size),
		.grains = disk_region(l->grain.offset, l->grain.size),
	};
}
