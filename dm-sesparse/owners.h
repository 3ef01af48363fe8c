/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grain directory of an extent turned around: which 16 MiB of the disk each
 * of the extent's grain tables speaks for.
 */
#ifndef DM_SESPARSE_OWNERS_H
#define DM_SESPARSE_OWNERS_H

#include "build.h"

/* Bytes that hold every text of this file's. */
#define SESPARSE_OWNERS_TEXT 256

/* The owner of a table that no entry names. */
#define SESPARSE_NO_OWNER (~0ULL)

/**
 * struct sesparse_owners - the tables of an extent by whom they speak for
 * @geo: the extent's geometry
 * @account: what the memory is counted on, or NULL
 * @bytes: how much it is
 * @named: for each table in the extent, the first entry of the directory that
 *	   names it, counted from 1, or 0; SESPARSE_NAMED_TWICE: others do, too
 */
struct sesparse_owners {
	const struct sesparse_geometry *geo;
	struct sesparse_account *account;
	u64 bytes;
	u32 *named;
};

#define SESPARSE_NAMED_TWICE 0x80000000U
static_assert(SESPARSE_MAX_TABLES < SESPARSE_NAMED_TWICE);

enum sesparse_claim_kind {
	SESPARSE_CLAIM_NONE, /* the entry names no table */
	SESPARSE_CLAIM_FIRST, /* no entry before it names this table */
	SESPARSE_CLAIM_AGAIN, /* one does: the table is nobody's */
	SESPARSE_CLAIM_CORRUPT, /* it is no entry at all */
};

/**
 * struct sesparse_claim - what came of an entry of the directory
 * @kind: what it says
 * @table: which entry it is, and so which 16 MiB of the disk it speaks for
 * @entry: what stands there, in the CPU's byte order
 * @index: FIRST, AGAIN: the table in the extent
 * @other: AGAIN: the first entry that names it
 * @spoils_other: AGAIN: that one was good until now
 */
struct sesparse_claim {
	enum sesparse_claim_kind kind;
	u64 table;
	u64 entry;
	u32 index;
	u32 other;
	bool spoils_other;
};

int sesparse_owners_init(struct sesparse_owners *o,
			 const struct sesparse_geometry *geo,
			 struct sesparse_account *account);
void sesparse_owners_exit(struct sesparse_owners *o);
bool sesparse_owners_claim(struct sesparse_owners *o, u64 table, u64 entry,
			   struct sesparse_claim *claim);
void sesparse_owners_explain(const struct sesparse_owners *o,
			     const struct sesparse_claim *claim, char *text,
			     size_t size);
int sesparse_owners_spoil(const struct sesparse_claim *claim,
			  struct sesparse_build *build);
void sesparse_owners_explain_fault(const struct sesparse_owners *o, u64 index,
				   const struct sesparse_fault *fault,
				   char *text, size_t size);

/**
 * sesparse_owners_take() - take in an entry of the directory
 * @o: the owners
 * @table: which entry, below the geometry's nr_tables; each is taken once
 * @entry: what stands there, in the CPU's byte order
 * @claim: set to what came of it, @kind alone where that is NONE
 *
 * Return: true if nothing is wrong with it.
 */
static inline bool sesparse_owners_take(struct sesparse_owners *o, u64 table,
					u64 entry, struct sesparse_claim *claim)
{
	claim->kind = SESPARSE_CLAIM_NONE;
	return !entry || sesparse_owners_claim(o, table, entry, claim);
}

/**
 * sesparse_owners_of() - which 16 MiB of the disk does a table speak for?
 * @o: the owners, the directory taken in
 * @index: the table in the extent, below the geometry's max_tables
 *
 * Return: the first entry that names it, or SESPARSE_NO_OWNER.
 */
static inline u64 sesparse_owners_of(const struct sesparse_owners *o, u64 index)
{
	const u32 named = o->named[index] & ~SESPARSE_NAMED_TWICE;

	return named ? named - 1 : SESPARSE_NO_OWNER;
}

/**
 * sesparse_owners_wants() - must a table be read?
 * @o: the owners, the directory taken in
 * @index: the table in the extent, below the geometry's max_tables
 * @map: what the layers above have decided
 *
 * Return: true if one entry names it, and they leave any of its grains open.
 */
static inline bool sesparse_owners_wants(const struct sesparse_owners *o,
					 u64 index,
					 const struct sesparse_map *map)
{
	const u32 named = o->named[index];

	return named && !(named & SESPARSE_NAMED_TWICE) &&
	       !sesparse_map_decided(map, named - 1);
}

#endif /* DM_SESPARSE_OWNERS_H */
