/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of a seSparse extent: its records, and which sectors of the
 * metadata a replay would give which contents.  Bytes in, patches or a refusal
 * out: nothing is read or written here.
 *
 * The records' checksum is unknown, so this is experimental, and what comes of it
 * has to be checked as sesparse/journal-check.h does.  A refusal begins with the
 * step of Documentation/dirty-images.md that it comes from.
 */
#ifndef SESPARSE_SESPARSE_JOURNAL_H
#define SESPARSE_SESPARSE_JOURNAL_H

#include "dm-sesparse/format.h"

#define JOURNAL_RECORD_MAGIC 0x0000000000c0ffeeULL
#define JOURNAL_SLOT_SECTORS 25U
#define JOURNAL_MAX_PAYLOAD (JOURNAL_SLOT_SECTORS - 1)
/* Eight times what ESXi makes; all that a replay takes is in proportion to it. */
#define JOURNAL_MAX_SECTORS 16384U

/**
 * struct journal_why - why a journal is not replayed
 * @text: for people, from "step N: " on
 */
struct journal_why {
	char text[320];
};

/**
 * struct journal_bytes - what is parsed, as it stands on disk
 * @headers: the extent's first SESPARSE_HEADER_BYTES, which
 *	     sesparse_decode_header() has taken
 * @header: the journal's header, a sector
 * @slots: the journal, of which whole slots count
 * @size: its bytes, at most JOURNAL_MAX_SECTORS sectors of them
 */
struct journal_bytes {
	const void *headers;
	const void *header;
	const void *slots;
	size_t size;
};

/**
 * struct journal_record - a record whose header is sound
 * @sequence: its transaction's number
 * @slot: where it is
 */
struct journal_record {
	u64 sequence;
	unsigned int slot;
};

/**
 * struct journal - the records of an extent's journal
 * @bytes: what they were parsed from, which must outlive it
 * @records: the records, the oldest first
 * @nr: their number
 * @first: the first one of the run that ends at the newest
 * @is_full: every slot has a record
 * @next: the larger of the two headers' next sequence numbers
 */
struct journal {
	const struct journal_bytes *bytes;
	struct journal_record *records;
	unsigned int nr;
	unsigned int first;
	bool is_full;
	u64 next;
};

/**
 * struct journal_patch - a sector of the metadata as a replay leaves it
 * @sector: which one of the extent
 * @order: how many were put down before it
 * @data: its SESPARSE_SECTOR_SIZE bytes, in the journal's
 */
struct journal_patch {
	u64 sector;
	unsigned int order;
	const u8 *data;
};

/**
 * struct journal_patches - those of some records
 * @list: each sector once, in order
 * @nr: their number
 */
struct journal_patches {
	struct journal_patch *list;
	size_t nr;
};

int journal_refuse(struct journal_why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int journal_parse(const struct journal_bytes *bytes, struct journal *journal,
		  struct journal_why *why);
int journal_collect(const struct journal *journal, unsigned int first,
		    unsigned int end, struct journal_patches *patches);
const u8 *journal_find(const struct journal_patches *patches, u64 sector);
void journal_free(struct journal *journal);

#endif /* SESPARSE_SESPARSE_JOURNAL_H */
