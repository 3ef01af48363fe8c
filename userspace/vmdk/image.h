/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk's image: its chain of descriptors, and what its extents are read from.
 */
#ifndef SESPARSE_VMDK_IMAGE_H
#define SESPARSE_VMDK_IMAGE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "sesparse/replayed.h"
#include "vmdk/base-stand-in.h"
#include "vmdk/chain.h"
#include "vmdk/extent-sources.h"
#include "vmdk/find-file.h"

/**
 * struct image_options - how to find and how to check an image
 * @care: what becomes of links that can't be had or don't fit together
 * @ciphertext: encrypted disks are not refused, as what is wanted of them is not
 *              encrypted
 * @ignore_cid: only warn where content IDs differ, or the base's capacity does, or
 *              it begins as what is no disk's raw bytes
 * @ignore_dirty: only warn of an extent that was not closed cleanly
 * @replay: replay its journal in memory instead; experimental
 * @leave_out_newest: but for the newest record, if it is refused with that
 * @replayed: what was replayed, if @replay is set: one for all that are copied from
 *	      these options
 * @patch: a file of recover's, by which extents' metadata read otherwise; or NULL
 * @patch_uses: with @is_one_of_several, what of it the disks have had use for
 * @must_open: block devices that stand in for files must be here, and readable
 * @live: take what another host has open for writing
 * @named: what names the disk; NULL: the user has
 * @is_one_of_several: what stands in for files may be for others
 * @roots: folders that are elsewhere on this machine
 * @stand_ins: files and block devices to take in place of extents' files
 * @nr_stand_ins: their number
 * @parents: in the place of parents that are not found, or raw bytes
 * @nr_parents: their number
 */
struct image_options {
	enum chain_care care;
	bool ciphertext;
	bool ignore_cid;
	bool ignore_dirty;
	bool replay;
	bool leave_out_newest;
	struct replayed *replayed;
	const char *patch;
	struct patch_uses *patch_uses;
	bool must_open;
	bool live;
	const struct reference *named;
	bool is_one_of_several;
	struct roots roots;
	struct stand_in *stand_ins;
	size_t nr_stand_ins;
	struct parent *parents;
	size_t nr_parents;
};

/**
 * struct image - a disk's image; all 0 before it is found
 * @chain: its descriptors
 * @sources: what its extents are read from
 * @files: what each of the sources was before it was read
 * @roots: where else it was looked for, as in its options
 * @patch: the file that it is read with, as there, or NULL
 */
struct image {
	struct chain chain;
	struct sources sources;
	struct stat *files;
	struct roots roots;
	const char *patch;
};

int image_find(const struct log *log, const char *path,
	       const struct image_options *options, struct image *image);
int image_read(const struct log *log, const char *path,
	       const struct image_options *options, struct image *image);
int image_check_unchanged(const struct image_options *options);
int image_check_files(const struct image_options *options,
		      const struct image *image);
int image_find_overlap(const struct image *image, const struct stat *st,
		       char **part);
void image_free(struct image *image);

#endif /* SESPARSE_VMDK_IMAGE_H */
