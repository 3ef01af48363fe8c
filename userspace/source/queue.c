// SPDX-License-Identifier: GPL-2.0-only
#include <liburing.h>
#include <limits.h>
#include <stdlib.h>

#include "source/queue.h"
#include "util/message.h"

/* What the kernel works on at a time. */
#define MAX_IN_FLIGHT 128

/**
 * struct queue - requests on their way
 * @ring: the kernel's queue
 * @has_ring: there is one
 * @in_flight: requests that the kernel has
 * @first: the first of those that it has not
 * @last: where the next goes
 */
struct queue {
	struct io_uring ring;
	bool has_ring;
	unsigned int in_flight;
	struct request *first;
	struct request **last;
};

/**
 * queue_open() - make a queue
 * @log: how much to tell
 * @queue: set to it, for queue_close()
 *
 * Return: 0, or an exit code after a message.
 */
int queue_open(const struct log *log, struct queue **queue)
{
	struct queue *q = calloc(1, sizeof(*q));
	int r;

	*queue = q;
	if (!q)
		return fail_memory();
	q->last = &q->first;
	r = io_uring_queue_init(MAX_IN_FLIGHT, &q->ring, 0);
	q->has_ring = !r;
	if (r)
		debug(log, "no io_uring (%s): one read or write at a time",
		      strerror(-r));
	return 0;
}

/**
 * queue_add() - have something read or written
 * @q: the queue
 * @request: what; queue_wait() gives it back
 */
void queue_add(struct queue *q, struct request *request)
{
	request->error = 0;
	request->next = NULL;
	*q->last = request;
	q->last = &request->next;
}

static struct request *take_first(struct queue *q)
{
	struct request *r = q->first;

	if (!r)
		return NULL;
	q->first = r->next;
	if (!q->first)
		q->last = &q->first;
	return r;
}

static unsigned int pieces(const struct request *r)
{
	return min_t(unsigned int, r->nr_iov, IOV_MAX);
}

/* Used up pieces must not be given to the kernel again. */
static void use_up(struct request *r, size_t bytes)
{
	r->at += bytes;
	r->left -= bytes;
	for (; r->nr_iov && bytes >= r->iov->iov_len; r->iov++, r->nr_iov--)
		bytes -= r->iov->iov_len;
	if (!bytes)
		return;
	r->iov->iov_base = (char *)r->iov->iov_base + bytes;
	r->iov->iov_len -= bytes;
}

/*
 * @result is a system call's, an error as its negative.  After part of the
 * bytes, direct I/O may no longer be aligned, and there are filesystems that
 * refuse it now and then.
 *
 * Return: true if the request is done with.
 */
static bool settle(struct request *r, ssize_t result)
{
	if (result == -EINTR || result == -EAGAIN)
		return false;
	if (result == -EINVAL && r->fd != r->buffered) {
		r->fd = r->buffered;
		return false;
	}
	if (result < 0)
		r->error = (int)-result;
	else if (!result)
		r->error = r->write ? ENOSPC : ENODATA;
	else
		use_up(r, (size_t)result);
	return r->error || !r->left;
}

static struct request *do_one(struct queue *q)
{
	struct request *r = take_first(q);
	ssize_t n;

	if (!r)
		return NULL;
	do {
		n = r->write ?
		    pwritev(r->fd, r->iov, (int)pieces(r), (off_t)r->at) :
		    preadv(r->fd, r->iov, (int)pieces(r), (off_t)r->at);
	} while (!settle(r, n < 0 ? -errno : n));
	return r;
}

static void fill_ring(struct queue *q)
{
	struct io_uring_sqe *sqe;
	struct request *r;

	while (q->first && q->in_flight < MAX_IN_FLIGHT) {
		sqe = io_uring_get_sqe(&q->ring);
		if (!sqe)
			break;
		r = take_first(q);
		if (r->write)
			io_uring_prep_writev(sqe, r->fd, r->iov, pieces(r),
					     r->at);
		else
			io_uring_prep_readv(sqe, r->fd, r->iov, pieces(r),
					    r->at);
		io_uring_sqe_set_data(sqe, r);
		q->in_flight++;
	}
}

/**
 * queue_wait() - wait until something is read or written, or cannot be
 * @q: the queue
 *
 * Return: the request, or NULL if the queue is empty.
 */
struct request *queue_wait(struct queue *q)
{
	struct io_uring_cqe *cqe;
	struct request *r;
	int result;

	if (!q->has_ring)
		return do_one(q);
	for (;;) {
		fill_ring(q);
		if (!q->in_flight)
			return NULL;
		/* Fails only where nothing was lost, and then doesn't wait. */
		io_uring_submit_and_wait(&q->ring, 1);
		if (io_uring_peek_cqe(&q->ring, &cqe))
			continue;
		r = io_uring_cqe_get_data(cqe);
		result = cqe->res;
		io_uring_cqe_seen(&q->ring, cqe);
		q->in_flight--;
		if (settle(r, result))
			return r;
		queue_add(q, r);
	}
}

/**
 * queue_close() - take a queue down
 * @q: it, empty; NULL does nothing
 */
void queue_close(struct queue *q)
{
	if (!q)
		return;
	if (q->has_ring)
		io_uring_queue_exit(&q->ring);
	free(q);
}
