/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A chain's sources as block devices, and what a device-mapper table calls them.
 */
#ifndef SESPARSE_DEVICE_ATTACH_H
#define SESPARSE_DEVICE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

struct log;
struct source;
struct sources;

/**
 * struct attachment - a source that a table can name
 * @source: the source
 * @name: what a table calls it
 * @loop: the open loop device made for it, or -1
 */
struct attachment {
	const struct source *source;
	char *name;
	int loop;
};

/**
 * struct attachments - those of a chain; all 0 where there are none
 * @list: they
 * @nr: their number
 */
struct attachments {
	struct attachment *list;
	size_t nr;
};

int attach_name(const struct sources *sources, bool dry_run,
		struct attachments *a);
int attach_devices(const struct log *log, const struct sources *sources,
		   unsigned int sector_size, struct attachments *a);
const char *attach_name_of(const struct attachments *a,
			   const struct source *source);
void attach_tell(const struct attachments *a);
void attach_detach(struct attachments *a);
void attach_free(struct attachments *a);

#endif /* SESPARSE_DEVICE_ATTACH_H */
