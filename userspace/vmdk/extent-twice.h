/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An extent that two links of a chain name.
 */
#ifndef SESPARSE_VMDK_EXTENT_TWICE_H
#define SESPARSE_VMDK_EXTENT_TWICE_H

struct chain;

int extents_check_distinct(const struct chain *chain);

#endif /* SESPARSE_VMDK_EXTENT_TWICE_H */
