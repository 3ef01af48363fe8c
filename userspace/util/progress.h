/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line on stderr that tells how far something has got.
 */
#ifndef SESPARSE_UTIL_PROGRESS_H
#define SESPARSE_UTIL_PROGRESS_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

/**
 * struct progress - something that takes its time
 * @is_shown: somebody wants to see it
 * @what: what is being done
 * @total: bytes to do
 * @done: bytes done
 * @begin: when it began, in ns
 * @patience: how long to tell nothing then, in ns
 * @told: when the line was written last
 * @width: of that line
 * @unasked: bytes done since it was seen whether somebody asks
 */
struct progress {
	bool is_shown;
	const char *what;
	u64 total;
	u64 done;
	u64 begin;
	u64 patience;
	u64 told;
	int width;
	u64 unasked;
};

void progress_begin(struct progress *p, bool is_shown, const char *what,
		    u64 total);
void progress_be_patient(struct progress *p);
void progress_answer(struct progress *p);
void progress_add(struct progress *p, u64 bytes);
u64 progress_end(struct progress *p, bool is_done);
u64 progress_now(void);

#endif /* SESPARSE_UTIL_PROGRESS_H */
