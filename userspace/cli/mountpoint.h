/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folder that a file system is mounted at.
 */
#ifndef SESPARSE_CLI_MOUNTPOINT_H
#define SESPARSE_CLI_MOUNTPOINT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* With the NUL; longer ones are cut off, and none that is known is. */
#define MOUNTPOINT_TYPE_SIZE 32

/**
 * struct mountpoint - what is mounted at a folder, over all else there
 * @exists: something is
 * @dev: the block device that it is on, or 0
 * @type: the file system's type
 */
struct mountpoint {
	bool exists;
	dev_t dev;
	char type[MOUNTPOINT_TYPE_SIZE];
};

int mountpoint_find(const char *dir, char place[PATH_MAX]);
int mountpoint_look(const char *place, struct mountpoint *at);
int mountpoint_other(dev_t dev, const char *place, char **where);

#endif /* SESPARSE_CLI_MOUNTPOINT_H */
