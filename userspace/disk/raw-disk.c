// SPDX-License-Identifier: GPL-2.0-only
#include "disk/raw-disk.h"
#include "source/source.h"

/**
 * raw_disk_read() - take a file or block device as a disk
 * @log: how much to tell
 * @source: it, open, of one sector at least; must outlive @raw
 * @raw: filled in, for raw_disk_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int raw_disk_read(const struct log *log, const struct source *source,
		  struct raw_disk *raw)
{
	*raw = (struct raw_disk){
		.chain.links = raw->links,
		.chain.nr_links = 1,
		.links[0] = &raw->descriptor,
		.descriptor.path = source->path,
		.descriptor.capacity = source->sectors,
		.descriptor.extents = &raw->extent,
		.descriptor.nr_extents = 1,
		.extent.type = EXTENT_FLAT,
		.extent.sectors = source->sectors,
		.extent.source = (struct source *)source,
	};
	return disk_read(log, &raw->chain, false, &raw->disk);
}

/**
 * raw_disk_free() - free what raw_disk_read() made
 * @raw: it; all 0 does nothing
 */
void raw_disk_free(struct raw_disk *raw)
{
	disk_free(&raw->disk);
}
