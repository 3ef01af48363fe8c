/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file or block device is, whatever names it has: in words that are the
 * same when it is looked at again, after a reboot too where it can be told.
 */
#ifndef SESPARSE_HOST_IDENTITY_H
#define SESPARSE_HOST_IDENTITY_H

#include <stdio.h>

void identity_print(FILE *f, int fd);

#endif /* SESPARSE_HOST_IDENTITY_H */
