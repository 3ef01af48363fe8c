/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of device-mapper.
 */
#ifndef SESPARSE_DM_H
#define SESPARSE_DM_H

#include <signal.h>
#include <stdbool.h>

#include "name.h"

struct log;
struct table;

/* Who is to know of a device: see the DM_UDEV_ flags of libdevmapper. */
enum dm_visibility {
	DM_HIDDEN, /* nobody: part of another device */
	DM_UNSCANNED, /* udev makes its node, but nobody looks into it */
	DM_SCANNED, /* everybody */
};

/**
 * struct dm_request - a device to be made
 * @name: its name
 * @uuid: its UUID
 * @table: its targets
 * @visibility: who is to know of it
 */
struct dm_request {
	const char *name;
	const char *uuid;
	const struct table *table;
	enum dm_visibility visibility;
};

/**
 * struct dm_state - a device, or that there is none
 * @exists: it is there; else nothing else is set
 * @uuid: its UUID, empty if it has none
 * @major: its number
 * @minor: its number
 * @open_count: how often it is open
 * @read_only: it is
 * @has_table: it can be read
 * @deferred: it goes as soon as nobody has it open
 */
struct dm_state {
	bool exists;
	char uuid[UUID_SIZE];
	unsigned int major;
	unsigned int minor;
	int open_count;
	bool read_only;
	bool has_table;
	bool deferred;
};

/* What dm_each_target() asks for. */
enum dm_question {
	DM_TABLE,
	DM_STATUS,
};

typedef int (*dm_target_fn)(void *data, unsigned long long start,
			    unsigned long long length, const char *type,
			    const char *params);

int dm_start(const struct log *log);
int dm_check_target(const char *type);
int dm_get_state(const char *name, struct dm_state *state);
int dm_create(const struct log *log, const struct dm_request *request,
	      const sigset_t *signals);
int dm_remove(const struct log *log, const char *name, bool deferred);
int dm_each_target(const char *name, enum dm_question question,
		   dm_target_fn each, void *data);

#endif /* SESPARSE_DM_H */
