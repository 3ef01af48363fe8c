/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small file that says how far a restore has got, and of what it was one.
 */
#ifndef SESPARSE_RESTORE_STATE_H
#define SESPARSE_RESTORE_STATE_H

#include <stdbool.h>

#include "util/ranges.h"

struct input;
struct options;
struct target;

/**
 * struct resume - how far a restore has got
 * @path: the file
 * @text: what was in it behind its first line; NULL: there was none
 * @identity: what the restore is of, and to where: the file's first lines
 * @position: all before this byte of the disk is written and flushed
 * @bad: what of that could not be read
 */
struct resume {
	const char *path;
	char *text;
	char *identity;
	u64 position;
	struct ranges bad;
};

int resume_open(const char *path, struct resume *r);
int resume_check(struct resume *r, const struct options *o,
		 const struct input *input, const struct target *t);
int resume_save(const struct resume *r, u64 position,
		const struct ranges *bad);
int resume_remove(const struct resume *r);
void resume_free(struct resume *r);

#endif /* SESPARSE_RESTORE_STATE_H */
