/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loop devices: block devices made of files.
 */
#ifndef SESPARSE_HOST_LOOP_H
#define SESPARSE_HOST_LOOP_H

#include <stdbool.h>

struct log;

/**
 * struct loop_file - what is to become a loop device
 * @fd: the open file
 * @path: its name
 * @sector_size: bytes of the device's sectors, 0: 512
 * @writable: the device is; @fd must be, too
 */
struct loop_file {
	int fd;
	const char *path;
	unsigned int sector_size;
	bool writable;
};

int loop_attach(const struct log *log, const struct loop_file *file, int *loop);
int loop_backing_file(unsigned int major, unsigned int minor, char **path);

#endif /* SESPARSE_HOST_LOOP_H */
