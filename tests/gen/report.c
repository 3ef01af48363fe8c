// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages about failures.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

/**
 * report_line() - say on standard error what went wrong
 * @format: as printf()'s, without a newline
 */
void report_line(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
