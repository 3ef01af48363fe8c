/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unit tests' frame: a program is a table of named tests; without arguments
 * it runs all of them, with arguments those named.
 */
#ifndef SESPARSE_UNIT_H
#define SESPARSE_UNIT_H

#include <stdbool.h>

/**
 * struct unit - a test
 * @name: the behaviour that it holds
 * @run: returns whether it held; expect() has said what differed
 */
struct unit {
	const char *name;
	bool (*run)(void);
};

int unit_main(const struct unit *units, int argc, char **argv);
bool unit_differs(const char *file, int line, const char *what,
		  unsigned long long found, unsigned long long expected);
bool unit_text_differs(const char *file, int line, const char *found,
		       const char *expected);
unsigned long long unit_random(unsigned long long *state);

/* Allocations to let through before one fails; negative: none fails. */
void unit_fail_allocation(long after);

/* Leave the test, having said what differed, unless the two are equal. */
#define expect(found, expected)                                              \
	do {                                                                 \
		unsigned long long found_ = (unsigned long long)(found);     \
		unsigned long long wanted_ = (unsigned long long)(expected); \
		if (found_ != wanted_)                                       \
			return unit_differs(__FILE__, __LINE__, #found,      \
					    found_, wanted_);                \
	} while (0)

/* Likewise unless the text @found contains @expected. */
#define expect_text(found, expected)                                        \
	do {                                                                \
		if (!strstr(found, expected))                               \
			return unit_text_differs(__FILE__, __LINE__, found, \
						 expected);                 \
	} while (0)

#endif /* SESPARSE_UNIT_H */
