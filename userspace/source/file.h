/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files, and opening them without harm whatever they turn out to be.
 */
#ifndef SESPARSE_SOURCE_FILE_H
#define SESPARSE_SOURCE_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

char *file_beside(const char *from, const char *name);
const char *file_base_name(const char *name);
int file_open(const char *path, int *fd, struct stat *st);
int file_open_writable(const char *path, int *fd, struct stat *st);
int file_open_exclusive(const char *path, int *fd, struct stat *st);
int file_flush_folder(const char *path);
bool file_is(const char *path, const struct stat *st);
int file_unlink(const char *path, int fd);
void file_allow_many(void);

#endif /* SESPARSE_SOURCE_FILE_H */
