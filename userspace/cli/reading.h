/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All of a disk read by a verb that leaves nothing behind: how far that is, is shown,
 * and answered at any time.
 */
#ifndef SESPARSE_CLI_READING_H
#define SESPARSE_CLI_READING_H

#include <signal.h>
#include <stdbool.h>

#include "dm-sesparse/portable.h"
#include "util/progress.h"

struct options;

/**
 * struct reading - what is on its way
 * @progress: how far it is
 * @signals: those that were let through before
 */
struct reading {
	struct progress progress;
	sigset_t signals;
};

bool reading_is_shown(const struct options *o);
int reading_begin(const struct options *o, struct reading *r, const char *what,
		  u64 bytes);
void reading_end(struct reading *r, bool is_done);

#endif /* SESPARSE_CLI_READING_H */
