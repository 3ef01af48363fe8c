/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages about failures.
 */
#ifndef GEN_REPORT_H
#define GEN_REPORT_H

#define __printf(a, b) __attribute__((format(printf, a, b)))

/* -1, for the caller to return; the compiler is to see that it is not 0. */
#define report(...) (report_line(__VA_ARGS__), -1)

__printf(1, 2) void
report_line(const char *format, ...);

#endif /* GEN_REPORT_H */
