/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk's ranges and shares, as map, diff and info print them.
 */
#ifndef SESPARSE_CLI_PRINT_DISK_H
#define SESPARSE_CLI_PRINT_DISK_H

#include "dm-sesparse/portable.h"

struct disk;
struct disk_range;
struct json;
struct share;

void json_disk(struct json *j, const char *key, const struct disk *disk);
void json_share(struct json *j, const struct share *share, u64 errors);
void print_range_heading(void);
int print_range(const struct disk_range *range);
void print_size(const char *what, u64 size);
void print_share(const char *indent, const struct share *share, u64 errors);

#endif /* SESPARSE_CLI_PRINT_DISK_H */
