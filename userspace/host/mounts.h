/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is mounted, as the kernel tells it.
 */
#ifndef SESPARSE_HOST_MOUNTS_H
#define SESPARSE_HOST_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct mount_entry - something mounted
 * @dev: the device, or the number that stands for one
 * @where: the folder
 * @type: the file system's
 * @source: what it was mounted from, in the words of whoever mounted it
 */
struct mount_entry {
	dev_t dev;
	char *where;
	char *type;
	char *source;
};

/* Return: 0 to go on. */
typedef int mounts_fn(void *data, const struct mount_entry *entry);

int mounts_each(mounts_fn *each, void *data);
bool mount_is_of(const struct mount_entry *entry, dev_t dev);
dev_t mount_device(const struct mount_entry *entry);
void mounts_unescape(char *name);

#endif /* SESPARSE_HOST_MOUNTS_H */
