/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journals that were replayed: whether they still are what they were then.
 */
#ifndef SESPARSE_SESPARSE_REPLAYED_H
#define SESPARSE_SESPARSE_REPLAYED_H

#include "source/source.h"
#include "util/sha256.h"

struct journal_bytes;

/**
 * struct replayed_journal - the headers and the journal of an extent
 * @source: what it is in, held by itself, as it is on disk
 * @start: its first sector there
 * @header: sector of the extent that the journal's header is in
 * @slots: where the journal begins
 * @size: bytes of it
 * @is_patched: the journal was read with a patch over what is on disk
 * @sum: of all that when it was replayed
 */
struct replayed_journal {
	struct source source;
	u64 start;
	u64 header;
	u64 slots;
	size_t size;
	bool is_patched;
	char sum[SHA256_TEXT];
};

/**
 * struct replayed - those that were; all 0 before any was
 * @list: they
 * @nr: their number
 */
struct replayed {
	struct replayed_journal *list;
	size_t nr;
};

int replayed_add(struct replayed *all, const struct source *source, u64 start,
		 const struct journal_bytes *bytes);
int replayed_look(const struct replayed_journal *j, bool *changed);
int replayed_check_unchanged(const struct replayed *all);
void replayed_drop(struct replayed *all, size_t nr);

#endif /* SESPARSE_SESPARSE_REPLAYED_H */
