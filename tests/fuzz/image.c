// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image.h"

static void copy_data(int from, unsigned char *to)
{
	off_t at = 0, end;
	ssize_t n;

	for (;;) {
		at = lseek(from, at, SEEK_DATA);
		if (at < 0)
			break;
		for (end = lseek(from, at, SEEK_HOLE); at < end; at += n) {
			n = pread(from, to + at, (size_t)(end - at), at);
			must(n > 0);
		}
	}
	must(errno == ENXIO);
}

/**
 * image_load() - load an image
 * @image: filled in, without places
 * @name: of its file, below where the targets are
 */
void image_load(struct image *image, const char *name)
{
	char *path;
	int fd;

	must(asprintf(&path, "%s/%s", fuzz_folder(), name) > 0);
	fd = open(path, O_RDONLY);
	must(fd >= 0);
	image->bytes = (u64)lseek(fd, 0, SEEK_END);
	image->memory = mmap(NULL, image->bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(image->memory != MAP_FAILED);
	copy_data(fd, image->memory);
	close(fd);
	free(path);
}

/**
 * image_add_place() - have a structure of an image be changed
 * @image: the image
 * @at: its first byte
 * @size: its length
 */
void image_add_place(struct image *image, u64 at, u64 size)
{
	must(image->nr < IMAGE_MAX_PLACES);
	image->places[image->nr++] = (struct image_place){ at, size };
}

/**
 * draw_odd() - draw a number that is more often wrong than others
 * @draw: the input
 * @was: what is right
 *
 * Return: the number.
 */
u64 draw_odd(struct draw *draw, u64 was)
{
	switch (draw_byte(draw) % 8) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return was + 1;
	case 3:
		return was - 1;
	case 4:
		return was ^ 1ULL << draw_byte(draw) % 64;
	case 5:
		return 1ULL << draw_byte(draw) % 64;
	case 6:
		return was << 32 | was >> 32;
	default:
		return was * 2;
	}
}

/**
 * image_change() - change some bytes
 * @image: the image; most are within the first bytes of a structure
 * @draw: the input
 * @c: set to what they were, for image_undo()
 */
void image_change(const struct image *image, struct draw *draw,
		  struct image_change *c)
{
	const struct image_place *place =
		&image->places[draw_byte(draw) % image->nr];
	const uint8_t how = draw_byte(draw);
	const u64 offset = draw_number(draw, 2) << (how & 64 ? 4 : 0);
	unsigned char is[IMAGE_CHANGE_BYTES] = { 0 };
	u64 word;

	c->at = place->at + offset % place->size;
	c->size = how & 128 ? 1 + how % IMAGE_CHANGE_BYTES : how & 32 ? 4 : 8;
	must(c->size <= image->bytes - c->at);
	memcpy(c->was, image->memory + c->at, c->size);
	memcpy(is, c->was, c->size);
	if (how & 128) {
		draw_bytes(draw, is, c->size);
	} else {
		memcpy(&word, is, sizeof(word));
		word = draw_odd(draw, word);
		memcpy(is, &word, sizeof(word));
	}
	memcpy(image->memory + c->at, is, c->size);
}

/**
 * image_undo() - put back what was changed
 * @image: the image
 * @c: what was changed last
 */
void image_undo(const struct image *image, const struct image_change *c)
{
	memcpy(image->memory + c->at, c->was, c->size);
}
