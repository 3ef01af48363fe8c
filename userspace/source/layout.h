/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where on which devices the bytes of a file lie.
 */
#ifndef SESPARSE_SOURCE_LAYOUT_H
#define SESPARSE_SOURCE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

struct source;

/* More devices than any volume has; the last number means a hole. */
#define LAYOUT_MAX_DEVICES 255

/**
 * struct layout_run - bytes that lie side by side; the next run begins where it ends
 * @start: first byte of the file
 * @place: number of the device in the upper 8 bits, its first byte in the others
 */
struct layout_run {
	u64 start;
	u64 place;
};

/**
 * struct layout - where a file lies
 * @bytes: length of the file
 * @runs: all of it, in order, and one that only says where the last one ends
 * @nr_runs: their number, without that one
 * @room: for how many there is memory
 * @devices: what the runs lie on; they outlive it
 * @nr_devices: their number
 * @is_spliced: they are no LUNs, but files: see splice.h
 */
struct layout {
	u64 bytes;
	struct layout_run *runs;
	size_t nr_runs;
	size_t room;
	struct source *const *devices;
	unsigned int nr_devices;
	bool is_spliced;
};

/**
 * struct layout_piece - a part of a file that lies in one place
 * @start: its first byte of the file
 * @end: byte after its last
 * @device: what it lies on, or NULL: it is a hole, which reads zeros
 * @at: its first byte there
 */
struct layout_piece {
	u64 start;
	u64 end;
	const struct source *device;
	u64 at;
};

struct layout *layout_new(struct source *const *devices,
			  unsigned int nr_devices);
int layout_add(struct layout *layout, u64 bytes, unsigned int device, u64 at);
int layout_add_hole(struct layout *layout, u64 bytes);
void layout_look(const struct layout *layout, u64 at,
		 struct layout_piece *piece);
struct layout *layout_copy(const struct layout *layout);
void layout_free(struct layout *layout);

#endif /* SESPARSE_SOURCE_LAYOUT_H */
