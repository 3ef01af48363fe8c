// SPDX-License-Identifier: GPL-2.0-only
#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "restore/estimate.h"
#include "restore/plan.h"
#include "util/message.h"
#include "util/ranges.h"

/**
 * estimate_take() - count what there is to copy
 * @disk: the disk
 * @only: the parts of it that are copied, as of plan_start(); NULL: all
 * @from: byte to begin at; a step begins there
 * @to: byte to end before, likewise
 * @s: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int estimate_take(const struct disk *disk, const struct ranges *only, u64 from,
		  u64 to, struct estimate *s)
{
	struct plan plan;
	struct step step;

	*s = (struct estimate){ 0 };
	step.fragments = calloc(PLAN_MAX_FRAGMENTS, sizeof(*step.fragments));
	if (!step.fragments)
		return fail_memory();
	plan_start(&plan, disk, only, from, to);
	while (plan_next(&plan, &step)) {
		if (step.is_zero)
			s->zeros += step.bytes;
		else
			s->gaps += step.bytes - step.data;
		s->data += step.data;
	}
	free(step.fragments);
	return 0;
}

/**
 * estimate_find_bad() - find what corrupt entries leave unknown
 * @disk: the disk
 * @bad: the bytes are added to it
 *
 * Return: 0, or an exit code after a message.
 */
int estimate_find_bad(const struct disk *disk, struct ranges *bad)
{
	struct disk_range range;
	u64 sector, end;
	int r = 0;

	for (sector = 0; sector < disk->capacity && !r; sector = end) {
		disk_look(disk, sector, &range);
		end = sector + range.sectors;
		if (range.kind == DISK_ERROR)
			r = ranges_add(bad, sector * SESPARSE_SECTOR_SIZE,
				       end * SESPARSE_SECTOR_SIZE);
	}
	return r;
}
