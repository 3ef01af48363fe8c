// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/message.h"
#include "util/plain.h"

static void print(enum message_kind kind, const char *text)
{
	static const char *const kinds[] = {
		[MESSAGE_ERROR] = "",
		[MESSAGE_NOTE] = "",
		[MESSAGE_WARNING] = "warning: ",
		[MESSAGE_STEP] = "",
		[MESSAGE_DEBUG] = "debug: ",
	};

	/* A line of progress may stand where this goes. */
	if (isatty(STDERR_FILENO))
		fputs("\033[K", stderr);
	fprintf(stderr, "sesparsesetup: %s%s\n", kinds[kind], text);
}

static message_use *use_text = print;

/* What is about to be told of is that too many files are open. */
static _Thread_local bool has_too_many;

static void say(enum message_kind kind, const char *format, va_list ap)
{
	char *text;

	if (vasprintf(&text, format, ap) < 0) {
		use_text(kind, "out of memory");
		return;
	}
	make_plain(text);
	use_text(kind, text);
	free(text);
}

/**
 * message_divert() - have messages told elsewhere than on stderr
 * @use: takes them, in any thread that has any; NULL: stderr again
 */
void message_divert(message_use *use)
{
	use_text = use ? use : print;
}

/*
 * Whatever it was that could not be opened.  An extent is open up to three times: by
 * itself, for direct I/O, and as a loop device.
 */
static void explain_too_many(void)
{
	struct rlimit limit;

	has_too_many = false;
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		note("no more than %llu files may be open here: raise that (ulimit -n by root, LimitNOFILE= of a service); 3 for each extent and 64 more do",
		     (unsigned long long)limit.rlim_cur);
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
	say(MESSAGE_ERROR, format, ap);
	va_end(ap);
	if (has_too_many)
		explain_too_many();
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
	say(MESSAGE_NOTE, format, ap);
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
	say(MESSAGE_WARNING, format, ap);
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
	say(MESSAGE_STEP, format, ap);
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
	say(MESSAGE_DEBUG, format, ap);
	va_end(ap);
}

/**
 * exit_code_of() - what to exit with after a system call failed
 * @error: its errno
 *
 * The message that is told next also says what to do about it, if that is the same
 * whatever failed.
 *
 * Return: the code.
 */
enum exit_code exit_code_of(int error)
{
	has_too_many = error == EMFILE;
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
