/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files, and opening them without harm whatever they turn out to be.
 */
#ifndef SESPARSE_SOURCE_FILE_H
#define SESPARSE_SOURCE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct stored;

/* No exit code: a block device that somebody holds. */
#define FILE_IN_USE (-1)

/**
 * struct file_found - what was found by a name, and is not open
 * @path: its name, for messages
 * @fd: stands for it, whatever gets its name (O_PATH); -1: none was found
 * @stored: in place of @fd: it is not this machine's, but in a datastore; or NULL
 * @st: what it is
 */
struct file_found {
	char *path;
	int fd;
	struct stored *stored;
	struct stat st;
};

/* Was anything found? */
static inline bool file_is_found(const struct file_found *found)
{
	return found->fd >= 0 || found->stored;
}

char *file_beside(const char *from, const char *name);
const char *file_base_name(const char *name);
int file_real_name(int fd, char *name, size_t size);
int file_look(const char *path, struct file_found *found);
void file_forget(struct file_found *found);
int file_open_found(const struct file_found *found, int *fd, struct stat *st);
int file_peek(const struct file_found *found, int *fd);
int file_open(const char *path, int *fd, struct stat *st);
int file_open_writable(const char *path, int *fd, struct stat *st);
int file_open_exclusive(const char *path, int *fd, struct stat *st);
int file_flush_folder(const char *path);
bool file_is(const char *path, const struct stat *st);
int file_unlink(const char *path, int fd);
void file_allow_many(void);

#endif /* SESPARSE_SOURCE_FILE_H */
