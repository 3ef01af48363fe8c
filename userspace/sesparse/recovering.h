/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of a recovery share: recover.c calls them in this order.
 */
#ifndef SESPARSE_SESPARSE_RECOVERING_H
#define SESPARSE_SESPARSE_RECOVERING_H

#include "dm-sesparse/bits.h"
#include "sesparse/recover.h"

#define RECOVER_NOBODY (~0ULL)
#define RECOVER_NO_TABLE (~0U)

/* Type 15: no writer of the format makes one, and no reader takes it. */
#define RECOVER_LOST_ENTRY (~0ULL)

/* What the directory has for a table: type 1, and its number. */
static inline u64 recover_directory_entry(u64 table)
{
	return 1ULL << 60 | table;
}

/* Whether the volatile header can be believed where it says "clean". */
enum recover_journal {
	RECOVER_IN_PLACE, /* the journal would change nothing, or is empty */
	RECOVER_AHEAD, /* it would change something */
	RECOVER_UNKNOWN, /* nobody can tell */
};

/**
 * struct recover_table - a grain table of the extent
 * @span: the 16 MiB of the disk that most of its data belong to by the back map
 * @votes: how many of its entries say so
 * @others: how many name another
 * @is_empty: it is zeros, so that it makes no difference
 */
struct recover_table {
	u32 span;
	u16 votes;
	u16 others;
	bool is_empty;
};

/**
 * struct recover_claim - a grain that the back map has for a grain of the disk
 * @virt: that
 * @grain: it
 * @used: the free bitmap has it, too, and can be believed there
 */
struct recover_claim {
	u64 virt;
	u64 grain;
	bool used;
};

/**
 * struct recovering - a recovery
 * @in: what is left
 * @out: what comes of it
 * @found: the headers, as found
 * @header: as they are to be
 * @geo: the geometry by that
 * @bitmap_at: first sector of the free bitmap
 * @bitmap_bytes: its length, for the grains that the file has
 * @bitmap_region: with what lies behind that
 * @backmap_at: first sector of the back map
 * @all_unsure: nothing is sure
 * @unsure_from: where the disk may end, in sectors; 0: that was not asked
 * @nr_owners: grains that the back map is read for
 * @owners: whose each is, plus 1, or 0: memory that is not touched where the back map
 *          is a hole; for recover_owner()
 * @noise: grains for which the back map has something that is no entry
 * @bitmap: the free bitmap of those
 * @msb: a byte's first grain is in its greatest bit
 * @doubtful: sectors of the bitmap that are contradicted
 * @sure: grains that a table and the back map have for the same grain
 * @weak: grains that only a table has
 * @twice: of those, what two have
 * @stale: grains that an unmapped entry names
 * @directory: as found
 * @new_directory: as it is to be
 * @table_of: for each 16 MiB the table, or RECOVER_NO_TABLE
 * @made: it is made anew from the back map
 * @firm: that it is lost is sure, not only that something contradicts
 * @span_of: for each table the 16 MiB that it is for, plus 1, or 0
 * @tables: what each is by itself
 * @claims: of the back map that no table confirms, by the disk's grains
 * @nr_claims: their number
 */
struct recovering {
	const struct recover_input *in;
	struct recover *out;
	u8 found[SESPARSE_HEADER_BYTES];
	u8 header[SESPARSE_HEADER_BYTES];
	struct sesparse_geometry geo;
	u64 bitmap_at;
	u64 bitmap_bytes;
	u64 bitmap_region;
	u64 backmap_at;
	bool all_unsure;
	u64 unsure_from;
	u64 nr_owners;
	u64 *owners;
	struct sesparse_bits noise;
	u8 *bitmap;
	bool msb;
	u8 *doubtful;
	struct sesparse_bits sure;
	struct sesparse_bits weak;
	struct sesparse_bits twice;
	struct sesparse_bits stale;
	u64 *directory;
	u64 *new_directory;
	u32 *table_of;
	bool *made;
	bool *firm;
	u32 *span_of;
	struct recover_table *tables;
	struct recover_claim *claims;
	size_t nr_claims;
};

/* Whose a grain of the extent is by the back map, or RECOVER_NOBODY. */
static inline u64 recover_owner(const struct recovering *r, u64 grain)
{
	return r->owners[grain] - 1;
}

int recover_tell(struct recovering *r, bool sure, bool lost, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
int recover_look(struct recovering *r, u64 sector, void *buf, size_t bytes,
		 bool *hole);
int recover_read(struct recovering *r, u64 sector, void *buf, size_t bytes,
		 bool *hole);
u64 recover_cells(const struct recovering *r, u64 span);

int recover_header(struct recovering *r);
int recover_finish_header(struct recovering *r);
int recover_read_maps(struct recovering *r);
int recover_judge_maps(struct recovering *r);
int recover_find_claims(struct recovering *r);
const struct recover_claim *recover_claims_of(const struct recovering *r,
					      u64 virt, u64 end, size_t *nr);
int recover_read_directory(struct recovering *r);
int recover_look_at_tables(struct recovering *r);
int recover_assign(struct recovering *r);
int recover_confirm(struct recovering *r);
int recover_make_up(struct recovering *r);
int recover_write_directory(struct recovering *r);
int recover_write_tables(struct recovering *r);

#endif /* SESPARSE_SESPARSE_RECOVERING_H */
