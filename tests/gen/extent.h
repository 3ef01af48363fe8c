/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One seSparse extent of one snapshot.
 */
#ifndef GEN_EXTENT_H
#define GEN_EXTENT_H

#include "layout.h"
#include "options.h"
#include "output.h"
#include "runs.h"

/* ESXi's known image journals its grains by the 128, from transaction 4 on. */
#define EXTENT_TXN_FIRST 4
#define EXTENT_TXN_GRAINS 128

/**
 * struct extent - an extent while it is written
 * @o: the request
 * @layer: its snapshot
 * @number: its number in the snapshot, from 1
 * @file: its file
 * @l: its geometry
 * @runs: the states of its grains
 * @data: grains that are allocated
 * @stale: grains that were unmapped, and have grains of their own in the file
 * @place: of each of those, in virtual order, the physical grain
 * @slot: of each table in use, in virtual order, the slot
 * @used: tables in use
 * @next_slot: a free slot behind all of those in use
 * @txns: transactions that made it
 * @header: its headers
 */
struct extent {
	const struct options *o;
	unsigned int layer;
	unsigned int number;
	struct outfile file;
	struct layout l;
	const struct runs *runs;
	u64 data;
	u64 stale;
	u64 *place;
	u64 *slot;
	u64 used;
	u64 next_slot;
	u64 txns;
	u8 header[GEN_HEADER_BYTES];
};

int extent_write(const struct options *o, struct output *out,
		 unsigned int layer, unsigned int number,
		 const struct runs *runs);

#endif /* GEN_EXTENT_H */
