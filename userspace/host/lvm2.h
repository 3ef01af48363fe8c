/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LVM2 on a guest's disk: what its logical volumes are made of.  This machine's own
 * LVM has no part in it, so that no name or UUID of the guest's can be taken for one
 * of the host's.
 */
#ifndef SESPARSE_HOST_LVM2_H
#define SESPARSE_HOST_LVM2_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

/* A UUID without its dashes, with the NUL. */
#define LVM2_ID_SIZE 33

/* LVM2's own limit of names, with the NUL. */
#define LVM2_NAME_SIZE 128

/**
 * struct lvm2_pv - a physical volume
 * @id: its UUID
 * @start: its first sector on the disk
 * @sectors: its length
 * @text: what it knows of its group, or NULL if it keeps nothing of it
 * @problem: what is wrong with it, in words that follow its name, or NULL
 */
struct lvm2_pv {
	char id[LVM2_ID_SIZE];
	u64 start;
	u64 sectors;
	char *text;
	const char *problem;
};

/**
 * struct lvm2_segment - a stretch of a logical volume
 * @sectors: its length
 * @stripe_sectors: what goes to one place before the next; 0: there is one place
 * @places: the sectors of the disk where it begins
 * @nr_places: their number
 */
struct lvm2_segment {
	u64 sectors;
	u64 stripe_sectors;
	u64 *places;
	size_t nr_places;
};

/**
 * struct lvm2_volume - a logical volume
 * @group: its group's name
 * @name: its own
 * @problem: why it cannot be had, or empty
 * @segments: what it is made of, in order
 * @nr: their number
 * @sectors: its length
 */
struct lvm2_volume {
	char group[LVM2_NAME_SIZE];
	char name[LVM2_NAME_SIZE];
	char problem[96];
	struct lvm2_segment *segments;
	size_t nr;
	u64 sectors;
};

/**
 * struct lvm2 - the physical volumes of a disk, and what is on them; all 0 before
 * @pvs: the physical volumes
 * @nr_pvs: their number
 * @text_bytes: of all their texts
 * @volumes: the logical ones
 * @nr_volumes: their number
 */
struct lvm2 {
	struct lvm2_pv *pvs;
	size_t nr_pvs;
	u64 text_bytes;
	struct lvm2_volume *volumes;
	size_t nr_volumes;
};

int lvm2_add(struct lvm2 *lvm, const char *path, int fd, u64 start, u64 sectors);
int lvm2_find_volumes(struct lvm2 *lvm, const char *path);
void lvm2_free(struct lvm2 *lvm);

#endif /* SESPARSE_HOST_LVM2_H */
