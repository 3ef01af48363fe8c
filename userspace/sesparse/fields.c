// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a seSparse extent's header fields, in the order on disk.
 */
#include "dm-sesparse/format.h"
#include "sesparse/fields.h"

#define JOURNAL_HEADER (2 * SESPARSE_SECTOR_SIZE)

#define CONST(n, member, k)                                        \
	{                                                          \
		n, offsetof(struct sesparse_const_header, member), \
			SESPARSE_FIELD_##k                         \
	}
#define VOLATILE(n, member, k)                                            \
	{                                                                 \
		n,                                                        \
			SESPARSE_SECTOR_SIZE +                            \
				offsetof(struct sesparse_volatile_header, \
					 member),                         \
			SESPARSE_FIELD_##k                                \
	}
#define JOURNAL(n, byte, k)                                    \
	{                                                      \
		n, JOURNAL_HEADER + (byte), SESPARSE_FIELD_##k \
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
	CONST("volatileHeaderOffset", volatile_header.offset, SECTORS),
	CONST("volatileHeaderSize", volatile_header.size, SECTORS),
	CONST("journalHeaderOffset", journal_header.offset, SECTORS),
	CONST("journalHeaderSize", journal_header.size, SECTORS),
	CONST("journalOffset", journal.offset, SECTORS),
	CONST("journalSize", journal.size, SECTORS),
	CONST("grainDirectoryOffset", grain_directory.offset, SECTORS),
	CONST("grainDirectorySize", grain_directory.size, SECTORS),
	CONST("grainTablesOffset", grain_tables.offset, SECTORS),
	CONST("grainTablesSize", grain_tables.size, SECTORS),
	CONST("freeBitmapOffset", free_bitmap.offset, SECTORS),
	CONST("freeBitmapSize", free_bitmap.size, SECTORS),
	CONST("backmapOffset", backmap.offset, SECTORS),
	CONST("backmapSize", backmap.size, SECTORS),
	CONST("grainsOffset", grains.offset, SECTORS),
	CONST("grainsSize", grains.size, SECTORS),
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
