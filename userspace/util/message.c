// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "util/message.h"

/* Bytes that are control codes by themselves, to some terminals at least. */
static bool is_control_byte(unsigned char byte)
{
	return byte < 0x20 || (byte >= 0x7f && byte < 0xa0);
}

/**
 * make_plain() - put question marks in place of control characters
 * @text: the text, in the locale's encoding or in none
 *
 * Names out of a descriptor must not reach a terminal as control codes.
 */
void make_plain(char *text)
{
	size_t left = strlen(text), length;
	mbstate_t state = { 0 };
	bool control;
	wchar_t wide;

	for (; left; text += length, left -= length) {
		length = mbrtowc(&wide, text, left, &state);
		control = length <= left && iswcntrl((wint_t)wide);
		if (length > left) { /* no character, or not all of one */
			length = 1;
			memset(&state, 0, sizeof(state));
		}
		if (control ||
		    (length == 1 && is_control_byte((unsigned char)*text)))
			memset(text, '?', length);
	}
}

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
 * debug() - tell a step, if steps are to be told
 * @log: whether they are
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
