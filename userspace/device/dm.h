/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of device-mapper.
 */
#ifndef SESPARSE_DEVICE_DM_H
#define SESPARSE_DEVICE_DM_H

#include <signal.h>
#include <stdbool.h>

#include "device/name.h"

struct log;
struct dm_table;
struct ticker;

/* Who is to know of a device: see the DM_UDEV_ flags of libdevmapper. */
enum device_visibility {
	DEVICE_HIDDEN, /* nobody: part of another device */
	DEVICE_UNSCANNED, /* udev makes its node, but nobody looks into it */
	DEVICE_SCANNED, /* everybody */
};

/**
 * struct device_request - a device to be made
 * @name: its name
 * @uuid: its UUID
 * @table: its targets
 * @visibility: who is to know of it
 * @writable: it can be written to
 * @ticker: what to do while its table is loaded, or NULL
 */
struct device_request {
	const char *name;
	const char *uuid;
	const struct dm_table *table;
	enum device_visibility visibility;
	bool writable;
	const struct ticker *ticker;
};

/**
 * struct device_state - a device, or that there is none
 * @exists: it is there; else nothing else is set
 * @uuid: its UUID, empty if it has none
 * @major: its number
 * @minor: its number
 * @open_count: how often it is open
 * @read_only: it is
 * @has_table: it can be read
 * @deferred: it goes as soon as nobody has it open
 */
struct device_state {
	bool exists;
	char uuid[UUID_SIZE];
	unsigned int major;
	unsigned int minor;
	int open_count;
	bool read_only;
	bool has_table;
	bool deferred;
};

/* What device_each_target() asks for. */
enum device_question {
	DEVICE_TABLE,
	DEVICE_STATUS,
};

typedef int (*device_target_fn)(void *data, unsigned long long start,
				unsigned long long length, const char *type,
				const char *params);

typedef int (*device_name_fn)(void *data, const char *name);

typedef int (*device_number_fn)(void *data, unsigned int major,
				unsigned int minor);

int device_start(const struct log *log);
int device_check_target(const char *type);
int device_get_state(const char *name, struct device_state *state);
int device_create(const struct log *log, const struct device_request *request,
		  const sigset_t *signals);
int device_remove(const struct log *log, const char *name, const char *uuid,
		  bool deferred);
int device_each(device_name_fn each, void *data);
int device_each_below(const char *name, const struct device_state *state,
		      device_number_fn each, void *data);
int device_each_target(const char *name, enum device_question question,
		       device_target_fn each, void *data);

#endif /* SESPARSE_DEVICE_DM_H */
