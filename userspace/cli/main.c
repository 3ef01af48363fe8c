// SPDX-License-Identifier: GPL-2.0-only
/*
 * sesparsesetup - a VMware seSparse snapshot as a read-only block device
 */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/verbs.h"
#include "dm-sesparse/portable.h"
#include "util/message.h"

#define OPTS_ALWAYS (OPT_HELP | OPT_VERSION | OPT_DEBUG)
/* What says where the parts of a chain are. */
#define OPTS_PLACES (OPT_EXTENT | OPT_PARENT | OPT_MAP_ROOT)
/* And what to make of them. */
#define OPTS_CHAIN \
	(OPTS_PLACES | OPT_SALVAGE | OPT_IGNORE_DIRTY | OPT_IGNORE_CID)

/**
 * struct verb - something that the tool does
 * @name: its name
 * @operands: what follows it, a word each; one that may be left out in brackets
 * @run: does it, and returns what to exit with
 * @allowed: the options that it takes, besides OPTS_ALWAYS
 * @help: what it does
 */
static const struct verb {
	const char *name;
	const char *operands;
	int (*run)(struct options *options);
	unsigned int allowed;
	const char *help;
} verbs[] = {
	{ "open", "DESCRIPTOR NAME", cmd_open,
	  OPTS_CHAIN | OPT_SCAN | OPT_SECTOR_SIZE | OPT_PARTITIONS |
	  OPT_OVERLAY | OPT_OVERLAY_SIZE,
	  "make a chain the block device /dev/mapper/NAME" },
	{ "close", "NAME", cmd_close, OPT_DEFERRED,
	  "take down what open made" },
	{ "status", "[NAME]", cmd_status, OPT_OUTPUT,
	  "tell what a device, or each of ours, is made of" },
	{ "table", "DESCRIPTOR", cmd_table,
	  OPTS_CHAIN | OPT_DRY_RUN | OPT_CONCISE | OPT_NAME | OPT_FILES |
		  OPT_OUTPUT,
	  "print the table that dmsetup create takes" },
	{ "check", "DESCRIPTOR", cmd_check, OPTS_PLACES | OPT_OUTPUT,
	  "compare all of a chain's structures with each other" },
	{ "info", "DESCRIPTOR", cmd_info, OPTS_PLACES | OPT_OUTPUT,
	  "tell what a chain is made of" },
	{ "map", "DESCRIPTOR", cmd_map, OPTS_CHAIN | OPT_OUTPUT,
	  "show where a disk's data are" },
	{ "dump", "DESCRIPTOR|EXTENT", cmd_dump,
	  OPTS_PLACES | OPT_OUTPUT,
	  "print all header fields of the seSparse extents" },
	{ "restore", "DESCRIPTOR TARGET", cmd_restore,
	  OPTS_CHAIN | OPT_FORCE | OPT_RESUME | OPT_VERIFY | OPT_PROGRESS |
	  OPT_OUTPUT | OPT_SPARSE,
	  "write a disk to a file or block device" },
};

/* What the operands of the verbs are. */
static const struct operand {
	const char *name;
	const char *help;
} operands[] = {
	{ "DESCRIPTOR", "the small .vmdk file of a snapshot, or its extent" },
	{ "EXTENT", "a seSparse extent, a file or a block device" },
	{ "NAME", "of the block device, /dev/mapper/NAME" },
	{ "TARGET", "the file, or block device, that becomes the disk" },
};

static void print_help(void)
{
	const struct verb *verb;
	char text[64];

	puts("Usage: sesparsesetup VERB [OPTION]...\n\nVerbs:");
	for (verb = verbs; verb < verbs + ARRAY_SIZE(verbs); verb++) {
		snprintf(text, sizeof(text), "%s %s", verb->name,
			 verb->operands);
		printf("  %-27s %s\n", text, verb->help);
	}
	puts("\n'sesparsesetup VERB --help' tells a verb's options.  Those of all:");
	options_print(OPTS_ALWAYS);
	puts("\nExit codes: 1 bad arguments, 2 no permission, 3 out of memory,\n"
	     "4 wrong device or file, 5 exists or busy.");
}

static void print_help_of(const struct verb *verb)
{
	size_t i;

	printf("Usage: sesparsesetup %s [OPTION]... %s\n\n%c%s.\n\n",
	       verb->name, verb->operands, verb->help[0] - 'a' + 'A',
	       verb->help + 1);
	for (i = 0; i < ARRAY_SIZE(operands); i++)
		if (strstr(verb->operands, operands[i].name))
			printf("  %-23s %s\n", operands[i].name,
			       operands[i].help);
	puts("\nOptions:");
	options_print(verb->allowed | OPTS_ALWAYS);
}

static int find_verb(const struct options *options, const struct verb **verb)
{
	if (!options->nr_operands)
		return fail(EXIT_USAGE, "no verb, see sesparsesetup --help");
	for (*verb = verbs; *verb < verbs + ARRAY_SIZE(verbs); ++*verb)
		if (!strcmp((*verb)->name, options->operands[0]))
			return 0;
	return fail(EXIT_USAGE, "\"%s\" is no verb, see sesparsesetup --help",
		    options->operands[0]);
}

static int check_operands(const struct verb *verb, const struct options *o)
{
	int most = 1, optional = 0, nr = o->nr_operands - 1, i;
	const char *c;

	for (c = verb->operands; *c; c++) {
		most += *c == ' ';
		optional += *c == '[';
	}
	if (nr < most - optional || nr > most)
		return fail(EXIT_USAGE,
			    "%s: found %d arguments, expected %s, see sesparsesetup %s --help",
			    verb->name, nr, verb->operands, verb->name);
	for (i = 1; i <= nr; i++)
		if (!*o->operands[i])
			return fail(EXIT_USAGE,
				    "%s: argument %d is empty, expected %s",
				    verb->name, i, verb->operands);
	return 0;
}

static int run(struct options *options)
{
	const struct verb *verb;
	int r;

	if (options->given & OPT_VERSION) {
		puts("sesparsesetup " VERSION);
		return 0;
	}
	if (options->given & OPT_HELP && !options->nr_operands) {
		print_help();
		return 0;
	}
	r = find_verb(options, &verb);
	if (!r && options->given & OPT_HELP) {
		print_help_of(verb);
		return 0;
	}
	if (!r)
		r = check_operands(verb, options);
	if (!r)
		r = options_check(options, verb->allowed | OPTS_ALWAYS);
	return r ? r : verb->run(options);
}

/*
 * A file that is opened in the place of a stream that was closed would get what
 * is printed there.  Nothing can be written to, or read from, what this opens.
 */
static int fill_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return fail(EXIT_DEVICE, "/dev/null: cannot open: %m");
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	int r;

	r = fill_streams();
	if (r)
		return r;
	setlocale(LC_ALL, "");
	r = options_parse(argc, argv, &options);
	if (!r)
		r = run(&options);
	if (!r && (fflush(stdout) || ferror(stdout)))
		r = fail(EXIT_DEVICE, "cannot write the output: %m");
	options_free(&options);
	return r;
}
