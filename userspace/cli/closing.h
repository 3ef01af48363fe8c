/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk that is being closed.
 */
#ifndef SESPARSE_CLI_CLOSING_H
#define SESPARSE_CLI_CLOSING_H

struct log;
struct stack;

/**
 * struct closing - a disk to be closed
 * @log: how much to tell
 * @name: the disk's
 * @mounted: the device from which a file system is mounted that is about to go, and
 *           counts for no user; NULL: there is none
 */
struct closing {
	const struct log *log;
	const char *name;
	const char *mounted;
};

int closing_look_until_free(const struct closing *c, struct stack *stack,
			    const char **user);

#endif /* SESPARSE_CLI_CLOSING_H */
