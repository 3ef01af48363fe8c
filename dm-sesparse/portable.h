/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files take from the kernel that know nothing of block devices.
 */
#ifndef DM_SESPARSE_PORTABLE_H
#define DM_SESPARSE_PORTABLE_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/prefetch.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>
#include <asm/byteorder.h>

/* Memory that a user can do without: no OOM killer, no warning. */
#define SESPARSE_GFP (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/*
 * For memory.c.  Not kvmalloc(): that first tries for contiguous pages, for larger ones
 * too, and makes the kernel compact its memory for each.
 */
static inline void *sesparse_memory_flags(size_t bytes, gfp_t flags)
{
	return bytes <= PAGE_SIZE ? kmalloc(bytes, SESPARSE_GFP | flags) :
				    __vmalloc(bytes, SESPARSE_GFP | flags);
}

#define sesparse_memory(bytes) sesparse_memory_flags(bytes, 0)
#define sesparse_zeroed_memory(bytes) sesparse_memory_flags(bytes, __GFP_ZERO)
#define sesparse_free_memory(p) kvfree(p)

/* For long loops: lets others run, and says whether to give up. */
static inline bool sesparse_interrupted(void)
{
	cond_resched();
	return fatal_signal_pending(current);
}

#else
/*
 * In userspace those files are the very same, so that they run under sanitizers,
 * fuzzers and other byte orders, and so that sesparsesetup decodes an extent just as
 * the module does.  Where what stands in for the kernel is, the include path says.
 */
#include "kernel-shim.h"
#endif /* __KERNEL__ */

#endif /* DM_SESPARSE_PORTABLE_H */
