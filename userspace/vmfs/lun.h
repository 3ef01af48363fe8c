/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that the user has named, opened for reading only.
 */
#ifndef SESPARSE_VMFS_LUN_H
#define SESPARSE_VMFS_LUN_H

#include <sys/types.h>

#include "source/source.h"

struct log;

/**
 * struct lun - a device, or an image of one
 * @source: it, open; comes first, see lun_of()
 * @index: its number among the LUNs
 * @bytes: its length
 * @dev: which it is
 * @ino: likewise; 0 for a device
 */
struct lun {
	struct source source;
	unsigned int index;
	u64 bytes;
	dev_t dev;
	ino_t ino;
};

/**
 * struct luns - those that were named, each once
 * @list: they
 * @sources: what a layout's runs lie on: the source of each
 * @nr: their number
 */
struct luns {
	struct lun *list;
	struct source **sources;
	unsigned int nr;
};

/* The LUN whose source it is. */
static inline const struct lun *lun_of(const struct source *source)
{
	return (const struct lun *)source;
}

int vmfs_luns_open(const struct log *log, const char *const *paths, size_t nr,
	      struct luns *luns);
void vmfs_luns_flush(const struct luns *luns);
void vmfs_luns_close(struct luns *luns);
int lun_read_some(const struct lun *lun, u64 at, void *buf, size_t bytes);
int lun_read(const struct lun *lun, const char *what, u64 at, void *buf,
	     size_t bytes);

#endif /* SESPARSE_VMFS_LUN_H */
