/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device-mapper tables that make a chain a disk.
 */
#ifndef SESPARSE_DEVICE_TABLE_H
#define SESPARSE_DEVICE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct attachments;
struct chain;

/**
 * struct table_line - one target of a device
 * @start: first sector
 * @length: in sectors
 * @type: the target's name
 * @params: its arguments
 */
struct table_line {
	unsigned long long start;
	unsigned long long length;
	const char *type;
	char *params;
};

/**
 * struct table - a device's targets
 * @lines: the targets, one after the other
 * @nr: their number
 */
struct table {
	struct table_line *lines;
	size_t nr;
};

/**
 * struct table_options - what the sesparse targets are told
 * @names: what the chain's sources are called
 * @salvage: turn corrupt entries into I/O errors
 * @ignore_dirty: take extents that were not closed cleanly
 * @base: device made from table_of_base(), if table_needs_base() said so
 */
struct table_options {
	const struct attachments *names;
	bool salvage;
	bool ignore_dirty;
	const char *base;
};

bool table_needs_base(const struct chain *chain);
int table_of_base(const struct chain *chain, const struct attachments *names,
		  struct table *table);
int table_of_disk(const struct chain *chain,
		  const struct table_options *options, struct table *table);
int table_of_target(unsigned long long length, const char *type, char *params,
		    struct table *table);
void table_free(struct table *table);

#endif /* SESPARSE_DEVICE_TABLE_H */
