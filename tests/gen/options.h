/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line asks mksesparse to write.
 */
#ifndef GEN_OPTIONS_H
#define GEN_OPTIONS_H

#include "../../dm-sesparse/format.h"

/* As many as have been seen; more than a table may have. */
#define GEN_MAX_LAYERS 255
#define GEN_MAX_EXTENTS 128
/* Bytes of a disk's name, so that filesystems take the suffixes too. */
#define GEN_MAX_NAME 200

/* More data than this in a layer, in grains, is a mistake: 1 TiB. */
#define GEN_MAX_DATA 0x10000000ULL

/* Shares are counted in millionths. */
#define GEN_WHOLE 1000000U

enum order_kind {
	ORDER_INORDER,
	ORDER_REVERSED,
	ORDER_PERMUTED,
	ORDER_WINDOW,
	ORDER_STREAMS,
};

/**
 * struct mix - what a layer's grains are, and where they lie
 * @data: share of allocated grains
 * @zero: share of zero grains
 * @unmapped: share of unmapped grains
 * @data_bytes: if not 0, the allocated bytes, instead of @data
 * @run: mean grains in a row of the same state
 * @run_fixed: every run is @run long
 * @order: how the physical order relates to the virtual one
 * @window: ORDER_WINDOW: grains of the disk whose data are permuted among themselves
 * @streams: ORDER_STREAMS: how many
 * @chunk: grains that stay together: ORDER_STREAMS: that a stream writes in its turn;
 *	   ORDER_WINDOW: of those with data
 * @shuffle_tables: tables in random slots, with gaps
 */
struct mix {
	u32 data;
	u32 zero;
	u32 unmapped;
	u64 data_bytes;
	u64 run;
	bool run_fixed;
	enum order_kind order;
	u64 window;
	u64 streams;
	u64 chunk;
	bool shuffle_tables;
};

/* In the order in which they are made: later ones may break what these need. */
enum edit_kind {
	EDIT_NOISE,
	EDIT_GT,
	EDIT_GD,
	EDIT_BITMAP,
	EDIT_BACKMAP,
	EDIT_FIELD,
	EDIT_TRUNCATE,
	EDIT_CID,
	EDIT_PARENT_CID,
	EDIT_PARENT_HINT,
};

/**
 * struct edit - a deviation from a good image
 * @kind: what it changes
 * @layer: 1 for the oldest snapshot, 0 for the base
 * @extent: the extent of that layer, from 1
 * @index: grain or directory index; EDIT_FIELD: byte in the headers
 * @value: new value; EDIT_TRUNCATE: bytes; EDIT_NOISE: grains
 * @dup: @value is the index of an entry to copy
 * @text: EDIT_PARENT_HINT: the hint
 */
struct edit {
	enum edit_kind kind;
	unsigned int layer;
	unsigned int extent;
	u64 index;
	u64 value;
	bool dup;
	const char *text;
};

enum base_kind { BASE_NONE, BASE_FLAT, BASE_VMFS, BASE_ZERO };

enum style { STYLE_UNIX, STYLE_CRLF, STYLE_SPACES };

/* What of the journal's transactions is in place. */
enum applied {
	APPLIED_RANDOM, /* of each sector some */
	APPLIED_NONE, /* nothing that is in the journal */
	APPLIED_ALL,
};

/**
 * struct journaling - a journal to replay
 * @is_wanted: there is one
 * @layer: whose, in each of its extents; 0: the top's
 * @grains: that a transaction changes, at the most
 * @slots: of the journal
 * @restart: after so many records the next one is in slot 0 again, if not 0
 * @torn: one more record has only so many of its sectors, if not 0
 * @half: and no header, if not 0: it took the oldest one's slot
 * @lag: transactions that the headers do not know of
 * @applied: what is in place
 * @directory: the directory's sectors are journaled, too
 */
struct journaling {
	bool is_wanted;
	unsigned int layer;
	unsigned int grains;
	unsigned int slots;
	unsigned int restart;
	unsigned int torn;
	unsigned int half;
	unsigned int lag;
	enum applied applied;
	bool directory;
};

/**
 * struct options - the whole request
 * @prefix: DIR/NAME
 * @name: the NAME in it
 * @encoding: what descriptors call their encoding
 * @style: how descriptors are laid out
 * @seed: all contents and choices follow from it
 * @capacity: of the disk, in sectors
 * @extents: sectors of each extent
 * @nr_extents: how many
 * @layers: snapshots
 * @base_size: sectors of the base
 * @base_offset: sectors before the data in a FLAT file
 * @base: kind of each of the base's extents, all BASE_NONE for no base
 * @dirty: layers that were not closed cleanly
 * @journal: of a layer
 * @mix: of each layer, the base's (of which only the data matter) at 0
 * @edits: deviations
 * @nr_edits: how many
 * @tight: the regions of extents are no longer than what is in them
 * @raw: write the expected content
 * @descriptor: write descriptors
 */
struct options {
	const char *prefix;
	const char *name;
	const char *encoding;
	enum style style;
	u64 seed;
	u64 capacity;
	u64 extents[GEN_MAX_EXTENTS];
	unsigned int nr_extents;
	unsigned int layers;
	u64 base_size;
	u64 base_offset;
	enum base_kind base[GEN_MAX_EXTENTS];
	bool dirty[GEN_MAX_LAYERS + 1];
	struct journaling journal;
	struct mix mix[GEN_MAX_LAYERS + 1];
	struct edit *edits;
	size_t nr_edits;
	bool tight;
	bool raw;
	bool descriptor;
};

/* The 0 of options_parse() says go on. */
#define OPTIONS_HELP 1

int options_parse(struct options *o, int argc, char **argv);
void options_free(struct options *o);
void options_help(void);

u64 options_base_sectors(const struct options *o, unsigned int extent);
u64 options_extent_start(const struct options *o, unsigned int extent);

#endif /* GEN_OPTIONS_H */
