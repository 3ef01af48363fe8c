// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grain directory of an extent, turned around.
 *
 * Tables lie in the extent in whatever order they were first written to, and are
 * read in that order; so what is kept is, for each of them, the entry of the
 * directory that names it.  A table that two entries name shows in the same
 * place: it belongs to one of them, and nobody knows to which, so that both are
 * corrupt.
 */
#include "owners.h"

/**
 * sesparse_owners_init() - begin with a directory that names no table
 * @o: the owners
 * @geo: the extent's geometry; must outlive @o
 * @account: what the memory is counted on, or NULL
 *
 * Return: 0, -ENOMEM, or -ENOSPC when the account's limit is reached;
 * sesparse_owners_exit() may follow in any case.
 */
int sesparse_owners_init(struct sesparse_owners *o,
			 const struct sesparse_geometry *geo,
			 struct sesparse_account *account)
{
	int r;

	o->geo = geo;
	o->account = account;
	o->bytes = geo->max_tables * sizeof(*o->named);
	o->named = sesparse_zalloc(account, o->bytes, &r);
	return r;
}

/**
 * sesparse_owners_exit() - free what the owners take
 * @o: the owners, or all 0
 */
void sesparse_owners_exit(struct sesparse_owners *o)
{
	sesparse_free(o->account, o->named, o->bytes);
	o->named = NULL;
}

/**
 * sesparse_owners_claim() - take in an entry of the directory that isn't 0
 * @o: the owners
 * @table: which entry, below the geometry's nr_tables; each is taken once
 * @entry: what stands there, in the CPU's byte order
 * @claim: set to what came of it
 *
 * Return: true if nothing is wrong with it.
 */
bool sesparse_owners_claim(struct sesparse_owners *o, u64 table, u64 entry,
			   struct sesparse_claim *claim)
{
	u32 *named;

	*claim = (struct sesparse_claim){ .table = table, .entry = entry };
	if (sesparse_decode_gde(o->geo, entry, &claim->index) !=
	    SESPARSE_ALLOCATED) {
		claim->kind = SESPARSE_CLAIM_CORRUPT;
		return false;
	}
	named = &o->named[claim->index];
	if (!*named) {
		claim->kind = SESPARSE_CLAIM_FIRST;
		*named = (u32)table + 1;
		return true;
	}
	claim->kind = SESPARSE_CLAIM_AGAIN;
	claim->other = (*named & ~SESPARSE_NAMED_TWICE) - 1;
	claim->spoils_other = !(*named & SESPARSE_NAMED_TWICE);
	*named |= SESPARSE_NAMED_TWICE;
	return false;
}

/**
 * sesparse_owners_explain() - say what is wrong with an entry of the directory
 * @o: the owners
 * @claim: what sesparse_owners_take() took ill
 * @text: where to write it, as what follows "grain directory entry <n> "
 * @size: bytes there; SESPARSE_OWNERS_TEXT hold every text
 */
void sesparse_owners_explain(const struct sesparse_owners *o,
			     const struct sesparse_claim *claim, char *text,
			     size_t size)
{
	if (claim->kind == SESPARSE_CLAIM_AGAIN)
		snprintf(text, size,
			 "names grain table %u, which entry %u names too, expected a table of its own",
			 claim->index, claim->other);
	else
		snprintf(text, size,
			 "is 0x%016llx, expected 0 or 0x10000000 over the index of a grain table below %llu",
			 claim->entry, o->geo->max_tables);
}

/**
 * sesparse_owners_spoil() - make errors of what a bad entry stands for
 * @claim: what sesparse_owners_take() took ill
 * @build: the building of the map
 *
 * Return: 0 or -ENOMEM.
 */
int sesparse_owners_spoil(const struct sesparse_claim *claim,
			  struct sesparse_build *build)
{
	int r = sesparse_build_bad_table(build, claim->table);

	if (!r && claim->spoils_other)
		r = sesparse_build_bad_table(build, claim->other);
	return r;
}

/**
 * sesparse_owners_explain_fault() - say what is wrong with a grain table
 * @o: the owners, the directory taken in
 * @index: the table in the extent, which an entry names
 * @fault: what sesparse_build_table() found there
 * @text: where to write it
 * @size: bytes there; SESPARSE_OWNERS_TEXT hold every text
 */
void sesparse_owners_explain_fault(const struct sesparse_owners *o, u64 index,
				   const struct sesparse_fault *fault,
				   char *text, size_t size)
{
	const u64 first = sesparse_owners_of(o, index) << SESPARSE_TABLE_SHIFT;

	snprintf(text, size,
		 "grain table %llu (sector %llu), entry %u, grain %llu of the disk, is 0x%016llx: %s; such entries in the table: %u",
		 index, o->geo->tables + index * SESPARSE_TABLE_SECTORS,
		 fault->index, first + fault->index, fault->entry, fault->why,
		 fault->nr);
}
