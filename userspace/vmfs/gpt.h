/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMFS partitions of a GUID partition table.
 */
#ifndef SESPARSE_VMFS_GPT_H
#define SESPARSE_VMFS_GPT_H

#include "dm-sesparse/portable.h"

struct lun;

/* Called with the first block of a partition and their number; not 0 ends that. */
typedef int (*gpt_fn)(void *data, u64 first, u64 blocks);

int gpt_find(const struct lun *lun, u32 block, gpt_fn each, void *data);

#endif /* SESPARSE_VMFS_GPT_H */
