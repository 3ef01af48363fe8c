// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of the parts that are written, what did not change is read from the newer disk as
 * all of it is, so that steps may be longer than what changed: the extents of a disk
 * need not begin where steps may.
 */
#include "disk/walk.h"
#include "dm-sesparse/format.h"
#include "restore/copy.h"
#include "restore/fingerprint.h"
#include "restore/plan.h"
#include "restore/since.h"
#include "util/message.h"
#include "vmdk/chain.h"

/* All of the target's beginning is compared, where most of a change shows. */
#define BEGINNING_BYTES (16ULL << 20)

/**
 * struct adding - changes being added up
 * @since: where to
 * @capacity: of the disk, in bytes
 * @r: an exit code
 */
struct adding {
	struct since *since;
	u64 capacity;
	int r;
};

static void add(void *private, const struct disk_range *range, bool hole)
{
	struct adding *a = private;
	const u64 start = range->start * SESPARSE_SECTOR_SIZE;
	const u64 bytes = range->sectors * SESPARSE_SECTOR_SIZE;

	(void)hole;
	a->since->bytes += bytes;
	if (!a->r)
		a->r = ranges_add(&a->since->parts,
				  ALIGN_DOWN(start, PLAN_ALIGN),
				  min_t(u64, ALIGN(start + bytes, PLAN_ALIGN),
					a->capacity));
}

/**
 * since_read() - find what changed since an older disk, and what that reads as
 * @log: how much to tell
 * @chain: of the newer one, its sources open and checked; must outlive @since
 * @depth: the older one, a link of it of the same capacity
 * @salvage: corrupt entries become DISK_ERROR; without it, they are refused
 * @since: filled in, for since_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int since_read(const struct log *log, const struct chain *chain, size_t depth,
	       bool salvage, struct since *since)
{
	struct adding adding = { .since = since };
	int r;

	*since = (struct since){ .depth = depth };
	r = changed_read(log, chain, depth, salvage, &since->changed);
	if (!r && !since->changed.old.chain)
		r = disk_read_links(log, chain, depth, chain->nr_links - depth,
				    salvage, &since->changed.old);
	if (r)
		return r;
	adding.capacity = since->changed.disk.capacity * SESPARSE_SECTOR_SIZE;
	walk_disk(&since->changed.disk, add, &adding);
	return adding.r;
}

/**
 * since_check_target() - see that a target holds the older disk
 * @since: it
 * @copy: of the newer one to the target
 *
 * The beginning is compared, and of the rest samples of the data.
 *
 * Return: 0, or an exit code after a message.
 */
int since_check_target(const struct since *since, const struct copy *copy)
{
	const struct disk *old = &since->changed.old;
	struct copy check = *copy;
	struct ranges none = { 0 };
	int r;

	check.disk = old;
	/* Those are of the newer disk. */
	check.bad = &none;
	check.only = NULL;
	r = copy_compare(&check, 0, min_t(u64, BEGINNING_BYTES,
					  old->capacity * SESPARSE_SECTOR_SIZE));
	return r ? r : fingerprint_check_target(old, copy->target);
}

/**
 * since_free() - free what since_read() made
 * @since: it; all 0 does nothing
 */
void since_free(struct since *since)
{
	changed_free(&since->changed);
	ranges_free(&since->parts);
}
