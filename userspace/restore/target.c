// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "host/contents.h"
#include "host/in-use.h"
#include "host/lock.h"
#include "restore/target.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/holes.h"
#include "source/missing.h"
#include "source/queue.h"
#include "source/source.h"
#include "util/message.h"
#include "util/progress.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

/*
 * Zeros that were read, and are so many at least, are made as others are: for
 * each it is a call, which takes a device longer than to write a few more.
 */
#define MIN_ZEROS_OF_FILE 4096
#define MIN_ZEROS_OF_DEVICE (256 * 1024)

/* Zeros made by one call: as many as take about this long. */
#define MIN_PIECE (16ULL << 20)
#define MAX_PIECE (1ULL << 40)
#define PIECE_NS 100000000ULL

static int open_there(struct target *t)
{
	struct stat st;
	int r;

	r = file_open_exclusive(t->path, &t->fd, &st);
	if (r == FILE_IN_USE)
		return in_use_fail(t->path, &t->st);
	return r;
}

static int open_new(struct target *t)
{
	/* What is on a disk is not for everybody's eyes. */
	t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return t->fd < 0 ? missing_fail(t->path, "cannot create", errno) : 0;
}

/* Set @made if it was not there. */
static int open_any(struct target *t, bool *made)
{
	int r;

	*made = false;
	if (!stat(t->path, &t->st)) {
		r = open_there(t);
	} else if (errno == ENOENT) {
		r = open_new(t);
		*made = !r;
	} else {
		r = missing_fail(t->path, NULL, errno);
	}
	if (!r && fstat(t->fd, &t->st))
		r = fail(exit_code_of(errno), "%s: %m", t->path);
	t->is_block = S_ISBLK(t->st.st_mode);
	return r;
}

/* Does the name, or the link, still lead to the file? */
static bool is_there(const struct target *t)
{
	struct stat st;

	return !stat(t->path, &st) && st.st_dev == t->st.st_dev &&
	       st.st_ino == t->st.st_ino;
}

/*
 * Who had it locked before may have written to it, or removed it: only from now on
 * it is what it is.
 */
static int look_again(struct target *t)
{
	if (fstat(t->fd, &t->st))
		return fail(exit_code_of(errno), "%s: %m", t->path);
	if (t->is_block || is_there(t))
		return 0;
	return fail(EXIT_BUSY,
		    "%s: was removed or replaced while it was opened, by another restore to it perhaps, expected the file to stay: restore once more",
		    t->path);
}

static int check_no_source(const struct target *t, const struct image *image)
{
	char *part;
	int r;

	r = image_find_overlap(image, &t->st, &part);
	if (!r && part)
		r = fail(EXIT_BUSY,
			 "%s: is, holds or lies on %s: restore to another place",
			 t->path, part);
	free(part);
	return r;
}

/* @queue is where sysfs has a device's queue: a partition's is its disk's. */
static bool reads_offload(const struct target *t, const char *queue)
{
	unsigned long long most = 0;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/dev/block/%u:%u/%s/write_zeroes_max_bytes",
		 major(t->st.st_rdev), minor(t->st.st_rdev), queue);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%llu", &most) != 1)
		most = 0;
	fclose(f);
	return most;
}

static int measure(struct target *t)
{
	int sector;

	if (!t->is_block && t->st.st_size < 0)
		return fail(EXIT_DEVICE,
			    "%s: has %lld bytes, says its file system", t->path,
			    (long long)t->st.st_size);
	t->sector = 1;
	t->bytes = (u64)t->st.st_size;
	if (!t->is_block)
		return 0;
	if (ioctl(t->fd, BLKGETSIZE64, &t->bytes) ||
	    ioctl(t->fd, BLKSSZGET, &sector))
		return fail(exit_code_of(errno), "%s: cannot tell its size: %m",
			    t->path);
	if (sector < SESPARSE_SECTOR_SIZE || sector & (sector - 1))
		return fail(EXIT_DEVICE,
			    "%s: has sectors of %d bytes, expected a power of two from %d on",
			    t->path, sector, SESPARSE_SECTOR_SIZE);
	t->sector = (u32)sector;
	t->offloads = reads_offload(t, "queue") ||
		      reads_offload(t, "../queue");
	return 0;
}

static int check_size(const struct target *t, const struct image *image)
{
	const u64 needed = image->chain.links[0]->capacity *
			   SESPARSE_SECTOR_SIZE;

	if (!t->is_block || t->bytes >= needed)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: has %llu bytes, but the disk %s has %llu, expected room for all of it",
		    t->path, t->bytes, image->chain.links[0]->path, needed);
}

static int check_unused(const struct target *t, const struct image *image)
{
	const int r = check_no_source(t, image);

	return r ? r : in_use_check(t->path, &t->st);
}

/*
 * Two restores may find nothing, or the same file, at the same time: whoever gets the
 * lock has it, and only what is seen then counts.  A file that was made just now is
 * nothing else's yet, but may be locked by who has found it: then it is his.
 */
static int take(struct target *t, const struct image *image)
{
	bool made;
	int r;

	r = open_any(t, &made);
	if (!r && !made)
		r = check_unused(t, image);
	/* udev does not look into a device, half written, that is locked. */
	if (!r)
		r = lock_take(t->path, t->fd);
	if (r)
		return r;
	t->is_new = made;
	return look_again(t);
}

/**
 * target_open() - open what a disk is to be written to
 * @log: how much to tell
 * @path: its name; if there is nothing, a file is made
 * @image: the disk
 * @is_thick: all of it is to be written, zeros too
 * @t: filled in, for target_close(), on failure too
 *
 * Refused is what is in use, too small, or part of the disk itself.  Nothing is
 * written yet.
 *
 * Return: 0, or an exit code after a message.
 */
int target_open(const struct log *log, const char *path,
		const struct image *image, bool is_thick, struct target *t)
{
	int r;

	*t = (struct target){
		.path = path,
		.is_thick = is_thick,
		.fd = -1,
		.direct.fd = -1,
		.piece = MIN_PIECE,
	};
	r = take(t, image);
	if (!r)
		r = measure(t);
	if (!r)
		r = check_size(t, image);
	if (r)
		return r;
	direct_open(t->fd, O_RDWR, &t->direct);
	step(log, "%s: %s of %llu bytes, %s direct I/O", path,
	     t->is_block ? "block device" : "file", t->bytes,
	     t->direct.fd < 0 ? "without" : "with");
	return 0;
}

/**
 * target_take() - make a target of a new file
 * @path: its name, for messages
 * @fd: it, open for reading and writing, which stays the caller's
 * @t: filled in, for target_release(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int target_take(const char *path, int fd, struct target *t)
{
	*t = (struct target){
		.path = path,
		.fd = fd,
		.direct.fd = -1,
		.piece = MIN_PIECE,
	};
	if (fstat(fd, &t->st))
		return fail(exit_code_of(errno), "%s: %m", path);
	direct_open(fd, O_RDWR, &t->direct);
	return measure(t);
}

/* Return: true if all of a file is a hole, as far as the filesystem tells. */
static bool is_hole(const struct target *t)
{
	struct stretch stretch;

	if (!t->bytes)
		return true;
	stretch = holes_look(t->fd, 0, t->bytes, 1);
	return stretch.is_hole && stretch.end == t->bytes;
}

/**
 * target_find_known() - find what of a target is known by a signature
 * @t: the target
 * @places: the PLAN_ALIGN bytes around each signature are added to it
 *
 * Return: 0, or an exit code after a message.
 */
int target_find_known(const struct target *t, struct ranges *places)
{
	char *found;
	int r;

	r = contents_find(t->path, t->fd, &found, places);
	free(found);
	return r;
}

/**
 * target_check_empty() - refuse what holds something
 * @t: the target
 * @bytes: of the disk
 *
 * A block device always holds something; what counts is what is known by a
 * signature.
 *
 * Return: 0, or an exit code after a message.
 */
int target_check_empty(const struct target *t, u64 bytes)
{
	char *found;
	int r;

	r = contents_find(t->path, t->fd, &found, NULL);
	if (r)
		return r;
	if (found)
		r = fail(EXIT_BUSY, "%s: holds %s: --force overwrites it",
			 t->path, found);
	else if (!t->is_block && !is_hole(t))
		r = fail(EXIT_BUSY,
			 "%s: is a file with data in it: --force overwrites it",
			 t->path);
	else if (!t->is_block && t->bytes > bytes)
		r = fail(EXIT_BUSY,
			 "%s: has %llu bytes, but the disk %llu: --force cuts it",
			 t->path, t->bytes, bytes);
	free(found);
	return r;
}

static bool is_unsupported(int error)
{
	return error == EOPNOTSUPP || error == ENOTTY || error == EINVAL ||
	       error == EREMOTEIO || error == ENOSYS;
}

/* A full place is to be told of before anything is written. */
static int allocate(const struct target *t)
{
	if (!t->is_thick || !fallocate(t->fd, 0, 0, (off_t)t->bytes) ||
	    is_unsupported(errno))
		return 0;
	return fail(exit_code_of(errno), "%s: no room for %llu bytes: %m",
		    t->path, t->bytes);
}

static int set_length(struct target *t, u64 bytes)
{
	if (ftruncate(t->fd, (off_t)bytes))
		return fail(exit_code_of(errno),
			    "%s: cannot be made %llu bytes long: %m%s", t->path,
			    bytes, errno == EFBIG ?
			    ": its filesystem, or ulimit -f, has a limit: restore to a block device or to another filesystem" :
			    "");
	t->bytes = bytes;
	return 0;
}

static int flush_name(const struct target *t)
{
	int error = t->is_new ? file_flush_folder(t->path) : 0;

	return error ? fail(exit_code_of(error),
			    "%s: cannot flush the folder it is in: %s", t->path,
			    strerror(error)) : 0;
}

/**
 * target_prepare() - make a file a hole of the disk's length
 * @t: the target
 * @bytes: that length
 *
 * Return: 0, or an exit code after a message.
 */
int target_prepare(struct target *t, u64 bytes)
{
	int r;

	t->was_empty = !t->is_block && is_hole(t);
	t->is_begun = true;
	if (t->is_block)
		return 0;
	/* Whatever the file system says of holes: nothing of it may stay. */
	if (t->bytes && ftruncate(t->fd, 0))
		return fail(exit_code_of(errno), "%s: cannot empty: %m",
			    t->path);
	r = set_length(t, bytes);
	if (!r)
		r = allocate(t);
	if (!r && fsync(t->fd))
		r = fail(exit_code_of(errno), "%s: cannot flush: %m", t->path);
	return r ? r : flush_name(t);
}

/**
 * target_empty_rest() - make a file a hole from some byte on
 * @t: the target, of which what is before is to stay
 * @from: that byte
 * @bytes: the disk's length
 *
 * Return: 0, or an exit code after a message.
 */
int target_empty_rest(struct target *t, u64 from, u64 bytes)
{
	int r;

	if (t->is_block)
		return 0;
	r = set_length(t, from);
	if (!r)
		r = set_length(t, bytes);
	return r ? r : allocate(t);
}

/**
 * target_is_thick() - are zeros to be written as data are?
 * @t: the target
 *
 * Return: true if so.
 */
bool target_is_thick(const struct target *t)
{
	return t->is_thick;
}

/**
 * target_least_zeros() - when zeros are better made by target_zero()
 * @t: the target
 *
 * Return: so many bytes of them at least; 0: never.
 */
size_t target_least_zeros(const struct target *t)
{
	if (t->is_thick)
		return 0;
	if (!t->is_block)
		return MIN_ZEROS_OF_FILE;
	return t->offloads ? MIN_ZEROS_OF_DEVICE : 0;
}

/**
 * target_zeroes_for_free() - is what is not written zero anyway?
 * @t: the target
 *
 * Return: true if so.
 */
bool target_zeroes_for_free(const struct target *t)
{
	return !t->is_block && !t->is_thick && !t->is_kept;
}

/**
 * target_zeroes_quickly() - do zeros take less time than data?
 * @t: the target
 *
 * Return: true if they should.
 */
bool target_zeroes_quickly(const struct target *t)
{
	return !t->is_thick && (!t->is_block || t->offloads);
}

static int write_zeros(const struct target *t, u64 start, u64 bytes)
{
	static const char zeros[64 * 1024];
	u64 some;

	for (; bytes; start += some, bytes -= some) {
		some = min_t(u64, bytes, sizeof(zeros));
		errno = bytes_write(t->fd, zeros, some, start);
		if (errno)
			return -1;
	}
	return 0;
}

static int zero_piece(const struct target *t, u64 start, u64 bytes)
{
	u64 range[2] = { start, bytes };

	switch (t->zeroing) {
	case TARGET_PUNCH:
		return fallocate(t->fd,
				 FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				 (off_t)start, (off_t)bytes);
	case TARGET_ZEROOUT:
		return ioctl(t->fd, BLKZEROOUT, range);
	default:
		return write_zeros(t, start, bytes);
	}
}

static int fail_zeroing(const struct target *t, u64 start)
{
	return fail(exit_code_of(errno), "%s: cannot make zero at byte %llu: %m",
		    t->path, start);
}

/**
 * target_zero() - make the beginning of a range of a target zero
 * @log: how much to tell
 * @t: the target
 * @start: the range's first byte, a multiple of 4096
 * @bytes: its length; set to how much of it is zero now, all or as much as is
 *         done in a moment
 *
 * Return: 0, or an exit code after a message.
 */
int target_zero(const struct log *log, struct target *t, u64 start, u64 *bytes)
{
	const u64 begin = progress_now();
	const bool is_all = *bytes >= t->piece;
	u64 took;

	*bytes = min_t(u64, *bytes, t->piece);
	/* The disk may end within a sector of the device. */
	if (*bytes < t->sector)
		return write_zeros(t, start, *bytes) ? fail_zeroing(t, start) :
						       0;
	*bytes -= *bytes % t->sector;
	while (zero_piece(t, start, *bytes)) {
		if (t->zeroing == TARGET_WRITE || !is_unsupported(errno))
			return fail_zeroing(t, start);
		debug(log, "%s: %s: %m", t->path,
		      t->zeroing == TARGET_PUNCH ? "cannot unmap" :
		      "cannot be made zero by the kernel");
		t->zeroing++;
	}
	took = progress_now() - begin;
	if (is_all && took < PIECE_NS / 2 && t->piece < MAX_PIECE)
		t->piece *= 2;
	else if (took > PIECE_NS * 2 && t->piece > MIN_PIECE)
		t->piece /= 2;
	return 0;
}

/**
 * target_request() - the request that reads or writes a part of a target
 * @t: the target
 * @iov: the memory, which must outlive the request
 * @at: first byte
 * @write: write, do not read
 * @request: filled in, but for its owner
 */
void target_request(const struct target *t, struct iovec *iov, u64 at,
		    bool write, struct request *request)
{
	const bool direct = direct_takes(&t->direct, iov->iov_base, at,
					 iov->iov_len);

	*request = (struct request){
		.write = write,
		.fd = direct ? t->direct.fd : t->fd,
		.buffered = t->fd,
		.at = at,
		.left = iov->iov_len,
		.iov = iov,
		.nr_iov = 1,
	};
}

/**
 * target_flush() - have all that was written so far survive a crash
 * @t: the target
 *
 * Return: 0, or an exit code after a message.
 */
int target_flush(const struct target *t)
{
	if (!fdatasync(t->fd))
		return 0;
	return fail(exit_code_of(errno), "%s: cannot flush: %m", t->path);
}

/**
 * target_check_there() - see that a file's name leads to what was written
 * @t: the target
 * @bytes: the disk's length
 *
 * Return: 0, or an exit code after a message.
 */
int target_check_there(const struct target *t, u64 bytes)
{
	struct stat st;

	if (t->is_block)
		return 0;
	if (!is_there(t))
		return fail(EXIT_BUSY,
			    "%s: was removed or replaced while the disk was restored to it, expected the file to stay: restore once more",
			    t->path);
	if (fstat(t->fd, &st))
		return fail(exit_code_of(errno), "%s: %m", t->path);
	return st.st_size == (off_t)bytes ? 0 :
	       fail(EXIT_BUSY,
		    "%s: has %lld bytes, expected the %llu of the disk that was restored to it: another has cut it or written to it: restore once more",
		    t->path, (long long)st.st_size, bytes);
}

/**
 * target_drop_cache() - have reads come from the medium
 * @t: the target, flushed
 *
 * Direct I/O does so anyway; this is for where there is none.
 */
void target_drop_cache(const struct target *t)
{
	if (t->is_block)
		ioctl(t->fd, BLKFLSBUF, 0);
	posix_fadvise(t->fd, 0, 0, POSIX_FADV_DONTNEED);
}

/**
 * target_release() - be done with what target_take() took
 * @t: it
 */
void target_release(struct target *t)
{
	direct_close(&t->direct);
	t->fd = -1;
}

/* Return: 0, or an errno. */
static int empty_again(const struct target *t)
{
	return ftruncate(t->fd, 0) || ftruncate(t->fd, t->st.st_size) ? errno :
									0;
}

/* A part of a disk, as long as all of it, is not to be taken for that. */
static void undo(const struct target *t)
{
	const int error = t->is_new ? file_unlink(t->path, t->fd) :
			  t->was_empty ? empty_again(t) : 0;

	if (error)
		warn("%s: cannot be %s: %s", t->path,
		     t->is_new ? "removed" : "emptied again", strerror(error));
	if (!t->is_new && is_there(t) &&
	    (error || (t->is_begun && !t->was_empty)))
		note("%s: holds a part of the disk at most, and no more what it held before: restore to it once more, with --force",
		     t->path);
}

/**
 * target_close() - close what target_open() opened
 * @t: it
 * @failed: what it holds is of no use to anybody; a file made for it goes, and one
 *          that was empty is so again
 */
void target_close(struct target *t, bool failed)
{
	if (failed && t->fd >= 0)
		undo(t);
	direct_close(&t->direct);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}
