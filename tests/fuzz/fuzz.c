// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the tool go nowhere, but each is looked at: whatever an input holds,
 * none of it may reach a terminal as a control code.
 */
#include <endian.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

/* Room for what is told of one input at a time. */
#define TOLD_BYTES 65536

static FILE *reports; /* where stderr went before */
static size_t told; /* bytes of messages */
static char folder[4096]; /* that the program is in */
static unsigned long taken; /* inputs */

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/*
 * What is freed is soon used again: the inputs are small, and many.  Where memory came
 * from is noted only if who looks into a report asks for it.
 */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:allocator_release_to_os_interval_ms=-1:"
	       "malloc_context_size=0:handle_abort=1";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}

/**
 * fuzz_broken() - report a property that does not hold, and end
 * @file: where it is stated
 * @line: there
 * @condition: it
 */
void fuzz_broken(const char *file, int line, const char *condition)
{
	fprintf(reports, "\n%s:%d: does not hold: %s\n", file, line, condition);
	fflush(reports);
	abort();
}

/**
 * fuzz_differs() - report what is not what it should be, and end
 * @file: where that is stated
 * @line: there
 * @what: the expression
 * @found: its value
 * @expected: what it should have been
 */
void fuzz_differs(const char *file, int line, const char *what,
		  unsigned long long found, unsigned long long expected)
{
	fprintf(reports, "\n%s:%d: %s is %llu (0x%llx), expected %llu (0x%llx)\n",
		file, line, what, found, found, expected, expected);
	fflush(reports);
	abort();
}

/**
 * draw_byte() - draw a byte of the input
 * @draw: the input
 *
 * Return: the next byte, or 0 if there are no more.
 */
uint8_t draw_byte(struct draw *draw)
{
	if (!draw->left)
		return 0;
	draw->left--;
	return *draw->next++;
}

/**
 * draw_bytes() - draw bytes of the input
 * @draw: the input
 * @bytes: set to them, and to zeros where there are no more
 * @size: their number
 */
void draw_bytes(struct draw *draw, void *bytes, size_t size)
{
	const size_t some = size < draw->left ? size : draw->left;

	memcpy(bytes, draw->next, some);
	memset((char *)bytes + some, 0, size - some);
	draw->next += some;
	draw->left -= some;
}

/**
 * draw_number() - draw a little-endian number of the input
 * @draw: the input
 * @bytes: that it has, at most 8
 *
 * Return: the number.
 */
uint64_t draw_number(struct draw *draw, unsigned int bytes)
{
	uint64_t number = 0;

	draw_bytes(draw, &number, bytes);
	return le64toh(number);
}

/* Where a terminal has a line of progress, it is cleared first. */
static size_t skip_clear(const char *text, size_t size)
{
	return size >= 3 && !memcmp(text, "\033[K", 3) ? 3 : 0;
}

static ssize_t take_text(void *cookie, const char *text, size_t size)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t i;

	(void)cookie;
	for (i = 0; i < size; i++) {
		if (c[i] == '\033')
			i += skip_clear(text + i, size - i);
		must(i == size || c[i] == '\n' || (c[i] >= 0x20 && c[i] != 0x7f));
		must(i + 1 >= size || c[i] != 0xc2 || c[i + 1] < 0x80 ||
		     c[i + 1] >= 0xa0);
	}
	told += size;
	return (ssize_t)size;
}

/**
 * fuzz_told() - whether the tool has told anything since the last call
 *
 * Return: that.
 */
bool fuzz_told(void)
{
	bool any;

	fflush(stderr);
	any = told;
	told = 0;
	return any;
}

/**
 * fuzz_taken() - an input was taken for what it should be, and looked at in full
 *
 * How many were, tests/fuzz/run tells: it is how deep the executions get.
 */
void fuzz_taken(void)
{
	taken++;
}

static void tell_taken(void)
{
	fprintf(reports, "stat::taken: %lu\n", taken);
}

/**
 * fuzz_folder() - where the targets are, and what was built for them
 *
 * Return: the folder's name.
 */
const char *fuzz_folder(void)
{
	return folder;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const cookie_io_functions_t functions = { .write = take_text };
	ssize_t length;

	(void)argc;
	(void)argv;
	reports = stderr;
	stderr = fopencookie(NULL, "w", functions);
	must(!atexit(tell_taken));
	must(stderr && !setvbuf(stderr, NULL, _IOFBF, TOLD_BYTES));
	/* Names are converted to the locale's encoding. */
	must(setlocale(LC_ALL, "C.UTF-8"));
	length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	must(length > 0);
	folder[length] = '\0';
	*strrchr(folder, '/') = '\0';
	return 0;
}
