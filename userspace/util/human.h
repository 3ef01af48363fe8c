/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers and names as a person likes them.
 */
#ifndef SESPARSE_UTIL_HUMAN_H
#define SESPARSE_UTIL_HUMAN_H

#include "dm-sesparse/portable.h"

#define HUMAN_SIZE 32

const char *human_size(u64 bytes, char text[HUMAN_SIZE]);
int human_name(const char *name);
int human_flush(void);

#endif /* SESPARSE_UTIL_HUMAN_H */
