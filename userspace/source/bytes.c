// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a file system says may be an NFS server's or a FUSE program's invention:
 * it may answer with any errno, as often as it likes, or read less than it was
 * asked for.  So nothing is tried for ever, and no count that can't be believed.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "source/bytes.h"

/* A system that means well is done long before, and a second is enough of all. */
#define MAX_TRIES 1000
#define PAUSE_NS 1000000L

/**
 * bytes_try_again() - is a system call that failed worth another try?
 * @error: its errno
 * @tries: how often that was so already; counts on
 *
 * What was not ready gets some time to become so.
 *
 * Return: true if it is.
 */
bool bytes_try_again(int error, unsigned int *tries)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if ((error != EINTR && error != EAGAIN) || ++*tries >= MAX_TRIES)
		return false;
	if (error == EAGAIN)
		nanosleep(&pause, NULL);
	return true;
}

/* Takes a system call's count of the @asked bytes; 0 to go on, or an errno. */
static int take_count(ssize_t n, size_t asked, size_t *done,
		      unsigned int *tries)
{
	if (n < 0)
		return bytes_try_again(errno, tries) ? 0 : errno;
	if ((size_t)n > asked)
		return EIO;
	*done += (size_t)n;
	*tries = 0;
	return 0;
}

/**
 * bytes_read_some() - read as much of a range as the file has
 * @fd: the file
 * @buf: where to put it
 * @bytes: how much
 * @at: first byte
 * @done: set to how much there was; less than @bytes only at the file's end
 *
 * Return: 0, or an errno.
 */
int bytes_read_some(int fd, void *buf, size_t bytes, u64 at, size_t *done)
{
	unsigned int tries = 0;
	int error = 0;
	ssize_t n;

	*done = 0;
	while (*done < bytes && !error) {
		n = pread(fd, (char *)buf + *done, bytes - *done,
			  (off_t)(at + *done));
		if (!n)
			break;
		error = take_count(n, bytes - *done, done, &tries);
	}
	return error;
}

/**
 * bytes_read() - read a range
 * @fd: the file
 * @buf: where to put it
 * @bytes: how much
 * @at: first byte
 *
 * Return: 0, or an errno: ENODATA if the file ends before.
 */
int bytes_read(int fd, void *buf, size_t bytes, u64 at)
{
	size_t done;
	int error = bytes_read_some(fd, buf, bytes, at, &done);

	return !error && done < bytes ? ENODATA : error;
}

/**
 * bytes_advance() - use up memory that has been read into, or written from
 * @iov: its pieces, of which those that are used up go
 * @nr_iov: their number
 * @bytes: how much of it, at most all
 */
void bytes_advance(struct iovec **iov, unsigned int *nr_iov, size_t bytes)
{
	for (; *nr_iov && bytes >= (*iov)->iov_len; ++*iov, --*nr_iov)
		bytes -= (*iov)->iov_len;
	if (!bytes)
		return;
	(*iov)->iov_base = (char *)(*iov)->iov_base + bytes;
	(*iov)->iov_len -= bytes;
}

/**
 * bytes_read_vector() - read a range into several pieces of memory
 * @fd: the file
 * @iov: the pieces, used up as they are read into; none is empty
 * @nr_iov: their number, at most IOV_MAX
 * @at: first byte
 *
 * Return: 0, or an errno: ENODATA if the file ends before.
 */
int bytes_read_vector(int fd, struct iovec *iov, unsigned int nr_iov, u64 at)
{
	unsigned int tries = 0, i;
	size_t left = 0, done;
	int error = 0;
	ssize_t n;

	for (i = 0; i < nr_iov; i++)
		left += iov[i].iov_len;
	for (; left && !error; left -= done, at += done) {
		done = 0;
		n = preadv(fd, iov, (int)nr_iov, (off_t)at);
		error = n ? take_count(n, left, &done, &tries) : ENODATA;
		bytes_advance(&iov, &nr_iov, done);
	}
	return error;
}

/**
 * bytes_write() - write a range
 * @fd: the file
 * @buf: what
 * @bytes: how much
 * @at: first byte
 *
 * Return: 0, or an errno: ENOSPC too where nothing is written and nothing said.
 */
int bytes_write(int fd, const void *buf, size_t bytes, u64 at)
{
	unsigned int tries = 0;
	size_t done = 0;
	int error = 0;
	ssize_t n;

	while (done < bytes && !error) {
		n = pwrite(fd, (const char *)buf + done, bytes - done,
			   (off_t)(at + done));
		error = n ? take_count(n, bytes - done, &done, &tries) : ENOSPC;
	}
	return error;
}
