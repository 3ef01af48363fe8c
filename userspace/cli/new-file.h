/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small file that a verb makes, whole or not at all.
 */
#ifndef SESPARSE_CLI_NEW_FILE_H
#define SESPARSE_CLI_NEW_FILE_H

#include <stddef.h>

int new_file_check(const char *path);
int new_file_write(const char *path, const void *bytes, size_t size);

#endif /* SESPARSE_CLI_NEW_FILE_H */
