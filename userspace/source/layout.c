// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of 62 TiB in blocks of 1 MiB has 65 million runs, so a run is two words.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "source/layout.h"

#define PLACE_SHIFT 56
#define PLACE_HOLE ((u64)LAYOUT_MAX_DEVICES << PLACE_SHIFT)
#define PLACE_BYTES ((1ULL << PLACE_SHIFT) - 1)

/**
 * layout_new() - the layout of an empty file
 * @devices: what runs will lie on; they must outlive it
 * @nr_devices: their number, at most LAYOUT_MAX_DEVICES
 *
 * Return: it, for layout_free(), or NULL without memory.
 */
struct layout *layout_new(struct source *const *devices,
			  unsigned int nr_devices)
{
	struct layout *layout = calloc(1, sizeof(*layout));

	if (!layout)
		return NULL;
	layout->devices = devices;
	layout->nr_devices = nr_devices;
	layout->room = 16;
	layout->runs = calloc(layout->room, sizeof(*layout->runs));
	if (layout->runs)
		return layout;
	free(layout);
	return NULL;
}

static int make_room(struct layout *layout)
{
	const size_t room = layout->room + layout->room / 2;
	struct layout_run *runs;

	if (layout->nr_runs + 1 < layout->room)
		return 0;
	runs = reallocarray(layout->runs, room, sizeof(*runs));
	if (!runs)
		return ENOMEM;
	layout->runs = runs;
	layout->room = room;
	return 0;
}

static bool continues(const struct layout *layout, u64 place)
{
	const struct layout_run *last = &layout->runs[layout->nr_runs];

	if (!layout->nr_runs)
		return false;
	last--;
	if (last->place >= PLACE_HOLE)
		return place >= PLACE_HOLE;
	return last->place + (layout->bytes - last->start) == place;
}

static int add(struct layout *layout, u64 bytes, u64 place)
{
	int error;

	if (!bytes)
		return 0;
	if (bytes > INT64_MAX - layout->bytes)
		return EOVERFLOW;
	if (!continues(layout, place)) {
		error = make_room(layout);
		if (error)
			return error;
		layout->runs[layout->nr_runs++] = (struct layout_run){
			.start = layout->bytes,
			.place = place,
		};
	}
	layout->bytes += bytes;
	layout->runs[layout->nr_runs].start = layout->bytes;
	return 0;
}

/**
 * layout_add() - say where the next bytes of a file lie
 * @layout: what is known of it so far
 * @bytes: how many
 * @device: which of the devices they are on
 * @at: the first byte there
 *
 * Return: 0, or an errno: EOVERFLOW for what no device can have.
 */
int layout_add(struct layout *layout, u64 bytes, unsigned int device, u64 at)
{
	if (device >= layout->nr_devices || at > PLACE_BYTES ||
	    bytes > PLACE_BYTES - at)
		return EOVERFLOW;
	return add(layout, bytes, (u64)device << PLACE_SHIFT | at);
}

/**
 * layout_add_hole() - say that the next bytes of a file are zeros, and lie nowhere
 * @layout: what is known of it so far
 * @bytes: how many
 *
 * Return: 0, or an errno.
 */
int layout_add_hole(struct layout *layout, u64 bytes)
{
	return add(layout, bytes, PLACE_HOLE);
}

/**
 * layout_look() - where a byte lies, and those around it
 * @layout: the file
 * @at: the byte, less than the file's length
 * @piece: set to all that lies in one place with it
 */
void layout_look(const struct layout *layout, u64 at,
		 struct layout_piece *piece)
{
	size_t low = 0, high = layout->nr_runs, middle;
	const struct layout_run *run;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (layout->runs[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	run = &layout->runs[low];
	piece->start = run[0].start;
	piece->end = run[1].start;
	piece->device = run->place >= PLACE_HOLE ? NULL :
			layout->devices[run->place >> PLACE_SHIFT];
	piece->at = run->place & PLACE_BYTES;
}

/**
 * layout_copy() - the same layout once more
 * @layout: it, whole; its devices must outlive the copy
 *
 * Return: the copy, for layout_free(), or NULL without memory.
 */
struct layout *layout_copy(const struct layout *layout)
{
	const size_t room = layout->nr_runs + 1;
	struct layout *copy = malloc(sizeof(*copy));
	struct layout_run *runs = calloc(room, sizeof(*runs));

	if (!copy || !runs) {
		free(copy);
		free(runs);
		return NULL;
	}
	memcpy(runs, layout->runs, room * sizeof(*runs));
	*copy = *layout;
	copy->runs = runs;
	copy->room = room;
	return copy;
}

/**
 * layout_free() - free what layout_new() made
 * @layout: it, or NULL
 */
void layout_free(struct layout *layout)
{
	if (!layout)
		return;
	free(layout->runs);
	free(layout);
}
