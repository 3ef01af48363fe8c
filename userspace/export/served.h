/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disk that is served.
 */
#ifndef SESPARSE_EXPORT_SERVED_H
#define SESPARSE_EXPORT_SERVED_H

#include "disk/disk.h"
#include "vmdk/image.h"

struct datastores;
struct keys;
struct log;

/**
 * struct served - a disk, found and read; all 0 before
 * @datastores: what it is in, or NULL
 * @image: its files
 * @disk: what it reads as
 */
struct served {
	struct datastores *datastores;
	struct image image;
	struct disk disk;
};

int served_open(const struct log *log, struct keys *keys,
		struct served *served);
void served_close(struct served *served, struct keys *keys);

#endif /* SESPARSE_EXPORT_SERVED_H */
