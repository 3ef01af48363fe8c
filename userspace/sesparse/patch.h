/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sectors of an extent's metadata that are to be read otherwise than they are on
 * disk, and the file that such are kept in.
 *
 * A file may come from anywhere: patches_parse() checks each of its numbers.  What it
 * is for it tells by a sum of all of the extent's metadata, which all that it holds was
 * made from: so it fits no extent that was written to since, nor another's.
 */
#ifndef SESPARSE_SESPARSE_PATCH_H
#define SESPARSE_SESPARSE_PATCH_H

#include <stdbool.h>

#include "dm-sesparse/format.h"
#include "util/sha256.h"

struct source;

/* Files are not larger: the tables of 4 TiB. */
#define PATCH_MAX_BYTES (8ULL << 30)

/* How a file begins, and with a 0 how an extent is called in it. */
#define PATCH_MAGIC_BYTES 16
#define PATCH_NAME 256

/**
 * struct patch - what of one extent changes; all 0 before patch_begin()
 * @name: of the extent's file, without its folder
 * @sectors: from the extent's start to the end of what it is in
 * @metadata: of these, how many are before the grains
 * @before: a sum of those as they were
 * @at: the sectors that change, in order
 * @data: SESPARSE_SECTOR_SIZE bytes each, as they are to read
 * @nr: how many there are
 * @room: how many there is memory for; 0: it is not this patch's
 */
struct patch {
	char name[PATCH_NAME];
	u64 sectors;
	u64 metadata;
	char before[SHA256_TEXT];
	__le64 *at;
	u8 *data;
	u64 nr;
	u64 room;
};

/**
 * struct patches - what a file holds
 * @list: a patch for each extent
 * @nr: their number
 */
struct patches {
	struct patch *list;
	size_t nr;
};

/*
 * Reads bytes of an extent, all before its end; @hole is set if all of them are a hole,
 * and @buf not filled in then.  Return: 0, or an errno.
 */
typedef int extent_read(void *private, u64 at, void *buf, size_t bytes,
			bool *hole);

/* What patch_read() has found. */
enum patch_read {
	PATCH_DATA,
	PATCH_HOLE, /* all of it */
	PATCH_UNREADABLE, /* some sectors at least */
};

int patch_read(extent_read *read, void *private, u64 at, void *buf,
	       size_t bytes, enum patch_read *kind);
int patch_begin(struct patch *patch, u64 sectors, u64 metadata,
		extent_read *read, void *private);
int patch_add(struct patch *patch, u64 sector, const void *after);
int patch_still_fits(const struct patch *patch, extent_read *read,
		     void *private, bool *fits);
void patch_free(struct patch *patch);

bool patches_begin_so(const char begin[PATCH_MAGIC_BYTES]);
int patches_encode(const struct patches *patches, void **bytes, size_t *size);
int patches_parse(const void *bytes, size_t size, struct patches *patches,
		  char *why, size_t why_size);
void patches_free(struct patches *patches);

int patch_sum(const struct source *source, u64 start, u64 metadata,
	      char sum[SHA256_TEXT]);
int patch_apply(const struct patch *patch, struct source *source, u64 start);

#endif /* SESPARSE_SESPARSE_PATCH_H */
