/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images in memory, of whose metadata an input changes some bytes, so that it gets past
 * whatever is looked at first.
 */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include "dm-sesparse/portable.h"
#include "fuzz.h"

#define IMAGE_MAX_PLACES 256
#define IMAGE_CHANGE_BYTES 16

/* A structure of an image's. */
struct image_place {
	u64 at;
	u64 size;
};

/**
 * struct image - an image in memory
 * @memory: it; what was never written takes none
 * @bytes: its length
 * @places: its metadata
 * @nr: their number
 */
struct image {
	unsigned char *memory;
	u64 bytes;
	struct image_place places[IMAGE_MAX_PLACES];
	size_t nr;
};

/* Bytes to be put back. */
struct image_change {
	u64 at;
	unsigned char was[IMAGE_CHANGE_BYTES];
	size_t size;
};

void image_load(struct image *image, const char *name);
void image_add_place(struct image *image, u64 at, u64 size);
void image_change(const struct image *image, struct draw *draw,
		  struct image_change *c);
void image_undo(const struct image *image, const struct image_change *c);
u64 draw_odd(struct draw *draw, u64 was);

#endif /* TESTS_FUZZ_IMAGE_H */
