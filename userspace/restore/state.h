/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small file that says how far a restore has got, and of what it was one.
 */
#ifndef SESPARSE_RESTORE_STATE_H
#define SESPARSE_RESTORE_STATE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "restore/zeros.h"
#include "util/ranges.h"

struct disk;
struct image;
struct since;
struct target;

/* What the target of what changed since an older disk holds, by its state file. */
enum state_found {
	STATE_UNKNOWN, /* there is no file */
	STATE_OLD, /* the older disk */
	STATE_BEGUN, /* some of the newer one on the older one */
	STATE_NEW, /* the newer one */
};

/**
 * struct state - how far a restore has got
 * @path: the file, as it was named
 * @file: the same, any link followed
 * @st: what is there, if anything
 * @text: what was in it; NULL: there was none
 * @identity: what the restore is of, and to where: the lines after the first
 * @anew: what to restore with, the file gone, to have all of the disk written
 * @whole: how many of its bytes stay once the target holds all of the disk
 * @position: all before this byte of the disk is written and flushed
 * @bad: what of that could not be read
 * @zeros: what of that was found to be zeros
 * @written: of a target that holds all of the disk: when it was written to last; in
 *           @text, where its line ends, or NULL
 * @is_saved: what was to be written down last has been
 */
struct state {
	const char *path;
	char *file;
	struct stat st;
	char *text;
	char *identity;
	const char *anew;
	size_t whole;
	u64 position;
	struct ranges bad;
	struct zeros_found zeros;
	const char *written;
	bool is_saved;
};

/**
 * struct state_point - what is to be written down
 * @position: all before this byte of the disk is written and flushed
 * @bad: what of that could not be read
 * @zeros: what of that was found to be zeros
 * @written: of state_finish(), or NULL
 */
struct state_point {
	u64 position;
	const struct ranges *bad;
	struct zeros_found zeros;
	const char *written;
};

int state_open(const char *path, struct state *r);
int state_check(struct state *r, const struct image *image,
		const struct disk *disk, bool salvage, const struct target *t);
int state_check_since(struct state *r, const struct image *image,
		      const struct disk *disk, const struct since *since,
		      bool salvage, const struct target *t,
		      enum state_found *found);
int state_check_written(const struct state *r, const struct target *t);
int state_finish(struct state *r, const struct target *t,
		 const struct state_point *p);
bool state_stays(const struct state *r);
int state_save(struct state *r, const struct state_point *p);
int state_remove(const struct state *r);
void state_free(struct state *r);

#endif /* SESPARSE_RESTORE_STATE_H */
