/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is newer than it should be.
 */
#ifndef SESPARSE_VMDK_NEWER_H
#define SESPARSE_VMDK_NEWER_H

struct chain;

int newer_find_snapshot(const struct chain *chain, char **path);
void newer_warn_parents(const struct chain *chain);
int newer_warn(const struct chain *chain);

#endif /* SESPARSE_VMDK_NEWER_H */
