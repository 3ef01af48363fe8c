/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seSparse extent on disk, and the decoding of its numbers.
 *
 * No specification of the format is public.  What is known, and how sure it is:
 * Documentation/format.rst
 *
 * All integers are little-endian; the header counts in sectors of 512 bytes.
 * Everything read here comes from an image that nobody vouches for: what
 * these functions return has been checked, and a refusal names the field.
 */
#ifndef DM_SESPARSE_FORMAT_H
#define DM_SESPARSE_FORMAT_H

#include "portable.h"

#define SESPARSE_SECTOR_SIZE 512
#define SESPARSE_GRAIN_SECTORS 8
#define SESPARSE_GRAIN_SHIFT 3 /* sectors to grains */
#define SESPARSE_GRAIN_BYTES (SESPARSE_GRAIN_SECTORS * SESPARSE_SECTOR_SIZE)
#define SESPARSE_TABLE_SECTORS 64
#define SESPARSE_TABLE_SHIFT 12 /* grains to tables */
#define SESPARSE_TABLE_ENTRIES BIT(SESPARSE_TABLE_SHIFT)
#define SESPARSE_TABLE_BYTES (SESPARSE_TABLE_SECTORS * SESPARSE_SECTOR_SIZE)
/* Sectors of the disk that one grain table speaks for: 16 MiB. */
#define SESPARSE_TABLE_SPAN (SESPARSE_TABLE_ENTRIES * SESPARSE_GRAIN_SECTORS)

/* 64 TiB, a little over the 62 TiB that ESXi allows; 2^34 grains. */
#define SESPARSE_MAX_CAPACITY BIT_ULL(37)
/* One less than it holds, so that a run never leaves its layer: see map.h. */
#define SESPARSE_MAX_GRAINS (SESPARSE_MAX_CAPACITY / SESPARSE_GRAIN_SECTORS - 1)
#define SESPARSE_MAX_TABLES (SESPARSE_MAX_CAPACITY / SESPARSE_TABLE_SPAN)
#define SESPARSE_MAX_LAYERS 61 /* as many as a map's cell can tell: see map.h */

/* Both headers, padded to the first grain so that 4K-block devices read it. */
#define SESPARSE_HEADER_BYTES 4096

#define SESPARSE_CONST_MAGIC 0x00000000cafebabeULL
#define SESPARSE_VERSION 0x0000000200000001ULL /* 2.1 */
#define SESPARSE_VOLATILE_MAGIC 0x00000000cafecafeULL
#define SESPARSE_RESERVED1_SEEN 0x200 /* by newer ESXi; its meaning is unknown */

/**
 * struct sesparse_extent - where one of the header's regions lies
 * @offset: first sector
 * @size: length in sectors
 */
struct sesparse_extent {
	__le64 offset;
	__le64 size;
};

/*
 * Sector 0, written once.  The names are those that the format's readers use;
 * Documentation/format.rst explains each.
 */
struct sesparse_const_header {
	__le64 magic;
	__le64 version;
	__le64 capacity; /* sectors; need not be a multiple of the grain */
	__le64 grain_size; /* sectors */
	__le64 grain_table_size; /* sectors */
	__le64 flags;
	__le64 reserved1;
	__le64 reserved2;
	__le64 reserved3;
	__le64 reserved4;
	struct sesparse_extent volatile_header;
	struct sesparse_extent journal_header;
	struct sesparse_extent journal;
	struct sesparse_extent grain_directory;
	struct sesparse_extent grain_tables;
	struct sesparse_extent free_bitmap;
	struct sesparse_extent backmap;
	struct sesparse_extent grains;
	u8 pad[304];
};

static_assert(sizeof(struct sesparse_const_header) == SESPARSE_SECTOR_SIZE);

/* Sector 1, rewritten while the disk is open. */
struct sesparse_volatile_header {
	__le64 magic;
	__le64 free_gt_number; /* the next free grain table, it seems */
	__le64 next_txn_seq_number;
	__le64 replay_journal; /* not 0: the image was not closed cleanly */
	u8 pad[480];
};

static_assert(sizeof(struct sesparse_volatile_header) == SESPARSE_SECTOR_SIZE);

/**
 * struct sesparse_geometry - what a reader needs of the headers, all checked
 * @capacity: sectors of the disk, 1 to SESPARSE_MAX_CAPACITY
 * @nr_grains: grains that cover @capacity, the last perhaps in part
 * @nr_tables: directory entries that cover @nr_grains
 * @directory: first sector of the grain directory
 * @tables: first sector of the grain tables
 * @max_tables: grain tables that fit their region, at most 2^22
 * @grains: first sector of the grains
 * @max_grains: grains that begin both in their region and on the device, at
 *		most SESPARSE_MAX_GRAINS
 * @region_grains: grains that begin in their region, written yet or not
 * @end: sectors of the device, as they were given
 * @dirty: replayJournal is set
 */
struct sesparse_geometry {
	u64 capacity;
	u64 nr_grains;
	u64 nr_tables;
	u64 directory;
	u64 tables;
	u64 max_tables;
	u64 grains;
	u64 max_grains;
	u64 region_grains;
	u64 end;
	bool dirty;
};

/* What a table entry says of its grain, or a directory entry of its table. */
enum sesparse_state {
	SESPARSE_ABSENT, /* this layer says nothing: the parent's, else zeros */
	SESPARSE_UNMAPPED, /* the guest gave it back: zeros, whatever lies below */
	SESPARSE_ZERO, /* zeros, whatever lies below */
	SESPARSE_ALLOCATED, /* in this extent */
	SESPARSE_CORRUPT, /* nobody may guess: an error */
};

int sesparse_decode_header(const void *block, u64 device_sectors,
			   struct sesparse_geometry *geo, char *why,
			   size_t why_size);

/**
 * sesparse_decode_gde() - decode an entry of the grain directory
 * @geo: the extent's geometry
 * @entry: the entry, in the CPU's byte order
 * @index: set for SESPARSE_ALLOCATED: the table is the @index-th of the tables
 *
 * Return: SESPARSE_ABSENT, SESPARSE_ALLOCATED or SESPARSE_CORRUPT.
 */
static inline enum sesparse_state
sesparse_decode_gde(const struct sesparse_geometry *geo, u64 entry, u32 *index)
{
	if (!entry)
		return SESPARSE_ABSENT;
	if (entry >> 32 != 0x10000000 || (u32)entry >= geo->max_tables)
		return SESPARSE_CORRUPT;
	*index = (u32)entry;
	return SESPARSE_ALLOCATED;
}

/**
 * sesparse_gte_grain() - the grain that an entry of a grain table names
 * @entry: the entry, in the CPU's byte order, of type 1 or 3
 *
 * The grain's low 12 bits stand above its high 48, under the nibble that says
 * what the entry is.
 *
 * Return: the grain, below 2^60.
 */
static inline u64 sesparse_gte_grain(u64 entry)
{
	return (entry >> 48 & 0xfff) | (entry & 0xffffffffffffULL) << 12;
}

/*
 * What an entry of an allocated grain is more than that of the grain before, where both
 * have the same high 48 bits.
 */
#define SESPARSE_GTE_STEP BIT_ULL(48)

/**
 * sesparse_gte_is_allocated() - is an entry of a grain table of the type that names data?
 * @entry: the entry, in the CPU's byte order
 *
 * Return: true if it is, whatever grain it names.
 */
static inline bool sesparse_gte_is_allocated(u64 entry)
{
	return entry >> 60 == 3;
}

/**
 * sesparse_decode_gte() - decode an entry of a grain table
 * @geo: the extent's geometry
 * @entry: the entry, in the CPU's byte order
 * @grain: set for SESPARSE_ALLOCATED: the physical grain, below @geo->max_grains
 *
 * That the whole grain lies on the device is sesparse_grain_fits()'s to say: only
 * a disk's last one may be cut short.
 *
 * Return: any state.
 */
static inline enum sesparse_state
sesparse_decode_gte(const struct sesparse_geometry *geo, u64 entry, u64 *grain)
{
	switch (entry >> 60) {
	case 0x0:
		return entry ? SESPARSE_CORRUPT : SESPARSE_ABSENT;
	case 0x1:
		return SESPARSE_UNMAPPED;
	case 0x2:
		return SESPARSE_ZERO;
	case 0x3:
		*grain = sesparse_gte_grain(entry);
		return *grain < geo->max_grains ? SESPARSE_ALLOCATED :
						  SESPARSE_CORRUPT;
	default:
		return SESPARSE_CORRUPT;
	}
}

/**
 * sesparse_gte_is_noise() - is an entry for zeros none that anybody wrote?
 * @geo: the extent's geometry
 * @entry: the entry, in the CPU's byte order
 *
 * To be asked of a table in which other entries are SESPARSE_CORRUPT.  One random
 * word in eight is of type 1 or 2 and so would read zeros, where a table was
 * written over.  Its other bits give it away: hardly one in 2^26 names a grain of
 * the extent's, and none is 0.  In a table without fault, though, they are taken
 * as they are: what ESXi may write there is not known.  A file that is cut short
 * makes no noise of an unmapped grain, hence the region's length.
 *
 * Return: true if it is; never for an entry that doesn't say zeros.
 */
static inline bool sesparse_gte_is_noise(const struct sesparse_geometry *geo,
					 u64 entry)
{
	switch (entry >> 60) {
	case 0x1:
		return sesparse_gte_grain(entry) >= geo->region_grains;
	case 0x2:
		return entry != 2ULL << 60;
	default:
		return false;
	}
}

/**
 * sesparse_grain_fits() - does the device hold what a grain must supply?
 * @geo: the extent's geometry
 * @virt: the grain of the disk, below @geo->nr_grains
 * @phys: the grain of the extent, below @geo->max_grains
 *
 * Return: true if all of @virt's sectors below the capacity are there.
 */
static inline bool sesparse_grain_fits(const struct sesparse_geometry *geo,
				       u64 virt, u64 phys)
{
	u64 need = min_t(u64, SESPARSE_GRAIN_SECTORS,
			 geo->capacity - (virt << SESPARSE_GRAIN_SHIFT));

	return geo->end - geo->grains - (phys << SESPARSE_GRAIN_SHIFT) >= need;
}

/**
 * sesparse_encode_gte() - the table entry of an allocated grain
 * @grain: the physical grain, below 2^60
 *
 * Return: the entry, in the CPU's byte order.
 */
static inline u64 sesparse_encode_gte(u64 grain)
{
	return 3ULL << 60 | (grain & 0xfff) << 48 | grain >> 12;
}

#endif /* DM_SESPARSE_FORMAT_H */
