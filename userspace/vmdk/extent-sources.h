/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the extents of a chain are read from: files where the descriptors say, or
 * other files and block devices in their place.
 */
#ifndef SESPARSE_VMDK_EXTENT_SOURCES_H
#define SESPARSE_VMDK_EXTENT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

struct chain;
struct log;
struct roots;
struct source;

/**
 * struct stand_in - a file or block device in the place of an extent file
 * @file: the file, as in the descriptor, its last part or where it would be
 * @device: what is in its place
 * @path: the file that it has been used for
 */
struct stand_in {
	const char *file;
	const char *device;
	char *path;
};

/**
 * struct sources_options - how to find them
 * @roots: folders that are elsewhere on this machine
 * @stand_ins: what to take in place of files
 * @nr_stand_ins: their number
 * @may_be_unused: it is no error if some are not needed
 * @must_open: a stand-in that cannot be opened is an error
 * @ignore_kind: only warn of a raw parent that begins as what is none
 * @salvage: what cannot be had below the newest layer is missing, not an error
 */
struct sources_options {
	const struct roots *roots;
	struct stand_in *stand_ins;
	size_t nr_stand_ins;
	bool may_be_unused;
	bool must_open;
	bool ignore_kind;
	bool salvage;
};

/**
 * struct sources - the sources of a chain, each once
 * @list: the sources
 * @nr: their number
 */
struct sources {
	struct source **list;
	size_t nr;
};

int sources_find(const struct log *log, struct chain *chain,
		 const struct sources_options *options, struct sources *sources);
int stand_ins_check_used(const struct stand_in *list, size_t nr,
			 const char *where);
void sources_open_direct(const struct log *log, const struct sources *sources);
void sources_free(struct sources *sources);

#endif /* SESPARSE_VMDK_EXTENT_SOURCES_H */
