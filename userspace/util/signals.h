/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals that would end the tool wait until it has undone what it began.
 */
#ifndef SESPARSE_UTIL_SIGNALS_H
#define SESPARSE_UTIL_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

int signals_hold(sigset_t *old);
int signals_hold_questions(sigset_t *old);
bool signals_asked(void);
bool signals_waiting(void);
void signals_release(const sigset_t *old);

/**
 * struct ticker - what else to do meanwhile
 * @tick: called a few times a second
 * @data: for @tick
 */
struct ticker {
	void (*tick)(void *data);
	void *data;
};

int signals_run(const sigset_t *old, int (*work)(void *data), void *data,
		const struct ticker *ticker, int *result);

#endif /* SESPARSE_UTIL_SIGNALS_H */
