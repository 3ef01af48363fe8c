/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of an extent that was not closed cleanly.
 */
#ifndef GEN_JOURNAL_H
#define GEN_JOURNAL_H

#include "extent.h"

int journal_parse(struct journaling *j, const char *text);
bool journal_is_wanted(const struct extent *x);
u64 journal_sectors(const struct extent *x);
int journal_write(struct extent *x);

#endif /* GEN_JOURNAL_H */
