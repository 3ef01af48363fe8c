// SPDX-License-Identifier: GPL-2.0-only
/*
 * Knobs that tests turn, in a module built with SESPARSE_DEBUG=1 and in no other.
 */
#include <linux/atomic.h>
#include <linux/module.h>

#include "debug.h"

static unsigned int ways = SESPARSE_WAY_PIECES | SESPARSE_WAY_GATHER;
module_param(ways, uint, 0600);
MODULE_PARM_DESC(ways, "0 for one run at a time, 1 to plan pieces, or 3 to gather grains too");

static unsigned int fail_every;
module_param(fail_every, uint, 0600);
MODULE_PARM_DESC(fail_every, "Which allocations of the read path fail, every n-th");

/**
 * sesparse_debug_way() - is a way of reading to be used?
 * @way: one of SESPARSE_WAY_*
 *
 * Return: true unless a test does not want it.
 */
bool sesparse_debug_way(unsigned int way)
{
	return READ_ONCE(ways) & way;
}

/**
 * sesparse_debug_fail() - is this allocation to fail?
 *
 * Return: true if a test wants it to.
 */
bool sesparse_debug_fail(void)
{
	const unsigned int n = READ_ONCE(fail_every);
	static atomic_t count;

	return n && !((unsigned int)atomic_inc_return(&count) % n);
}
