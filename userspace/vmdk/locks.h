/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extents that another host has open.
 */
#ifndef SESPARSE_VMDK_LOCKS_H
#define SESPARSE_VMDK_LOCKS_H

#include <stdbool.h>

struct chain;
struct source;

int lock_check(const struct source *source, bool live);
int locks_check(const struct chain *chain, bool live);

#endif /* SESPARSE_VMDK_LOCKS_H */
