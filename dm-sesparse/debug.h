/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests can do to the module.  The module that is installed has none of it:
 * there the answers are constants.
 */
#ifndef DM_SESPARSE_DEBUG_H
#define DM_SESPARSE_DEBUG_H

#include <linux/types.h>

#define SESPARSE_WAY_PIECES 1 /* several runs at a time */
#define SESPARSE_WAY_GATHER 2 /* in the order of the device */

#ifdef SESPARSE_DEBUG

bool sesparse_debug_way(unsigned int way);
bool sesparse_debug_fail(void);
void sesparse_debug_exit(void);

#else

static inline bool sesparse_debug_way(unsigned int way)
{
	return true;
}

static inline bool sesparse_debug_fail(void)
{
	return false;
}

static inline void sesparse_debug_exit(void)
{
}

#endif /* SESPARSE_DEBUG */

#endif /* DM_SESPARSE_DEBUG_H */
