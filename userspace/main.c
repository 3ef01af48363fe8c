// SPDX-License-Identifier: GPL-2.0-only
/*
 * sesparsesetup - a VMware seSparse snapshot as a read-only block device
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "dm-sesparse/portable.h"
#include "message.h"
#include "options.h"

#define OPTS_ALWAYS (OPT_HELP | OPT_VERSION | OPT_DEBUG)
#define OPTS_CHAIN (OPT_SALVAGE | OPT_IGNORE_DIRTY | OPT_IGNORE_CID | OPT_EXTENT)

static const struct verb {
	const char *name;
	int (*run)(struct options *options);
	int nr_operands;
	unsigned int allowed;
	const char *usage;
} verbs[] = {
	{ "open", cmd_open, 2, OPTS_CHAIN | OPT_SCAN,
	  "open DESCRIPTOR NAME [OPTION]..." },
	{ "close", cmd_close, 1, OPT_DEFERRED, "close NAME [--deferred]" },
	{ "status", cmd_status, 1, 0, "status NAME" },
	{ "table", cmd_table, 1,
	  OPTS_CHAIN | OPT_DRY_RUN | OPT_CONCISE | OPT_NAME | OPT_FILES,
	  "table DESCRIPTOR [OPTION]..." },
};

static void print_help(void)
{
	size_t i;

	puts("Usage:");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  sesparsesetup %s\n", verbs[i].usage);
	fputs("\n"
	      "DESCRIPTOR is the small .vmdk file of a seSparse snapshot.\n"
	      "\n"
	      "NAME is that of the read-only block device, /dev/mapper/NAME.\n"
	      "\n"
	      "Options of open and table:\n"
	      "  --extent FILE=DEV  the block device DEV holds the extent FILE\n"
	      "  --ignore-cid       go on where a parent's CID or capacity differs\n"
	      "  --ignore-dirty     take an extent that was not closed cleanly\n"
	      "  --salvage          turn corrupt entries into I/O errors\n"
	      "Options of open:\n"
	      "  --scan             let udev look into the device, and LVM and md use it\n"
	      "Options of close:\n"
	      "  --deferred         if it is in use, close it as soon as it is not\n"
	      "Options of table:\n"
	      "  --concise          the whole stack, for dmsetup create --concise\n"
	      "  --name NAME        its name there, by default the descriptor's\n"
	      "  --dry-run          print extent files where devices should be\n"
	      "  --files            print only where the extents are, a line each\n"
	      "Options of all:\n"
	      "  --debug            tell every step\n"
	      "  -h, --help         this\n"
	      "  -V, --version      the version\n"
	      "\n"
	      "Exit codes: 1 bad arguments, 2 no permission, 3 out of memory,\n"
	      "4 wrong device or file, 5 exists or busy.\n", stdout);
}

static int run(struct options *options)
{
	const struct verb *verb;
	int r;

	if (!options->nr_operands)
		return fail(EXIT_USAGE, "no verb, see sesparsesetup --help");
	for (verb = verbs; verb < verbs + ARRAY_SIZE(verbs); verb++)
		if (!strcmp(verb->name, options->operands[0]))
			break;
	if (verb == verbs + ARRAY_SIZE(verbs))
		return fail(EXIT_USAGE,
			    "\"%s\" is no verb, see sesparsesetup --help",
			    options->operands[0]);
	if (options->nr_operands != 1 + verb->nr_operands)
		return fail(EXIT_USAGE,
			    "%s: found %d arguments, expected %d: sesparsesetup %s",
			    verb->name, options->nr_operands - 1,
			    verb->nr_operands, verb->usage);
	r = options_check(options, verb->allowed | OPTS_ALWAYS);
	return r ? r : verb->run(options);
}

int main(int argc, char **argv)
{
	struct options options;
	int r;

	setlocale(LC_ALL, "");
	r = options_parse(argc, argv, &options);
	if (r)
		goto out;
	if (options.given & OPT_HELP)
		print_help();
	else if (options.given & OPT_VERSION)
		puts("sesparsesetup " VERSION);
	else
		r = run(&options);
	if (!r && (fflush(stdout) || ferror(stdout)))
		r = fail(EXIT_DEVICE, "cannot write the output: %m");
out:
	options_free(&options);
	return r;
}
