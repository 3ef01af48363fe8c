/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads and writes, many in flight: by io_uring, or where the kernel has none
 * for us, one after the other.
 */
#ifndef SESPARSE_SOURCE_QUEUE_H
#define SESPARSE_SOURCE_QUEUE_H

#include <stdbool.h>
#include <sys/uio.h>

#include "dm-sesparse/portable.h"

struct log;
struct queue;

/**
 * struct request - something to read or write
 * @owner: the caller's
 * @write: write, do not read
 * @fd: what to read or write
 * @buffered: the same without direct I/O, for when @fd refuses it
 * @at: first byte there; moves on as bytes are done
 * @left: bytes to do; 0 after success
 * @iov: the memory, used up as bytes are done
 * @nr_iov: its pieces
 * @error: set to an errno; ENODATA if the file ends before all is read
 * @tries: the queue's: how often nothing came of it
 * @next: the queue's
 */
struct request {
	void *owner;
	bool write;
	int fd;
	int buffered;
	u64 at;
	size_t left;
	struct iovec *iov;
	unsigned int nr_iov;
	int error;
	unsigned int tries;
	struct request *next;
};

int queue_open(const struct log *log, struct queue **queue);
void queue_add(struct queue *q, struct request *request);
struct request *queue_wait(struct queue *q);
bool queue_is_lost(const struct queue *q);
void queue_close(struct queue *q);

#endif /* SESPARSE_SOURCE_QUEUE_H */
