/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files and devices as the words of a device-mapper table.
 */
#ifndef SESPARSE_DEVICE_QUOTE_H
#define SESPARSE_DEVICE_QUOTE_H

#include <stdbool.h>

struct source;

int quote_check(const char *path);
int quote_number(int fd, const char *path, char **name);
int quote_source(const struct source *source, bool dry_run, char **name);

#endif /* SESPARSE_DEVICE_QUOTE_H */
