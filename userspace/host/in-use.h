/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who uses a file or block device that is to be overwritten.
 */
#ifndef SESPARSE_HOST_IN_USE_H
#define SESPARSE_HOST_IN_USE_H

#include <sys/stat.h>

int in_use_check(const char *path, const struct stat *st);
int in_use_fail(const char *path, const struct stat *st);

#endif /* SESPARSE_HOST_IN_USE_H */
