/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the volume says of itself, and its system files.
 */
#ifndef LUN_SYSTEM_H
#define LUN_SYSTEM_H

#include "node.h"

int system_begin(struct filesystem *fs, struct node *root);
int system_finish(struct filesystem *fs, struct node *root);

#endif /* LUN_SYSTEM_H */
