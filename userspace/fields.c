// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a seSparse extent's header fields, in the order on disk.
 */
#include "../dm-sesparse/format.h"
#include "fields.h"

#define JOURNAL_HEADER (2 * SESPARSE_SECTOR_SIZE)

#define CONST(n, member, k)                                             \
	{                                                               \
		n, offsetof(struct sesparse_const_header, member),      \
			SESPARSE_FIELD_##k                              \
	}
#define REGION(n, member)                                               \
	CONST(n "Offset", member.offset, SECTORS),                      \
		CONST(n "Size", member.size, SECTORS)
#define VOLATILE(n, member, k)                                          \
	{                                                               \
		n,                                                      \
			SESPARSE_SECTOR_SIZE +                          \
				offsetof(struct sesparse_volatile_header, \
					 member),                       \
			SESPARSE_FIELD_##k                              \
	}
#define JOURNAL(n, byte, k)                                             \
	{                                                               \
		n, JOURNAL_HEADER + (byte), SESPARSE_FIELD_##k          \
	}

const struct sesparse_field sesparse_fields[] = {
	CONST("constMagic", magic, HEX),
	CONST("version", version, HEX),
	CONST("capacity", capacity, SECTORS),
	CONST("grainSize", grain_size, SECTORS),
	CONST("grainTableSize", grain_table_size, SECTORS),
	CONST("flags", flags, HEX),
	CONST("reserved1", reserved1, HEX),
	CONST("reserved2", reserved2, HEX),
	CONST("reserved3", reserved3, HEX),
	CONST("reserved4", reserved4, HEX),
	REGION("volatileHeader", volatile_header),
	REGION("journalHeader", journal_header),
	REGION("journal", journal),
	REGION("grainDirectory", grain_directory),
	REGION("grainTables", grain_tables),
	REGION("freeBitmap", free_bitmap),
	REGION("backmap", backmap),
	REGION("grains", grains),
	VOLATILE("volatileMagic", magic, HEX),
	VOLATILE("freeGTNumber", free_gt_number, NUMBER),
	VOLATILE("nextTxnSeqNumber", next_txn_seq_number, NUMBER),
	VOLATILE("replayJournal", replay_journal, NUMBER),
	JOURNAL("journalMagic", 0, HEX),
	JOURNAL("journalSeqNumber", 8, NUMBER),
	JOURNAL("journalWord2", 16, NUMBER), /* 1 wherever seen */
};

const size_t sesparse_nr_fields = ARRAY_SIZE(sesparse_fields);

/**
 * sesparse_find_field() - find a header field
 * @name: its name, in the very case of the table
 *
 * Return: the field, or NULL if there is none of that name.
 */
const struct sesparse_field *sesparse_find_field(const char *name)
{
	size_t i;

	for (i = 0; i < sesparse_nr_fields; i++) {
		if (!strcmp(sesparse_fields[i].name, name))
			return &sesparse_fields[i];
	}
	return NULL;
}
