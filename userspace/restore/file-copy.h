/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of a datastore copied to one of this machine.
 */
#ifndef SESPARSE_RESTORE_FILE_COPY_H
#define SESPARSE_RESTORE_FILE_COPY_H

#include <stdbool.h>

struct log;
struct source;

int file_copy(const struct log *log, const struct source *source,
	      const char *path, int fd, bool is_shown);

#endif /* SESPARSE_RESTORE_FILE_COPY_H */
