/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FNV-1a: tells two states of the same thing apart, not forgeries.
 */
#ifndef SESPARSE_UTIL_HASH_H
#define SESPARSE_UTIL_HASH_H

#include <stddef.h>

#include "dm-sesparse/portable.h"

/* Of nothing. */
#define HASH_START 0xcbf29ce484222325ULL

u64 hash_add(u64 hash, const void *bytes, size_t size);

#endif /* SESPARSE_UTIL_HASH_H */
