/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads and writes that are done whole, one after the other.
 */
#ifndef SESPARSE_SOURCE_BYTES_H
#define SESPARSE_SOURCE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "dm-sesparse/portable.h"

bool bytes_try_again(int error, unsigned int *tries);
int bytes_read_some(int fd, void *buf, size_t bytes, u64 at, size_t *done);
int bytes_read(int fd, void *buf, size_t bytes, u64 at);
void bytes_advance(struct iovec **iov, unsigned int *nr_iov, size_t bytes);
int bytes_read_vector(int fd, struct iovec *iov, unsigned int nr_iov, u64 at);
int bytes_write(int fd, const void *buf, size_t bytes, u64 at);

#endif /* SESPARSE_SOURCE_BYTES_H */
