/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mkvmfs says that is on a volume.
 */
#ifndef LUN_CHECK_MANIFEST_H
#define LUN_CHECK_MANIFEST_H

#include "../../dm-sesparse/format.h"

/**
 * struct part - a part of a file
 * @start: its first byte
 * @length: in bytes
 * @lun: which LUN it lies on, from 0 on
 * @at: and where there
 * @sum: SHA-256 of it, where it is known, or empty
 */
struct part {
	u64 start;
	u64 length;
	unsigned int lun;
	u64 at;
	char sum[65];
};

/**
 * struct parts - parts of a file, in order
 * @part: they
 * @nr: how many
 */
struct parts {
	struct part *part;
	size_t nr;
};

enum item_kind {
	ITEM_DIR,
	ITEM_FILE,
	ITEM_LINK,
	ITEM_RDM
};

/**
 * struct item - a file or a folder
 * @kind: what it is
 * @path: its name from the root
 * @size: its bytes
 * @allocated: bytes of its blocks
 * @sum: SHA-256 of a file, or "-"
 * @target: of a link
 * @lock: its mode
 * @owner: who has the lock
 * @map: where it lies
 * @data: where it is not zero, of a file without @sum
 * @entries: how many things are in a folder
 */
struct item {
	enum item_kind kind;
	char *path;
	u64 size;
	u64 allocated;
	char *sum;
	char *target;
	unsigned int lock;
	char *owner;
	struct parts map;
	struct parts data;
	size_t entries;
};

/**
 * struct place - where metadata lies
 * @path: what is not found any more if it changes; "-": anything
 * @lun: which LUN, from 0 on
 * @at: where on it
 * @length: its bytes
 */
struct place {
	char *path;
	unsigned int lun;
	u64 at;
	u64 length;
};

/**
 * struct manifest - what is on a volume
 * @label: the volume's name
 * @uuid: and UUID
 * @luns: files that it lies on
 * @nr_luns: how many
 * @items: all that is in its folders, by path
 * @nr_items: how many
 * @places: metadata, if it is known
 * @nr_places: how many
 * @has_map: all places are known
 * @root_entries: items in the root
 */
struct manifest {
	char *label;
	char *uuid;
	char **luns;
	size_t nr_luns;
	struct item *items;
	size_t nr_items;
	struct place *places;
	size_t nr_places;
	bool has_map;
	size_t root_entries;
};

int manifest_read(struct manifest *m, const char *path);
struct item *manifest_find(const struct manifest *m, const char *path);
void manifest_free(struct manifest *m);

#endif /* LUN_CHECK_MANIFEST_H */
