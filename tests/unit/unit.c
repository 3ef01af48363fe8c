// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs unit tests by name, and makes allocations fail where a test asks for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_stack_use_after_return=1";
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

/**
 * unit_main() - run the tests that the command line names, or all
 * @units: the tests, ended by one without a name
 * @argc: of main()
 * @argv: of main()
 *
 * Return: what main() returns: 0 if at least one ran and all held.
 */
int unit_main(const struct unit *units, int argc, char **argv)
{
	int ran = 0, failed = 0;

	for (; units->name; units++) {
		if (!is_wanted(units->name, argc, argv))
			continue;
		ran++;
		if (units->run()) {
			printf("ok %s\n", units->name);
		} else {
			printf("not ok %s\n", units->name);
			failed++;
		}
		unit_fail_allocation(-1);
		fflush(stdout);
	}
	if (!ran)
		fprintf(stderr, "%s: no such test\n", argv[0]);
	return !ran || failed;
}

/**
 * unit_differs() - say what differed
 * @file: where the test is
 * @line: there
 * @what: the expression
 * @found: its value
 * @expected: what it should have been
 *
 * Return: false, the result of the test.
 */
bool unit_differs(const char *file, int line, const char *what,
		  unsigned long long found, unsigned long long expected)
{
	printf("# %s:%d: %s is %llu (0x%llx), expected %llu (0x%llx)\n", file,
	       line, what, found, found, expected, expected);
	return false;
}

/**
 * unit_text_differs() - say what a text lacked
 * @file: where the test is
 * @line: there
 * @found: the text
 * @expected: what it should have contained
 *
 * Return: false, the result of the test.
 */
bool unit_text_differs(const char *file, int line, const char *found,
		       const char *expected)
{
	printf("# %s:%d: \"%s\", expected it to contain \"%s\"\n", file, line,
	       found, expected);
	return false;
}

/**
 * unit_random() - splitmix64
 * @state: any number; the same one gives the same sequence
 *
 * Return: the next number.
 */
unsigned long long unit_random(unsigned long long *state)
{
	unsigned long long z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The linker's --wrap sends the tested files' allocations here. */
static long allocations_left = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);

void unit_fail_allocation(long after)
{
	allocations_left = after;
}

static bool must_fail(void)
{
	if (allocations_left < 0)
		return false;
	if (!allocations_left)
		return true;
	allocations_left--;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return must_fail() ? NULL : __real_calloc(nr, size);
}
