/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plugin's parameters: sesparsesetup's options by their names, KEY=VALUE.
 */
#ifndef SESPARSE_EXPORT_KEYS_H
#define SESPARSE_EXPORT_KEYS_H

#include <stddef.h>

#include "sesparse/replayed.h"
#include "vmdk/image.h"

/**
 * struct keys - what was given
 * @file: the disk: its newest descriptor, or what else sesparsesetup takes; or NULL
 * @image: how to find and check it
 * @replayed: the journals that were replayed for that
 * @luns: the devices that its datastore is on
 * @nr_luns: their number
 * @texts: copies of values that were taken apart
 * @nr_texts: their number
 */
struct keys {
	char *file;
	struct image_options image;
	struct replayed replayed;
	const char **luns;
	size_t nr_luns;
	char **texts;
	size_t nr_texts;
};

/* What --help of nbdkit says of them. */
extern const char keys_help[];

int keys_take(struct keys *keys, const char *key, const char *value);
void keys_free(struct keys *keys);

#endif /* SESPARSE_EXPORT_KEYS_H */
