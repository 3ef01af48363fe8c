/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that lie in pieces on LUNs, as block devices.
 */
#ifndef SESPARSE_DEVICE_PIECES_H
#define SESPARSE_DEVICE_PIECES_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct attachments;
struct dm_table;
struct layout_piece;
struct source;

/**
 * typedef pieces_fn - make a device
 * @data: of pieces_make()
 * @number: the device's: 1 and on, each after those that it is on
 * @table: its targets
 * @name: set to what a table calls it, to be freed by the caller
 *
 * Return: 0, or an exit code after a message.
 */
typedef int (*pieces_fn)(void *data, unsigned int number,
			 const struct dm_table *table, char **name);

int pieces_check(const struct source *source, unsigned int block);
bool pieces_is_one(const struct source *source, struct layout_piece *piece);
int pieces_add(const struct attachments *a, const struct source *source,
	       u64 start, u64 end, struct dm_table *table);
bool pieces_need_devices(const struct attachments *a);
int pieces_make(struct attachments *a, pieces_fn make, void *data);

#endif /* SESPARSE_DEVICE_PIECES_H */
