/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a file that was named cannot be opened or made.
 */
#ifndef SESPARSE_SOURCE_MISSING_H
#define SESPARSE_SOURCE_MISSING_H

int missing_fail(const char *path, const char *what, int error);

#endif /* SESPARSE_SOURCE_MISSING_H */
