/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel 6.1 and today.  Told by macros, never by version
 * numbers: stable kernels take signatures over from newer ones.
 */
#ifndef DM_SESPARSE_COMPAT_H
#define DM_SESPARSE_COMPAT_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/fs.h>

/* Since 6.5 a device is opened with a blk_mode_t, before with an fmode_t. */
#ifndef BLK_OPEN_WRITE
#define BLK_OPEN_WRITE FMODE_WRITE
#endif

/*
 * A cache of bios for each CPU.  On 6.1 one from there must not end in an
 * interrupt; kernels with atomic writes (6.11) are long past that.
 */
#ifdef REQ_ATOMIC
#define SESPARSE_BIOSET_CACHE BIOSET_PERCPU_CACHE
#else
#define SESPARSE_BIOSET_CACHE 0
#endif

#endif /* DM_SESPARSE_COMPAT_H */
