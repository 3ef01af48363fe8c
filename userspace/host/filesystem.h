/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system of a guest's, mounted so that nothing of it changes: not even its
 * journal is replayed.
 */
#ifndef SESPARSE_HOST_FILESYSTEM_H
#define SESPARSE_HOST_FILESYSTEM_H

#include <signal.h>
#include <stdbool.h>

/* What is allowed that is not by default. */
#define FILESYSTEM_EXEC (1U << 0)
#define FILESYSTEM_SYMFOLLOW (1U << 1)

/**
 * struct filesystem_mount - a file system to be mounted
 * @type: what libblkid calls it
 * @device: the block device that it lies on
 * @where: the folder, by a name that no link is in
 * @allow: what it may do, FILESYSTEM_... or-ed
 * @signals: of signals_hold(): one of those ends the mounting
 */
struct filesystem_mount {
	const char *type;
	const char *device;
	const char *where;
	unsigned int allow;
	const sigset_t *signals;
};

bool filesystem_is_known(const char *type);
const char *filesystem_names(void);
int filesystem_parse_allow(const char *list, unsigned int *allow);
int filesystem_mount(const struct filesystem_mount *m);
int filesystem_umount(const char *where);
void filesystem_forget(const char *type, const char *device);

#endif /* SESPARSE_HOST_FILESYSTEM_H */
