/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A chain's sources as block devices, and what a device-mapper table calls them.
 */
#ifndef SESPARSE_DEVICE_ATTACH_H
#define SESPARSE_DEVICE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include "device/target-args.h"

struct image;
struct log;
struct source;

/**
 * struct attachment - a source that a table can name, or a LUN that some lie on
 * @source: the source
 * @name: what a table calls it; NULL: it lies in pieces, see pieces_make()
 * @sector: where it begins there
 * @in_base: it has no name, for its pieces are the base's: see dm_table_of_base()
 * @loop: the open loop device made for it, or -1
 */
struct attachment {
	const struct source *source;
	char *name;
	u64 sector;
	bool in_base;
	int loop;
};

/**
 * struct attachments - those of a chain; all 0 where there are none
 * @list: they, and behind the chain's sources the LUNs
 * @nr: their number
 * @nr_sources: how many are the chain's
 * @block: bytes of the LUNs' sectors, the largest; 0 if there are no LUNs
 */
struct attachments {
	struct attachment *list;
	size_t nr;
	size_t nr_sources;
	unsigned int block;
};

int attach_name(const struct image *image, bool dry_run, struct attachments *a);
int attach_devices(const struct log *log, const struct image *image,
		   unsigned int sector_size, struct attachments *a);
struct target_device attach_place(const struct attachments *a,
				  const struct source *source, u64 sector);
void attach_tell(const struct attachments *a);
void attach_detach(struct attachments *a);
void attach_free(struct attachments *a);

#endif /* SESPARSE_DEVICE_ATTACH_H */
