// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "disk/usage.h"
#include "disk/walk.h"
#include "util/message.h"
#include "vmdk/chain.h"

static void add_data(struct share *share, u64 sectors)
{
	share->data += sectors;
	share->runs++;
}

static void count(void *private, const struct disk_range *range, bool hole)
{
	struct usage *s = private;

	switch (hole ? DISK_ABSENT : range->kind) {
	case DISK_DATA:
		add_data(&s->links[range->depth], range->sectors);
		add_data(&s->total, range->sectors);
		break;
	case DISK_ZERO:
		s->links[range->depth].zero += range->sectors;
		s->total.zero += range->sectors;
		break;
	case DISK_ERROR:
		s->errors += range->sectors;
		break;
	case DISK_ABSENT:
		s->holes += range->sectors;
		break;
	}
}

/**
 * usage_count() - find out who holds what
 * @disk: the disk
 * @usage: filled in, for usage_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int usage_count(const struct disk *disk, struct usage *usage)
{
	*usage = (struct usage){
		.nr = disk->since ? disk->nr_layers : disk->chain->nr_links,
	};
	/* Where nothing is above a point there is none of them. */
	usage->links = calloc(usage->nr + 1, sizeof(*usage->links));
	if (!usage->links)
		return fail_memory();
	walk_disk(disk, count, usage);
	return 0;
}

/**
 * share_mean() - how long runs are
 * @share: whose
 *
 * Return: the mean, in bytes; 0 if there are none.
 */
u64 share_mean(const struct share *share)
{
	return share->runs ?
	       share->data * SESPARSE_SECTOR_SIZE / share->runs : 0;
}

/**
 * usage_free() - free what usage_count() made
 * @usage: it
 */
void usage_free(struct usage *usage)
{
	free(usage->links);
	memset(usage, 0, sizeof(*usage));
}
