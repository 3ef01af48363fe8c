/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libblkid knows a file or block device by.
 */
#ifndef SESPARSE_HOST_SIGNATURE_H
#define SESPARSE_HOST_SIGNATURE_H

int signature_find(const char *path, int fd, char **found);

#endif /* SESPARSE_HOST_SIGNATURE_H */
