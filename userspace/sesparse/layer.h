/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes a seSparse extent's tables into a grain map, as the kernel does.
 */
#ifndef SESPARSE_SESPARSE_LAYER_H
#define SESPARSE_SESPARSE_LAYER_H

#include "dm-sesparse/build.h"
#include "sesparse/table-reader.h"

struct log;

/**
 * struct layer - an extent to take in
 * @log: how much to tell
 * @tables: the extent, of as many grains as the maps
 * @number: of its layer, newest 0
 * @salvage: what is corrupt becomes an error of the map's
 * @silent: the caller tells that something is corrupt
 * @build: where its tables go, all layers above taken in
 * @deciders: a second map, for zeros and errors: a cell's layer is the one that
 *            decided it, its grain that of the disk
 */
struct layer {
	const struct log *log;
	struct tables tables;
	unsigned int number;
	bool salvage;
	bool silent;
	struct sesparse_build *build;
	struct sesparse_map *deciders;
};

int layer_load(const struct layer *layer);

#endif /* SESPARSE_SESPARSE_LAYER_H */
