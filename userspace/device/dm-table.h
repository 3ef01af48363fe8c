/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device-mapper tables that make a chain a disk.
 */
#ifndef SESPARSE_DEVICE_DM_TABLE_H
#define SESPARSE_DEVICE_DM_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* libdevmapper refuses tables of more than 50 MB, which these can't reach. */
#define DM_TABLE_MAX_TARGETS 300000

struct attachments;
struct chain;

/**
 * struct dm_table_line - one target of a device
 * @start: first sector
 * @length: in sectors
 * @type: the target's name
 * @params: its arguments
 */
struct dm_table_line {
	unsigned long long start;
	unsigned long long length;
	const char *type;
	char *params;
};

/**
 * struct dm_table - a device's targets; all 0 before the first
 * @lines: the targets, one after the other
 * @nr: their number
 * @room: for how many there is memory
 */
struct dm_table {
	struct dm_table_line *lines;
	size_t nr;
	size_t room;
};

/**
 * struct dm_table_options - what the sesparse targets are told
 * @names: what the chain's sources are called
 * @salvage: turn corrupt entries into I/O errors
 * @ignore_dirty: take extents that were not closed cleanly
 * @segment: which of the chain's segments, newest 0
 * @below: device of what the segment leaves open: the next segment's, or, of the
 *         oldest one, that made from dm_table_of_base(), if dm_table_needs_base()
 *         said so
 */
struct dm_table_options {
	const struct attachments *names;
	bool salvage;
	bool ignore_dirty;
	size_t segment;
	const char *below;
};

bool dm_table_needs_base(const struct chain *chain);
bool dm_table_takes_pieces(const struct chain *chain);
int dm_table_of_base(const struct chain *chain, const struct attachments *names,
		  struct dm_table *table);
int dm_table_of_segment(const struct chain *chain,
		  const struct dm_table_options *options, struct dm_table *table);
int dm_table_add(struct dm_table *table, unsigned long long length,
		 const char *type, char *params);
int dm_table_add_linear(struct dm_table *table, unsigned long long length,
			const char *device, unsigned long long sector);
int dm_table_add_zero(struct dm_table *table, unsigned long long length);
void dm_table_free(struct dm_table *table);

#endif /* SESPARSE_DEVICE_DM_TABLE_H */
