/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the kernel has got with reading a disk's tables.
 */
#ifndef SESPARSE_DEVICE_LOAD_PROGRESS_H
#define SESPARSE_DEVICE_LOAD_PROGRESS_H

#include "util/progress.h"

struct attachments;
struct image;
struct log;

/**
 * struct loading - a table that is being loaded
 * @is_shown: somebody sees how far it is
 * @image: the disk
 * @names: its sources as devices
 * @before: bytes that its devices had read when that began
 * @begin: when it began, in ns
 * @progress: how far it is, once it has taken a second
 */
struct loading {
	bool is_shown;
	const struct image *image;
	const struct attachments *names;
	u64 before;
	u64 begin;
	struct progress progress;
};

void loading_begin(const struct log *log, struct loading *l,
		   const struct image *image, const struct attachments *names);
void loading_tick(void *data);
void loading_end(struct loading *l, bool is_done);

#endif /* SESPARSE_DEVICE_LOAD_PROGRESS_H */
