/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers and names as a person likes them.
 */
#ifndef SESPARSE_UTIL_HUMAN_H
#define SESPARSE_UTIL_HUMAN_H

#include "dm-sesparse/portable.h"

#define SHOW_SIZE 32

const char *show_size(u64 bytes, char text[SHOW_SIZE]);
int show_name(const char *name);

#endif /* SESPARSE_UTIL_HUMAN_H */
