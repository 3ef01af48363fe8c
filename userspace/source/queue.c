// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever the kernel answers, each request comes back: done, or with an error.
 * A ring that fails is done without.  What it had by then may still be read or
 * written at any time: that is waited for, and if it is in vain the queue is lost,
 * with the memory of those requests.
 */
#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "source/bytes.h"
#include "source/queue.h"
#include "util/message.h"
#include "util/signals.h"

/* What the kernel works on at a time. */
#define MAX_IN_FLIGHT 128

/*
 * To enter the kernel takes as long as a small read does, so it is given many at
 * once, and left when some are done, but as few as keep it busy meanwhile.
 */
#define MIN_GIVEN 16
#define SHARE_DONE 16

/*
 * That a request is no longer looked at when it has been submitted, that waiting
 * may have a limit, and that no answer is dropped: all since Linux 5.11.
 */
#define FEATURES \
	(IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP)

/* Waiting is interrupted so often, to see whether a signal waits too... */
#define WAIT_NS 500000000L
/* ...and if so, or if the ring has failed, what is on its way gets so long. */
#define MAX_SILENCE_NS (20 * WAIT_NS)
#define PAUSE_NS 1000000L

/**
 * struct queue - requests on their way
 * @ring: the kernel's queue
 * @has_ring: there is one
 * @is_leaving: it has failed, and is done without when nothing is in flight
 * @is_lost: what was in flight then did not come back
 * @gives_up: nothing came of a request, however often it was tried, and none has
 *            got any further since
 * @flying: the requests that the kernel has, by the number it knows them by
 * @free: the numbers that are free, from @in_flight on
 * @in_flight: how many are not
 * @order: the numbers given to the ring, at their count modulo MAX_IN_FLIGHT
 * @given: that count
 * @tries: how often the ring did not work, since it did
 * @silence_ns: how long nothing has come back though it ought to
 * @first: the first of the requests that the kernel has not
 * @last: where the next goes
 * @waiting: how many these are
 */
struct queue {
	struct io_uring ring;
	bool has_ring;
	bool is_leaving;
	bool is_lost;
	bool gives_up;
	struct request *flying[MAX_IN_FLIGHT];
	unsigned int free[MAX_IN_FLIGHT];
	unsigned int in_flight;
	unsigned int order[MAX_IN_FLIGHT];
	unsigned int given;
	unsigned int tries;
	long silence_ns;
	struct request *first;
	struct request **last;
	unsigned int waiting;
};

/* What is done need not interrupt what this thread does: since Linux 5.19. */
#define FLAGS (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG)

/* Return: 0, or an errno. */
static int open_ring(struct queue *q)
{
	struct io_uring_params params = { .flags = FLAGS };
	int r = io_uring_queue_init_params(MAX_IN_FLIGHT, &q->ring, &params);

	if (r == -EINVAL) {
		params = (struct io_uring_params){ 0 };
		r = io_uring_queue_init_params(MAX_IN_FLIGHT, &q->ring,
					       &params);
	}
	if (r)
		return -r;
	if ((params.features & FEATURES) == FEATURES)
		return 0;
	io_uring_queue_exit(&q->ring);
	return EOPNOTSUPP;
}

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
	unsigned int i;
	int error;

	*queue = q;
	if (!q)
		return fail_memory();
	q->last = &q->first;
	for (i = 0; i < MAX_IN_FLIGHT; i++)
		q->free[i] = i;
	error = open_ring(q);
	q->has_ring = !error;
	if (error)
		debug(log, "no io_uring (%s): one read or write at a time",
		      strerror(error));
	return 0;
}

static void append(struct queue *q, struct request *request)
{
	request->next = NULL;
	*q->last = request;
	q->last = &request->next;
	q->waiting++;
}

/**
 * queue_add() - have something read or written
 * @q: the queue
 * @request: what; queue_wait() gives it back
 */
void queue_add(struct queue *q, struct request *request)
{
	request->error = 0;
	request->tries = 0;
	append(q, request);
}

static struct request *take_first(struct queue *q)
{
	struct request *r = q->first;

	if (!r)
		return NULL;
	q->first = r->next;
	if (!q->first)
		q->last = &q->first;
	q->waiting--;
	return r;
}

static unsigned int pieces(const struct request *r)
{
	return min_t(unsigned int, r->nr_iov, IOV_MAX);
}

/* What one call can do of it. */
static size_t asked(const struct request *r)
{
	size_t bytes = 0;
	unsigned int i;

	if (pieces(r) == r->nr_iov)
		return r->left;
	for (i = 0; i < pieces(r); i++)
		bytes += r->iov[i].iov_len;
	return bytes;
}

/* Used up pieces must not be given to the kernel again. */
static void use_up(struct request *r, size_t bytes)
{
	r->at += bytes;
	r->left -= bytes;
	bytes_advance(&r->iov, &r->nr_iov, bytes);
}

/*
 * Once is enough to learn that a file system never gets ready: of the others on
 * their way, each is tried but once then.  Nor does a signal have to wait for it.
 */
static bool is_worth_a_try(struct queue *q, struct request *r, int error)
{
	if (error != EINTR && error != EAGAIN)
		return false;
	if (!q->gives_up && bytes_try_again(error, &r->tries) &&
	    !signals_waiting())
		return true;
	q->gives_up = true;
	return false;
}

static void take_count(struct queue *q, struct request *r, size_t done)
{
	if (!done) {
		r->error = r->write ? ENOSPC : ENODATA;
	} else if (done > asked(r)) {
		r->error = EIO;
	} else {
		use_up(r, done);
		r->tries = 0;
		q->gives_up = false;
	}
}

/*
 * @result is a system call's, an error as its negative.  After part of the
 * bytes, direct I/O may no longer be aligned, and there are filesystems that
 * refuse it now and then.
 *
 * Return: true if the request is done with.
 */
static bool settle(struct queue *q, struct request *r, ssize_t result)
{
	if (result >= 0) {
		take_count(q, r, (size_t)result);
	} else if (result == -EINVAL && r->fd != r->buffered) {
		r->fd = r->buffered;
		return false;
	} else if (is_worth_a_try(q, r, (int)-result)) {
		return false;
	} else {
		r->error = (int)-result;
	}
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
	} while (!settle(q, r, n < 0 ? -errno : n));
	return r;
}

static void give(struct queue *q, struct io_uring_sqe *sqe, struct request *r)
{
	const unsigned int number = q->free[q->in_flight++];

	if (r->write)
		io_uring_prep_writev(sqe, r->fd, r->iov, pieces(r), r->at);
	else if (r->nr_iov == 1)
		io_uring_prep_read(sqe, r->fd, r->iov->iov_base,
				   (unsigned int)r->iov->iov_len, r->at);
	else
		io_uring_prep_readv(sqe, r->fd, r->iov, pieces(r), r->at);
	io_uring_sqe_set_data64(sqe, number);
	q->flying[number] = r;
	q->order[q->given++ % MAX_IN_FLIGHT] = number;
}

static struct request *take_back(struct queue *q, unsigned int number)
{
	struct request *r = q->flying[number];

	q->flying[number] = NULL;
	q->free[--q->in_flight] = number;
	return r;
}

static void fill_ring(struct queue *q)
{
	struct io_uring_sqe *sqe;

	while (q->first && q->in_flight < MAX_IN_FLIGHT) {
		sqe = io_uring_get_sqe(&q->ring);
		if (!sqe)
			break;
		give(q, sqe, take_first(q));
	}
}

/* No more of it: what the kernel has not seen yet is not on its way. */
static void leave_ring(struct queue *q)
{
	unsigned int unseen = io_uring_sq_ready(&q->ring);

	q->is_leaving = true;
	q->silence_ns = 0;
	for (; unseen; unseen--)
		append(q, take_back(q, q->order[--q->given % MAX_IN_FLIGHT]));
}

/* Nothing has come for a while: no matter, but where the tool is to end. */
static void hear_nothing(struct queue *q, long ns)
{
	q->silence_ns = q->is_leaving || signals_waiting() ?
			q->silence_ns + ns : 0;
	if (q->silence_ns >= MAX_SILENCE_NS)
		q->is_lost = true;
}

/* Does the kernel have enough of a ring that it answered @error to? */
static bool has_failed(struct queue *q, int error)
{
	switch (error) {
	case EINTR:
		return !bytes_try_again(EINTR, &q->tries);
	case EAGAIN:
	case EBUSY:
	case ENOMEM:
		return !bytes_try_again(EAGAIN, &q->tries);
	default:
		return true;
	}
}

/* Is there an answer, and nothing to give that is worth a call? */
static bool can_stay_out(const struct queue *q)
{
	return io_uring_cq_ready(&q->ring) &&
	       (q->waiting < MIN_GIVEN ||
		q->in_flight > MAX_IN_FLIGHT - MIN_GIVEN);
}

/* Have the kernel work, until there are answers or for a while. */
static void enter_ring(struct queue *q)
{
	struct __kernel_timespec limit = { .tv_nsec = WAIT_NS };
	struct io_uring_cqe *cqe;
	unsigned int enough;
	int r;

	if (can_stay_out(q))
		return;
	fill_ring(q);
	if (!q->in_flight)
		return;
	enough = max_t(unsigned int, 1, q->in_flight / SHARE_DONE);
	r = io_uring_submit_and_wait_timeout(&q->ring, &cqe, enough, &limit,
					     NULL);
	if (!io_uring_peek_cqe(&q->ring, &cqe))
		return;
	if (r >= 0 || r == -ETIME)
		hear_nothing(q, WAIT_NS);
	else if (has_failed(q, -r))
		leave_ring(q);
}

/* Wait for what a ring that has failed still has. */
static void drain_ring(struct queue *q)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct io_uring_cqe *cqe;

	if (!q->in_flight) {
		io_uring_queue_exit(&q->ring);
		q->has_ring = false;
	} else if (io_uring_peek_cqe(&q->ring, &cqe)) {
		nanosleep(&pause, NULL);
		hear_nothing(q, PAUSE_NS);
	}
}

/* Return: a request that was answered, with @result, or NULL. */
static struct request *take_answer(struct queue *q, int *result)
{
	struct io_uring_cqe *cqe;
	u64 number;

	if (io_uring_peek_cqe(&q->ring, &cqe))
		return NULL;
	number = io_uring_cqe_get_data64(cqe);
	*result = cqe->res;
	io_uring_cqe_seen(&q->ring, cqe);
	q->tries = 0;
	q->silence_ns = 0;
	if (number < MAX_IN_FLIGHT && q->flying[number])
		return take_back(q, (unsigned int)number);
	/* To what nobody has asked: nothing it says can be relied on. */
	if (!q->is_leaving)
		leave_ring(q);
	return NULL;
}

/* Any request, as one that has failed. */
static struct request *take_lost(struct queue *q)
{
	struct request *r = take_first(q);
	unsigned int i;

	for (i = 0; i < MAX_IN_FLIGHT && !r; i++)
		if (q->flying[i])
			r = take_back(q, i);
	if (r)
		r->error = ETIMEDOUT;
	return r;
}

/**
 * queue_wait() - wait until something is read or written, or cannot be
 * @q: the queue
 *
 * Return: the request, or NULL if the queue is empty.
 */
struct request *queue_wait(struct queue *q)
{
	struct request *r;
	int result;

	for (;;) {
		if (q->is_lost)
			return take_lost(q);
		if (!q->has_ring)
			return do_one(q);
		if (q->is_leaving)
			drain_ring(q);
		else
			enter_ring(q);
		if (!q->has_ring || q->is_lost)
			continue;
		r = take_answer(q, &result);
		if (r && settle(q, r, result))
			return r;
		if (r)
			append(q, r);
		else if (!q->in_flight && !q->is_leaving)
			return NULL;
	}
}

/**
 * queue_is_lost() - may requests that came back with an error still be on their way?
 * @q: the queue
 *
 * Return: true if so: their memory must be neither used nor freed any more.
 */
bool queue_is_lost(const struct queue *q)
{
	return q->is_lost;
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
