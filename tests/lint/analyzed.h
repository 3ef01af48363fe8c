/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything when clang's analyzer reads the sources.  It sees one file
 * at a time, and would follow failures on which fail() returned 0.
 */
#ifndef LINT_ANALYZED_H
#define LINT_ANALYZED_H

#include "userspace/util/message.h"

static inline int lint_not_zero(int code)
{
	if (!code)
		__builtin_unreachable();
	return code;
}

#define fail(...) lint_not_zero(fail(__VA_ARGS__))
#define fail_memory() lint_not_zero(fail_memory())

#endif /* LINT_ANALYZED_H */
