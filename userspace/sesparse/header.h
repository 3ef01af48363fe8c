/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of a seSparse extent, read from where it lies.
 */
#ifndef SESPARSE_SESPARSE_HEADER_H
#define SESPARSE_SESPARSE_HEADER_H

#include <stdbool.h>

#include "dm-sesparse/format.h"

struct source;

/**
 * struct header - the sectors of an extent's headers, where ESXi puts them
 * @words: the constant one, the volatile one, and the journal's two
 */
struct header {
	u64 words[SESPARSE_HEADER_BYTES / sizeof(u64)];
};

int header_read(const struct source *source, u64 start, struct header *header);
int header_hash(const struct source *source, u64 start, u64 *hash);
int header_decode(const struct source *source, u64 start,
		  const struct header *header, struct sesparse_geometry *geo,
		  char *why, size_t size);
bool header_is_one(const struct header *header);
bool header_is_of_more(const struct header *header);
const struct sesparse_volatile_header *
header_volatile(const struct header *header);

#endif /* SESPARSE_SESPARSE_HEADER_H */
