/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways in which readcheck reads a device.
 */
#ifndef TESTS_READER_H
#define TESTS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <liburing.h>

/**
 * struct reader - how a device is read
 * @fd: the device
 * @step: bytes; each vector has a multiple of them
 * @largest: bytes of the largest read
 * @nowait: with RWF_NOWAIT first, and again where that would block
 * @polled: by io_uring, which polls for completion, and again where that would
 *	block: the kernel does not wait in order to poll
 * @scattered: into many small buffers that do not touch
 * @seed: draws the sizes of those
 * @blocked: reads that would have blocked
 * @ring: @polled: where reads are submitted
 * @apart: @scattered: what the buffers are parts of
 */
struct reader {
	int fd;
	size_t step;
	size_t largest;
	bool nowait;
	bool polled;
	bool scattered;
	uint64_t seed;
	uint64_t blocked;
	struct io_uring ring;
	unsigned char *apart;
};

int reader_init(struct reader *r);
void reader_exit(struct reader *r);
ssize_t reader_read(struct reader *r, void *buf, size_t size, uint64_t offset);

uint64_t next_random(uint64_t *state);

#endif /* TESTS_READER_H */
