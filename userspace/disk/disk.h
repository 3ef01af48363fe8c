/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a chain reads as, told from its tables without the kernel.
 */
#ifndef SESPARSE_DISK_DISK_H
#define SESPARSE_DISK_DISK_H

#include "dm-sesparse/build.h"

struct chain;
struct log;
struct source;

enum disk_kind {
	DISK_ABSENT, /* no layer decides, and the base has ended: zeros */
	DISK_ZERO, /* zeros that a layer, or a ZERO extent of the base, says */
	DISK_DATA,
	DISK_ERROR, /* corrupt or missing, only with salvage: an I/O error */
};

/**
 * struct disk_range - a part of the disk that is kept in one place
 * @start: its first sector
 * @sectors: its length
 * @kind: what it reads as
 * @depth: which of the chain's links decides that; for DISK_ABSENT the last layer
 * @source: DISK_DATA: the file or device that holds it
 * @at: DISK_DATA: its first sector there
 */
struct disk_range {
	u64 start;
	u64 sectors;
	enum disk_kind kind;
	size_t depth;
	const struct source *source;
	u64 at;
};

/**
 * struct disk - what a chain, or some of its links, read as
 * @chain: the chain
 * @capacity: in sectors
 * @first: the newest layer that counts
 * @nr_layers: how many do
 * @nr_segments: in how many maps they are, as a map has numbers for no more
 *               than SESPARSE_MAX_LAYERS
 * @has_base: the chain's base counts
 * @since: what the links below read as: walk_disk() goes only through what differs
 *         from that; or NULL
 * @parts: one for each extent that a layer has
 * @nr_parts: their number
 */
struct disk {
	const struct chain *chain;
	u64 capacity;
	size_t first;
	size_t nr_layers;
	size_t nr_segments;
	bool has_base;
	const struct disk *since;
	struct disk_part *parts;
	size_t nr_parts;
};

/**
 * struct disk_segment - some layers of a part, newest first
 * @map: where their grains are
 * @deciders: which layer has decided that a grain is zero or an error
 * @grains: of each of them, sector of the file where the grains begin
 */
struct disk_segment {
	struct sesparse_map map;
	struct sesparse_map deciders;
	u64 grains[SESPARSE_MAX_LAYERS];
};

/**
 * struct disk_part - what lies in one extent of each layer
 * @start: its first sector of the disk
 * @sectors: its length
 * @segments: its layers, the newest ones first
 */
struct disk_part {
	u64 start;
	u64 sectors;
	struct disk_segment *segments;
};

int disk_read(const struct log *log, const struct chain *chain, bool salvage,
	      struct disk *disk);
int disk_read_links(const struct log *log, const struct chain *chain,
		    size_t first, size_t nr, bool salvage, struct disk *disk);
void disk_look_until(const struct disk *disk, u64 sector, u64 end,
		     struct disk_range *range);
void disk_look(const struct disk *disk, u64 sector, struct disk_range *range);
u64 disk_map_bytes(const struct disk *disk);
void disk_free(struct disk *disk);

#endif /* SESPARSE_DISK_DISK_H */
