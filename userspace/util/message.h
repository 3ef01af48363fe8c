/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tool says on stderr, a line each, and what its exit tells.  A program
 * that has another place for it diverts it there.
 */
#ifndef SESPARSE_UTIL_MESSAGE_H
#define SESPARSE_UTIL_MESSAGE_H

#include <stdbool.h>

struct progress;

/* As cryptsetup's; a function that can fail returns 0 or one of these. */
enum exit_code {
	EXIT_USAGE = 1, /* bad arguments */
	EXIT_PERMISSION = 2,
	EXIT_MEMORY = 3,
	EXIT_DEVICE = 4, /* wrong device or file */
	EXIT_BUSY = 5, /* exists or busy */
};

/**
 * struct log - how much to tell
 * @quiet: no progress, and not that something went well
 * @verbose: the steps, such as which files are read and what is made
 * @debug: these, and everything else
 * @tables: how far the reading of grain tables is, to whoever waits for that, or
 *          NULL
 */
struct log {
	bool quiet;
	bool verbose;
	bool debug;
	struct progress *tables;
};

enum message_kind {
	MESSAGE_ERROR,
	MESSAGE_NOTE,
	MESSAGE_WARNING,
	MESSAGE_STEP, /* only if it was asked for, as is the next */
	MESSAGE_DEBUG,
};

/**
 * typedef message_use - takes a message
 * @kind: what it is
 * @text: it, without a newline, and with nothing in it that a terminal obeys
 */
typedef void message_use(enum message_kind kind, const char *text);

void message_divert(message_use *use);
int fail(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int fail_memory(void);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void step(const struct log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void debug(const struct log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum exit_code exit_code_of(int error);

#endif /* SESPARSE_UTIL_MESSAGE_H */
