/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a restore is of and to, in lines of text: the chain, the contents of its
 * files and devices, and the target.
 */
#ifndef SESPARSE_RESTORE_FINGERPRINT_H
#define SESPARSE_RESTORE_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

struct disk;
struct image;
struct target;

int fingerprint_make(const struct image *image, size_t first,
		     const struct disk *disk, const struct target *t,
		     bool salvage, char **text);
bool fingerprint_fits(const char *found, const char *wanted, const char **rest);
u64 fingerprint_hash(const char *text);
int fingerprint_check_target(const struct disk *disk, const struct target *t);
const char *fingerprint_compare(const char *path, size_t line, const char *found,
				const char *wanted, const char *anew);

#endif /* SESPARSE_RESTORE_FINGERPRINT_H */
