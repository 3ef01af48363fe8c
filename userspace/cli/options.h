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

/* A bit each, so that a verb can say which it takes. */
enum option_bit {
	OPT_HELP = 1 << 0,
	OPT_VERSION = 1 << 1,
	OPT_DEBUG = 1 << 2,
	OPT_SALVAGE = 1 << 3,
	OPT_IGNORE_DIRTY = 1 << 4,
	OPT_IGNORE_CID = 1 << 5,
	OPT_EXTENT = 1 << 6,
	OPT_DRY_RUN = 1 << 7,
	OPT_CONCISE = 1 << 8,
	OPT_NAME = 1 << 9,
	OPT_SCAN = 1 << 10,
	OPT_DEFERRED = 1 << 11,
	OPT_FILES = 1 << 12,
	OPT_OUTPUT = 1 << 13,
	OPT_SECTOR_SIZE = 1 << 14,
	OPT_PARENT = 1 << 15,
	OPT_MAP_ROOT = 1 << 16,
	OPT_FORCE = 1 << 17,
	OPT_VERIFY = 1 << 18,
	OPT_RESUME = 1 << 19,
	OPT_PROGRESS = 1 << 20,
	OPT_PARTITIONS = 1 << 21,
	OPT_OVERLAY = 1 << 22,
	OPT_OVERLAY_SIZE = 1 << 23,
	OPT_QUIET = 1 << 24,
	OPT_VERBOSE = 1 << 25,
	OPT_JSON = 1 << 26,
	OPT_PICTURE = 1 << 27, /* a value of OPT_OUTPUT, no option by itself */
	OPT_SPARSE = 1 << 28,
};

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
 * @name: of OPT_NAME
 * @resume: of OPT_RESUME
 * @is_thick: OPT_SPARSE wants zeros written
 * @output: of OPT_OUTPUT or OPT_JSON
 * @json: it is OUTPUT_JSON
 * @sector_size: of OPT_SECTOR_SIZE, in bytes
 * @overlay: of OPT_OVERLAY and OPT_OVERLAY_SIZE
 */
struct options {
	unsigned int given;
	struct log log;
	char **operands;
	int nr_operands;
	struct image_options image;
	const char *name;
	const char *resume;
	bool is_thick;
	enum output output;
	bool json;
	unsigned int sector_size;
	struct overlay_options overlay;
};

int options_parse(int argc, char **argv, struct options *options);
int options_check(const struct options *options, unsigned int allowed);
void options_print(unsigned int which);
void options_free(struct options *options);

#endif /* SESPARSE_CLI_OPTIONS_H */
