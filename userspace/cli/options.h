/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line.
 */
#ifndef SESPARSE_CLI_OPTIONS_H
#define SESPARSE_CLI_OPTIONS_H

#include <stddef.h>

#include "device/overlay.h"
#include "util/message.h"
#include "vmdk/image.h"
#include "vmdk/patch-file.h"

/* A bit each, so that a verb can say which it takes. */
#define OPT_HELP (1ULL << 0)
#define OPT_VERSION (1ULL << 1)
#define OPT_DEBUG (1ULL << 2)
#define OPT_SALVAGE (1ULL << 3)
#define OPT_IGNORE_DIRTY (1ULL << 4)
#define OPT_IGNORE_CID (1ULL << 5)
#define OPT_EXTENT (1ULL << 6)
#define OPT_DRY_RUN (1ULL << 7)
#define OPT_CONCISE (1ULL << 8)
#define OPT_NAME (1ULL << 9)
#define OPT_SCAN (1ULL << 10)
#define OPT_DEFERRED (1ULL << 11)
#define OPT_FILES (1ULL << 12)
#define OPT_OUTPUT (1ULL << 13)
#define OPT_SECTOR_SIZE (1ULL << 14)
#define OPT_PARENT (1ULL << 15)
#define OPT_MAP_ROOT (1ULL << 16)
#define OPT_FORCE (1ULL << 17)
#define OPT_VERIFY (1ULL << 18)
#define OPT_RESUME (1ULL << 19)
#define OPT_PROGRESS (1ULL << 20)
#define OPT_PARTITIONS (1ULL << 21)
#define OPT_OVERLAY (1ULL << 22)
#define OPT_OVERLAY_SIZE (1ULL << 23)
#define OPT_QUIET (1ULL << 24)
#define OPT_VERBOSE (1ULL << 25)
#define OPT_JSON (1ULL << 26)
#define OPT_PICTURE (1ULL << 27) /* a value of OPT_OUTPUT, no option by itself */
#define OPT_SPARSE (1ULL << 28)
#define OPT_LUN (1ULL << 29)
#define OPT_LIVE (1ULL << 30)
#define OPT_LONG (1ULL << 31)
#define OPT_RECURSIVE (1ULL << 32)
#define OPT_SUMMARY (1ULL << 33)
#define OPT_SINCE (1ULL << 34)
#define OPT_STATE (1ULL << 35)
#define OPT_REPLAY (1ULL << 36)
#define OPT_LEAVE_OUT_NEWEST (1ULL << 37)
#define OPT_PATCH (1ULL << 38)
#define OPT_DESCRIPTOR (1ULL << 39)
#define OPT_PARTITION (1ULL << 40)
#define OPT_VOLUME (1ULL << 41)
#define OPT_ALLOW (1ULL << 42)
#define OPT_TAB (1ULL << 43)
#define OPT_UNITS (1ULL << 44)

/* What says where the parts of a chain are. */
#define OPTS_PLACES \
	(OPT_EXTENT | OPT_PARENT | OPT_MAP_ROOT | OPT_LUN | OPT_LIVE)
/* And what to make of them. */
#define OPTS_REPLAY (OPT_REPLAY | OPT_LEAVE_OUT_NEWEST)
#define OPTS_CHAIN \
	(OPTS_PLACES | OPTS_REPLAY | OPT_PATCH | OPT_SALVAGE | \
	 OPT_IGNORE_DIRTY | OPT_IGNORE_CID)
/* What open and mount are told of how to open a disk. */
#define OPTS_OPENING (OPTS_CHAIN | OPT_SECTOR_SIZE)

/* What stdout gets: each verb's own choice, unless one of these is asked for. */
enum output {
	OUTPUT_DEFAULT,
	OUTPUT_HUMAN,
	OUTPUT_JSON,
	OUTPUT_PICTURE,
};

/**
 * struct options - what the command line asked for
 * @given: the options, as bits
 * @log: how much to tell
 * @operands: what is no option, the verb first
 * @nr_operands: their number
 * @image: how to find and check the disk's image
 * @replayed: what was replayed of OPT_REPLAY
 * @patch_uses: what of OPT_PATCH several disks have had use for
 * @name: of OPT_NAME
 * @resume: of OPT_RESUME or OPT_STATE
 * @since: of OPT_SINCE
 * @is_thick: OPT_SPARSE wants zeros written
 * @output: of OPT_OUTPUT or OPT_JSON
 * @json: it is OUTPUT_JSON
 * @sector_size: of OPT_SECTOR_SIZE, in bytes
 * @luns: of OPT_LUN, each
 * @nr_luns: their number
 * @datastores: what is on them, once luns_open() has looked
 * @is_checked: the verb sees to it itself that nothing has changed there
 * @partition: of OPT_PARTITION
 * @volume: of OPT_VOLUME
 * @allow: of OPT_ALLOW, FILESYSTEM_... or-ed
 * @overlay: of OPT_OVERLAY and OPT_OVERLAY_SIZE
 * @tab: of OPT_TAB
 * @units: of OPT_UNITS
 */
struct options {
	u64 given;
	struct log log;
	char **operands;
	int nr_operands;
	struct image_options image;
	struct replayed replayed;
	struct patch_uses patch_uses;
	const char *name;
	const char *resume;
	const char *since;
	bool is_thick;
	enum output output;
	bool json;
	unsigned int sector_size;
	const char **luns;
	size_t nr_luns;
	struct datastores *datastores;
	bool is_checked;
	unsigned int partition;
	const char *volume;
	unsigned int allow;
	struct overlay_options overlay;
	const char *tab;
	const char *units;
};

int options_parse(int argc, char **argv, struct options *options);
int options_check(const struct options *options, u64 allowed);
void options_print(u64 which);
void options_free(struct options *options);

#endif /* SESPARSE_CLI_OPTIONS_H */
