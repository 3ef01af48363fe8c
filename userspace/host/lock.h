/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock of a file or block device that is written to.
 */
#ifndef SESPARSE_HOST_LOCK_H
#define SESPARSE_HOST_LOCK_H

int lock_take(const char *path, int fd);

#endif /* SESPARSE_HOST_LOCK_H */
