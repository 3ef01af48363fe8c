/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers, sizes and the like as people write them.
 */
#ifndef GEN_PARSE_H
#define GEN_PARSE_H

#include "options.h"

int parse_number(const char *text, const char *end, u64 *value);
int parse_uint(const char *text, const char *end, unsigned int min,
	       unsigned int max, unsigned int *value);
int parse_hex32(const char *text, u64 *value);
int parse_size(const char *text, const char *end, u64 *size);
int parse_sectors(const char *text, const char *end, u64 *sectors);
int parse_percent(const char *text, u32 *share);

#endif /* GEN_PARSE_H */
