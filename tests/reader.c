// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads as programs do that care how: at once or not at all, polled, or into
 * buffers all over memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "reader.h"

/* As many as a system call takes; a vector is at the most so many steps. */
#define MAX_VECS 1024
#define VEC_STEPS 12

/**
 * next_random() - draw a number
 * @state: of the generator, not 0
 *
 * Return: it.
 */
uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/**
 * reader_init() - get ready to read
 * @r: the reader, of which the ways are set
 *
 * Return: 0 or an errno.
 */
int reader_init(struct reader *r)
{
	int err;

	if (r->scattered) {
		/* Behind each buffer a step stays free. */
		r->apart = aligned_alloc(4096, 2 * r->largest);
		if (!r->apart)
			return ENOMEM;
	}
	if (r->polled) {
		err = io_uring_queue_init(1, &r->ring, IORING_SETUP_IOPOLL);
		if (err) {
			free(r->apart);
			return -err;
		}
	}
	return 0;
}

/**
 * reader_exit() - undo reader_init()
 * @r: the reader
 */
void reader_exit(struct reader *r)
{
	if (r->polled)
		io_uring_queue_exit(&r->ring);
	free(r->apart);
}

/* Buffers of some steps each, more of them where there would be too many. */
static int scatter(struct reader *r, struct iovec *iov, size_t size)
{
	const size_t least = size / r->step / MAX_VECS + 1;
	unsigned char *at = r->apart;
	size_t steps;
	int nr;

	for (nr = 0; size; nr++) {
		steps = least + next_random(&r->seed) % VEC_STEPS;
		if (steps > size / r->step)
			steps = size / r->step;
		iov[nr].iov_base = at;
		iov[nr].iov_len = steps * r->step;
		at += iov[nr].iov_len + r->step;
		size -= iov[nr].iov_len;
	}
	return nr;
}

static void collect(const struct iovec *iov, int nr, unsigned char *buf)
{
	int i;

	for (i = 0; i < nr; i++) {
		memcpy(buf, iov[i].iov_base, iov[i].iov_len);
		buf += iov[i].iov_len;
	}
}

static ssize_t read_polled(struct reader *r, const struct iovec *iov, int nr,
			   uint64_t offset)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);
	struct io_uring_cqe *cqe;
	ssize_t n;

	io_uring_prep_readv(sqe, r->fd, iov, (unsigned int)nr, offset);
	n = io_uring_submit_and_wait(&r->ring, 1);
	if (n >= 0)
		n = io_uring_wait_cqe(&r->ring, &cqe);
	if (n >= 0) {
		n = cqe->res;
		io_uring_cqe_seen(&r->ring, cqe);
	}
	if (n >= 0)
		return n;
	errno = (int)-n;
	return -1;
}

static ssize_t read_iov(struct reader *r, const struct iovec *iov, int nr,
			size_t size, uint64_t offset)
{
	ssize_t n;

	if (!r->polled && !r->nowait)
		return preadv(r->fd, iov, nr, (off_t)offset);
	if (r->polled)
		n = read_polled(r, iov, nr, offset);
	else
		n = preadv2(r->fd, iov, nr, (off_t)offset, RWF_NOWAIT);
	/* A part may have been read until it would have blocked. */
	if (n < 0 ? errno != EAGAIN : (size_t)n == size)
		return n;
	r->blocked++;
	return preadv(r->fd, iov, nr, (off_t)offset);
}

/**
 * reader_read() - read from the device
 * @r: the reader
 * @buf: where to
 * @size: bytes, a multiple of the step, unless the vectors are one
 * @offset: where from, in bytes
 *
 * Return: as pread().
 */
ssize_t reader_read(struct reader *r, void *buf, size_t size, uint64_t offset)
{
	struct iovec iov[MAX_VECS] = { { buf, size } };
	int nr = 1;
	ssize_t n;

	if (r->scattered)
		nr = scatter(r, iov, size);
	n = read_iov(r, iov, nr, size, offset);
	if (r->scattered && n == (ssize_t)size)
		collect(iov, nr, buf);
	return n;
}
