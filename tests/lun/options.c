// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads mkvmfs's command line.
 */
#include <getopt.h>
#include <stdio.h>

#include "../gen/parse.h"
#include "../gen/report.h"
#include "bytes.h"
#include "options.h"

#define PE_UNIT (256ULL << 20)

enum {
	OPT_VMFS = 256,
	OPT_SPEC,
	OPT_ADD,
	OPT_SIZE,
	OPT_LABEL,
	OPT_UUID,
	OPT_LVM_UUID,
	OPT_PARTITION,
	OPT_SECTOR,
	OPT_LUNS,
	OPT_PE_SIZE,
	OPT_SHUFFLE_PES,
	OPT_ALIGNMENT,
	OPT_SBC_GROUPS,
	OPT_FDC_GROUPS,
	OPT_SKIP_FILES,
	OPT_SKIP_SUB_BLOCKS,
	OPT_SEED,
	OPT_HEARTBEATS,
	OPT_SNAPSHOT,
	OPT_SNAP_ID,
	OPT_HASH_WHOLE,
	OPT_MAP,
};

static const struct option long_options[] = {
	{ "vmfs", required_argument, NULL, OPT_VMFS },
	{ "spec", required_argument, NULL, OPT_SPEC },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "uuid", required_argument, NULL, OPT_UUID },
	{ "lvm-uuid", required_argument, NULL, OPT_LVM_UUID },
	{ "partition", required_argument, NULL, OPT_PARTITION },
	{ "sector", required_argument, NULL, OPT_SECTOR },
	{ "luns", required_argument, NULL, OPT_LUNS },
	{ "pe-size", required_argument, NULL, OPT_PE_SIZE },
	{ "shuffle-pes", no_argument, NULL, OPT_SHUFFLE_PES },
	{ "alignment", required_argument, NULL, OPT_ALIGNMENT },
	{ "sbc-groups", required_argument, NULL, OPT_SBC_GROUPS },
	{ "fdc-groups", required_argument, NULL, OPT_FDC_GROUPS },
	{ "skip-files", required_argument, NULL, OPT_SKIP_FILES },
	{ "skip-sub-blocks", required_argument, NULL, OPT_SKIP_SUB_BLOCKS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "heartbeats", required_argument, NULL, OPT_HEARTBEATS },
	{ "snapshot", no_argument, NULL, OPT_SNAPSHOT },
	{ "snap-id", required_argument, NULL, OPT_SNAP_ID },
	{ "hash-whole", required_argument, NULL, OPT_HASH_WHOLE },
	{ "map", no_argument, NULL, OPT_MAP },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

/**
 * lun_uuid_text() - a UUID as VMware prints it
 * @uuid: the UUID
 * @text: set to what it looks like
 */
void lun_uuid_text(const struct lun_uuid *uuid, char text[36])
{
	const u8 *b = uuid->bytes;

	sprintf(text, "%02x%02x%02x%02x-%02x%02x%02x%02x-%02x%02x-"
		"%02x%02x%02x%02x%02x%02x", b[3], b[2], b[1], b[0], b[7], b[6],
		b[5], b[4], b[9], b[8], b[10], b[11], b[12], b[13], b[14],
		b[15]);
}

/**
 * lun_uuid_parse() - read a UUID as VMware prints it
 * @text: what it looks like
 * @uuid: set to the UUID
 *
 * Return: 0, or -1 after a report.
 */
int lun_uuid_parse(const char *text, struct lun_uuid *uuid)
{
	unsigned int a, b, c, d[6], i;
	int end = 0;

	if (sscanf(text, "%8x-%8x-%4x-%2x%2x%2x%2x%2x%2x%n", &a, &b, &c, d,
		   d + 1, d + 2, d + 3, d + 4, d + 5, &end) != 9 ||
	    end != 35 || text[end])
		return report("'%s' is not a UUID like 5f1d2c3b-4a596877-8695-a4b3c2d1e0ff",
			      text);
	put32(uuid->bytes, a);
	put32(uuid->bytes + 4, b);
	put16(uuid->bytes + 8, c);
	for (i = 0; i < 6; i++)
		uuid->bytes[10 + i] = (u8)d[i];
	return 0;
}

static int parse_version(const char *text, unsigned int *version)
{
	if (parse_uint(text, NULL, 3, 6, version))
		return -1;
	return *version == 4 ? report("there is no VMFS4") : 0;
}

static int parse_partition(const char *text, enum lun_partition *partition)
{
	static const char *const names[] = {
		"none", "gpt", "gpt-swapped-guid", "mbr"
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			*partition = i;
			return 0;
		}
	}
	return report("--partition: '%s' is not none, gpt, gpt-swapped-guid or mbr",
		      text);
}

static int add_line(struct lun_options *o, const char *line)
{
	const char **more = reallocarray(o->lines, o->nr_lines + 1,
					 sizeof(*more));

	if (!more)
		return report("out of memory");
	o->lines = more;
	o->lines[o->nr_lines++] = line;
	return 0;
}

static int parse_option(struct lun_options *o, int c, const char *text)
{
	switch (c) {
	case OPT_VMFS:
		return parse_version(text, &o->version);
	case OPT_SPEC:
		o->spec = text;
		return 0;
	case OPT_ADD:
		return add_line(o, text);
	case OPT_SIZE:
		return parse_size(text, NULL, &o->size);
	case OPT_LABEL:
		o->label = text;
		return 0;
	case OPT_UUID:
		return lun_uuid_parse(text, &o->uuid);
	case OPT_LVM_UUID:
		return lun_uuid_parse(text, &o->lvm_uuid);
	case OPT_PARTITION:
		return parse_partition(text, &o->partition);
	case OPT_SECTOR:
		return parse_uint(text, NULL, 512, 4096, &o->sector);
	case OPT_LUNS:
		return parse_uint(text, NULL, 1, LUN_MAX_IMAGES, &o->images);
	case OPT_PE_SIZE:
		return parse_size(text, NULL, &o->pe_size);
	case OPT_SHUFFLE_PES:
		o->shuffle_pes = true;
		return 0;
	case OPT_ALIGNMENT:
		return parse_uint(text, NULL, 4096, 65536, &o->md);
	case OPT_SBC_GROUPS:
		return parse_uint(text, NULL, 1, 1024, &o->sbc_groups);
	case OPT_FDC_GROUPS:
		return parse_uint(text, NULL, 1, 1024, &o->fdc_groups);
	case OPT_SKIP_FILES:
		return parse_uint(text, NULL, 0, 1 << 23, &o->skip_files);
	case OPT_SKIP_SUB_BLOCKS:
		return parse_uint(text, NULL, 0, 1 << 23,
				  &o->skip_sub_blocks);
	case OPT_SEED:
		return parse_number(text, NULL, &o->seed);
	case OPT_HEARTBEATS:
		return parse_uint(text, NULL, 0, 1024, &o->heartbeats);
	case OPT_SNAPSHOT:
		o->snapshot = true;
		return 0;
	case OPT_SNAP_ID:
		return parse_uint(text, NULL, 0, UINT32_MAX, &o->snap_id);
	case OPT_HASH_WHOLE:
		return parse_size(text, NULL, &o->hash_whole);
	case OPT_MAP:
		o->map = true;
		return 0;
	case 'h':
		return LUN_OPTIONS_HELP;
	}
	fputs("Try 'mkvmfs --help'.\n", stderr);
	return -1;
}

static int check_options(const struct lun_options *o)
{
	if (o->sector != 512 && o->sector != 4096)
		return report("--sector: sectors are of 512 or 4096 bytes");
	if (o->md & (o->md - 1))
		return report("--alignment: %u is not a power of two", o->md);
	if (strlen(o->label) >= 128)
		return report("--label: longer than 127 bytes");
	if (o->size % PE_UNIT || o->pe_size % PE_UNIT)
		return report("--size, --pe-size: not in units of 256 MiB");
	return 0;
}

static const struct lun_options defaults = {
	.version = 6,
	.label = "datastore1",
	.sector = 512,
	.images = 1,
	.md = 4096,
	.seed = 1,
	.snap_id = 1,
	.hash_whole = 256ULL << 20,
};

/**
 * lun_options_parse() - read the command line
 * @o: set to what it says; lun_options_free() is due in any case
 * @argc: how many words
 * @argv: the words
 *
 * Return: 0, LUN_OPTIONS_HELP, or -1 after a report.
 */
int lun_options_parse(struct lun_options *o, int argc, char **argv)
{
	int c, ret;

	*o = defaults;
	lun_uuid_parse("5f1d2c3b-4a596877-8695-a4b3c2d1e0ff", &o->uuid);
	lun_uuid_parse("5f1d2c3a-11223344-5566-a4b3c2d1e0ff", &o->lvm_uuid);
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		ret = parse_option(o, c, optarg);
		if (ret)
			return ret;
	}
	if (optind + 1 != argc)
		return report("one DIR/NAME is expected; try 'mkvmfs --help'");
	o->prefix = argv[optind];
	if (!o->sbc_groups)
		o->sbc_groups = o->version == 6 ? 3 : 1;
	if (!o->fdc_groups)
		o->fdc_groups = 1;
	return check_options(o);
}

/**
 * lun_options_free() - forget what was said
 * @o: it
 */
void lun_options_free(struct lun_options *o)
{
	free(o->lines);
}
