/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel 6.1 and today.  Told by macros, never by version
 * numbers: stable kernels take signatures over from newer ones.  In the kernel's own
 * tree there is but one form of each: upstream/README.
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
 * REQ_NOWAIT says that a bio is to end with BLK_STS_AGAIN rather than wait for one of
 * a device's requests.  Its reader then comes again, from where it can wait.  Of
 * several bios that one became, some may be on their way when another ends so; then
 * the reader hears of it when the last of them has ended, from an interrupt.  Does
 * io_uring come again then, too?  Since 6.14, commit d803d123948f ("io_uring/rw: handle
 * -EAGAIN retry at IO completion time"); before, it did so only where it heard while it
 * was submitting the read, and failed the read elsewhere.  No header tells, so Kbuild
 * looks for a type of io_uring's own that came one release later.
 */
static inline bool sesparse_late_eagain_is_fine(void)
{
#ifdef SESPARSE_LATE_EAGAIN
	return true;
#else
	return false;
#endif
}

/*
 * For a bio that goes on without being polled, one of several that a polled one
 * became.  That one bears NOWAIT, lest its reader wait for what only the reader polls.
 * Where late EAGAINs are not fine, this one may wait: else reads of more runs than the
 * device has requests would fail, or, where device mapper submits them again, never
 * come to an end.
 */
static inline void sesparse_clear_polled(struct bio *bio)
{
	bio_clear_polled(bio);
	if (!sesparse_late_eagain_is_fine())
		bio->bi_opf &= ~REQ_NOWAIT;
}

/*
 * dm_submit_bio_remap() sets a bio's cgroup to that of the reader since commit
 * 2df8b310bcfe ("dm: use bio_clone_blkg_association"), which stable kernels took
 * over; before, a bio that the target had made went without one.  No header tells, so
 * it gets that of whoever submits it, which is the reader but for deferred bios.
 */
static inline void sesparse_join_cgroup(struct bio *bio)
{
	bio_associate_blkg(bio);
}

#endif /* DM_SESPARSE_COMPAT_H */
