/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that are not trusted, resolved where they can do no harm.
 */
#ifndef SESPARSE_SOURCE_OPEN_BELOW_H
#define SESPARSE_SOURCE_OPEN_BELOW_H

int open_below(int folder, const char *name, int flags);

#endif /* SESPARSE_SOURCE_OPEN_BELOW_H */
