/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk that restore writes, and what its files share of it.
 */
#ifndef SESPARSE_CLI_RESTORING_H
#define SESPARSE_CLI_RESTORING_H

#include <stdbool.h>

#include "cli/options.h"
#include "disk/disk.h"
#include "dm-sesparse/portable.h"
#include "restore/copy.h"
#include "restore/estimate.h"
#include "restore/since.h"
#include "restore/state.h"
#include "restore/target.h"
#include "util/ranges.h"
#include "vmdk/image.h"

struct progress;
struct subject;

/**
 * struct restoring - a disk about to be written
 * @options: the command line
 * @subject: the disk that it names
 * @path: of the target
 * @state: what OPT_RESUME or OPT_STATE is for it, or NULL
 * @image: the disk's files
 * @disk: what it reads as
 * @since: of OPT_SINCE: what changed since the older disk
 * @parts: the parts of it that are written; NULL: all of it
 * @bytes: its length
 * @target: where it goes
 * @resume: how far it has got; without @state all 0
 * @bad: bytes of it that could not be read, and are zeros in the target
 * @zeros: bytes of it that were found to be zeros, and so not written
 * @corrupt: how many of them corrupt entries are to blame for
 * @all: what there is to copy
 * @copied: bytes of blocks written this time
 * @copied_ns: how long that took
 * @may_go: nothing in the target is of use: a file made for it goes
 */
struct restoring {
	struct options *options;
	const struct subject *subject;
	char *path;
	char *state;
	struct image image;
	struct disk disk;
	struct since since;
	const struct ranges *parts;
	u64 bytes;
	struct target target;
	struct state resume;
	struct ranges bad;
	struct zeros_found zeros;
	u64 corrupt;
	struct estimate all;
	u64 copied;
	u64 copied_ns;
	bool may_go;
};

static inline bool restoring_given(const struct restoring *p, u64 option)
{
	return p->options->given & option;
}

/* Does the target hold all of the disk already, by what a file of it says? */
static inline bool restoring_was_there(const struct restoring *p)
{
	return p->resume.position == p->bytes;
}

struct copy restoring_copy_of(struct restoring *p, struct progress *progress);
int restoring_verify(struct restoring *p, const struct ranges *only, u64 from,
		     u64 to, bool is_shown);
int restoring_read(struct restoring *p);
int restoring_open_target(struct restoring *p);
int restoring_report(const struct restoring *p);
int restoring_name_target(const struct options *o, const char *disk,
			  char **name);
int restoring_name_state(const struct options *o, const char *disk,
			 char **name);

#endif /* SESPARSE_CLI_RESTORING_H */
