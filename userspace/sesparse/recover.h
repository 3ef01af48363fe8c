/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metadata of a seSparse extent made anew from what is left of them: bytes in, a
 * patch out, and what is sure of it.  Nothing is written here.
 *
 * Tables and back map tell the same in two places.  What both tell is sure; what
 * one tells alone is not; where they contradict each other, or nothing tells, the
 * grain is lost, and reads as an error.
 */
#ifndef SESPARSE_SESPARSE_RECOVER_H
#define SESPARSE_SESPARSE_RECOVER_H

#include <stdbool.h>

#include "sesparse/patch.h"
#include "util/ranges.h"

/* Back maps are in memory: those of files of 16 TiB. */
#define RECOVER_MAX_GRAINS (1ULL << 32)

/**
 * struct recover_input - what is left
 * @sectors: from the extent's start to the end of what it is in
 * @capacity: of the extent, in sectors, as its descriptor or its neighbours say
 * @read: reads of it
 * @private: for that
 */
struct recover_input {
	u64 sectors;
	u64 capacity;
	extent_read *read;
	void *private;
};

/**
 * struct recover_item - something that was repaired, or could not be
 * @what: it, for people
 * @sure: nothing contradicts, and more than one place tells
 * @lost: it was not repaired
 */
struct recover_item {
	char what[224];
	bool sure;
	bool lost;
};

/**
 * struct recover - what came of it; for recover_free()
 * @damaged: something was wrong; else there is nothing here
 * @hopeless: nothing of the extent can be had; an item tells why
 * @patch: what changes
 * @items: each thing that was repaired, in the order of the extent
 * @nr_items: their number
 * @room: how many there is memory for
 * @lost: bytes of the disk that read as errors
 * @unsure: bytes that may be others than the disk's
 * @unconfirmed: bytes for which the extent has no data of its own, as nothing but
 *               one table or directory entry tells
 */
struct recover {
	bool damaged;
	bool hopeless;
	struct patch patch;
	struct recover_item *items;
	size_t nr_items;
	size_t room;
	struct ranges lost;
	struct ranges unsure;
	struct ranges unconfirmed;
};

int recover_extent(const struct recover_input *input, struct recover *out);
void recover_free(struct recover *out);

#endif /* SESPARSE_SESPARSE_RECOVER_H */
