// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/message.h"
#include "util/plain.h"

static void say(const char *kind, const char *format, va_list ap)
{
	char *text;

	if (vasprintf(&text, format, ap) < 0) {
		fprintf(stderr, "sesparsesetup: out of memory\n");
		return;
	}
	make_plain(text);
	/* A line of progress may stand where this goes. */
	if (isatty(STDERR_FILENO))
		fputs("\033[K", stderr);
	fprintf(stderr, "sesparsesetup: %s%s\n", kind, text);
	free(text);
}

/**
 * fail() - say what is wrong
 * @code: what the tool is to exit with
 * @format: as printf()'s, without a newline
 *
 * Return: @code, so that "return fail(...)" does.
 */
int fail(enum exit_code code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say("", format, ap);
	va_end(ap);
	return code;
}

/**
 * fail_memory() - say that memory ran out
 *
 * Return: EXIT_MEMORY.
 */
int fail_memory(void)
{
	return fail(EXIT_MEMORY, "out of memory");
}

/**
 * note() - say what else there is to know
 * @format: as printf()'s, without a newline
 */
void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say("", format, ap);
	va_end(ap);
}

/**
 * warn() - say what may be wrong
 * @format: as printf()'s, without a newline
 */
void warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say("warning: ", format, ap);
	va_end(ap);
}

/**
 * step() - tell a step that whoever waits for it cares for, if he asked for that
 * @log: whether he did
 * @format: as printf()'s, without a newline
 */
void step(const struct log *log, const char *format, ...)
{
	va_list ap;

	if (!log->verbose && !log->debug)
		return;
	va_start(ap, format);
	say("", format, ap);
	va_end(ap);
}

/**
 * debug() - tell what only whoever looks for a fault cares for
 * @log: whether that is to be told
 * @format: as printf()'s, without a newline
 */
void debug(const struct log *log, const char *format, ...)
{
	va_list ap;

	if (!log->debug)
		return;
	va_start(ap, format);
	say("debug: ", format, ap);
	va_end(ap);
}

/**
 * exit_code_of() - what to exit with after a system call failed
 * @error: its errno
 *
 * Return: the code.
 */
enum exit_code exit_code_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return EXIT_PERMISSION;
	case ENOMEM:
		return EXIT_MEMORY;
	case EBUSY:
	case EEXIST:
		return EXIT_BUSY;
	default:
		return EXIT_DEVICE;
	}
}
