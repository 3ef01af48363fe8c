/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel 6.1 and today.  Told by macros, never by version
 * numbers: stable kernels take signatures over from newer ones.
 */
#ifndef DM_SESPARSE_COMPAT_H
#define DM_SESPARSE_COMPAT_H

#include <linux/blkdev.h>
#include <linux/fs.h>

/* Since 6.5 a device is opened with a blk_mode_t, before with an fmode_t. */
#ifndef BLK_OPEN_WRITE
#define BLK_OPEN_WRITE FMODE_WRITE
#endif

#endif /* DM_SESPARSE_COMPAT_H */
