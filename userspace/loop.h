/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loop devices: block devices made of files.
 */
#ifndef SESPARSE_LOOP_H
#define SESPARSE_LOOP_H

struct log;

int loop_attach(const struct log *log, int file, const char *path, int *loop);
int loop_backing_file(unsigned int major, unsigned int minor, char **path);

#endif /* SESPARSE_LOOP_H */
