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
 * For a bio that goes on without being polled.  Where there is bio_set_polled(), see
 * Kbuild, each polled bio bears NOWAIT, lest its reader wait for what only the reader
 * polls; elsewhere the reader said so.  With it, reads of more runs than the device
 * has requests would never come to an end there.
 */
static inline void sesparse_clear_polled(struct bio *bio)
{
	bio_clear_polled(bio);
#ifdef SESPARSE_POLLED_IS_NOWAIT
	bio->bi_opf &= ~REQ_NOWAIT;
#endif
}

#endif /* DM_SESPARSE_COMPAT_H */
