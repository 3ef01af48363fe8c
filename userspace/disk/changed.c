// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot's layer holds what was written while it was the newest, so the layers
 * above a point are what changed since.  Their tables are all that is read, unless
 * they say zeros: what was there before tells then whether that is a change.
 */
#include "disk/changed.h"
#include "vmdk/chain.h"

static bool has_zeros(const struct disk *disk)
{
	struct disk_range range;
	u64 at;

	for (at = 0; at < disk->capacity; at += range.sectors) {
		disk_look(disk, at, &range);
		if (range.kind == DISK_ZERO)
			return true;
	}
	return false;
}

/**
 * changed_read() - find what changed since a point of a chain
 * @log: how much to tell
 * @chain: the chain, its sources open and checked; must outlive @changed
 * @depth: the link that is the point, newest 0: since that, nothing
 * @salvage: corrupt entries become DISK_ERROR; without it, they are refused
 * @changed: filled in, for changed_free(), on failure too; not to be moved
 *
 * Return: 0, or an exit code after a message.
 */
int changed_read(const struct log *log, const struct chain *chain, size_t depth,
		 bool salvage, struct changed *changed)
{
	int r;

	changed->old = (struct disk){ 0 };
	r = disk_read_links(log, chain, 0, depth, salvage, &changed->disk);
	changed->disk.since = &changed->old;
	if (r || !has_zeros(&changed->disk))
		return r;
	return disk_read_links(log, chain, depth, chain->nr_links - depth,
			       salvage, &changed->old);
}

/**
 * changed_free() - free what changed_read() made
 * @changed: it
 */
void changed_free(struct changed *changed)
{
	disk_free(&changed->disk);
	disk_free(&changed->old);
}
