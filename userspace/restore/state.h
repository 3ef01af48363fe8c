/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small file that says how far a restore has got, and of what it was one.
 */
#ifndef SESPARSE_RESTORE_STATE_H
#define SESPARSE_RESTORE_STATE_H

#include <stdbool.h>

#include "util/ranges.h"

struct image;
struct target;

/**
 * struct state - how far a restore has got
 * @path: the file
 * @text: what was in it behind its first line; NULL: there was none
 * @identity: what the restore is of, and to where: the file's first lines
 * @position: all before this byte of the disk is written and flushed
 * @bad: what of that could not be read
 */
struct state {
	const char *path;
	char *text;
	char *identity;
	u64 position;
	struct ranges bad;
};

int state_open(const char *path, struct state *r);
int state_check(struct state *r, bool salvage,
		 const struct image *image, const struct target *t);
int state_save(const struct state *r, u64 position,
		const struct ranges *bad);
int state_remove(const struct state *r);
void state_free(struct state *r);

#endif /* SESPARSE_RESTORE_STATE_H */
