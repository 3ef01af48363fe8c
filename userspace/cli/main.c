// SPDX-License-Identifier: GPL-2.0-only
/*
 * sesparsesetup - a VMware seSparse snapshot as a read-only block device
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/luns.h"
#include "cli/near-miss.h"
#include "cli/options.h"
#include "cli/tab-lines.h"
#include "cli/verbs.h"
#include "dm-sesparse/portable.h"
#include "util/human.h"
#include "util/message.h"

#define OPTS_ALWAYS \
	(OPT_HELP | OPT_VERSION | OPT_QUIET | OPT_VERBOSE | OPT_DEBUG)
#define OPTS_OUTPUT (OPT_OUTPUT | OPT_JSON)

/**
 * struct verb - something that the tool does
 * @name: its name
 * @operands: what follows it, a word each; one that may be left out in brackets,
 *            one that there may be more of with dots behind it
 * @run: does it, and returns what to exit with
 * @allowed: the options that it takes, besides OPTS_ALWAYS
 * @help: what it does
 * @usage: what to exit with for bad arguments, if not EXIT_USAGE
 * @more: what else its help says, or NULL
 */
static const struct verb {
	const char *name;
	const char *operands;
	int (*run)(struct options *options);
	u64 allowed;
	const char *help;
	int usage;
	const char *more;
} verbs[] = {
	{ "open", "DESCRIPTOR NAME", cmd_open,
	  OPTS_OPENING | OPT_SCAN | OPT_PARTITIONS | OPT_OVERLAY |
	  OPT_OVERLAY_SIZE,
	  "make a chain the block device /dev/mapper/NAME", 0, NULL },
	{ "close", "NAME", cmd_close, OPT_DEFERRED,
	  "take down what open made", 0, NULL },
	{ "start", "NAME", cmd_start, OPT_TAB,
	  "open what " TAB_DEFAULT " has under NAME", 0, NULL },
	{ "tab", "[NAME]", cmd_tab, OPT_TAB | OPT_UNITS,
	  "check " TAB_DEFAULT " and tell what it opens", 0, NULL },
	{ "status", "[NAME]", cmd_status, OPTS_OUTPUT,
	  "tell what a device, or each of ours, is made of", 0, NULL },
	{ "mount", "NAME|DESCRIPTOR DIR", cmd_mount,
	  OPTS_OPENING | OPT_NAME | OPT_PARTITION | OPT_VOLUME | OPT_ALLOW,
	  "mount a file system of a disk, read-only", 0, NULL },
	{ "umount", "DIR", cmd_umount, 0,
	  "unmount it, and close a disk that mount opened", 0, NULL },
	{ "table", "DESCRIPTOR", cmd_table,
	  OPTS_CHAIN | OPT_DRY_RUN | OPT_CONCISE | OPT_NAME | OPT_FILES |
	  OPTS_OUTPUT,
	  "print the table that dmsetup create takes", 0, NULL },
	{ "check", "DESCRIPTOR", cmd_check,
	  OPTS_PLACES | OPTS_REPLAY | OPT_PATCH | OPTS_OUTPUT | OPT_PROGRESS,
	  "compare all structures of a chain with each other",
	  EXIT_CHECK_USAGE,
	  "Exit codes, as qemu-img check's: 0 clean, 1 the check could not be done,\n"
	  "2 something is corrupt, 3 there are leaks and nothing else, 63 not a chain of\n"
	  "seSparse extents; and 64 bad arguments." },
	{ "info", "DESCRIPTOR", cmd_info,
	  OPTS_PLACES | OPTS_REPLAY | OPT_PATCH | OPTS_OUTPUT | OPT_PROGRESS,
	  "tell what a chain is made of", 0, NULL },
	{ "map", "DESCRIPTOR", cmd_map,
	  OPTS_CHAIN | OPTS_OUTPUT | OPT_PICTURE | OPT_PROGRESS,
	  "show where a disk's data are", 0, NULL },
	{ "diff", "OLD NEW", cmd_diff,
	  OPTS_CHAIN | OPTS_OUTPUT | OPT_PICTURE | OPT_PROGRESS | OPT_SUMMARY,
	  "show what changed between two snapshots", 0, NULL },
	{ "hash", "DESCRIPTOR", cmd_hash,
	  OPTS_CHAIN | OPTS_OUTPUT | OPT_PROGRESS,
	  "print the SHA-256 of a disk's bytes", 0, NULL },
	{ "compare", "A B", cmd_compare,
	  OPTS_CHAIN | OPTS_OUTPUT | OPT_PROGRESS,
	  "tell whether two disks have the same bytes",
	  EXIT_CHECK_USAGE,
	  "Exit codes: 0 they have, 1 they differ, 64 bad arguments, else it could not be\n"
	  "told." },
	{ "dump", "DESCRIPTOR|EXTENT", cmd_dump,
	  OPTS_PLACES | OPTS_REPLAY | OPT_PATCH | OPTS_OUTPUT,
	  "print all header fields of the seSparse extents", 0, NULL },
	{ "restore", "DESCRIPTOR TARGET", cmd_restore,
	  OPTS_CHAIN | OPT_FORCE | OPT_RESUME | OPT_VERIFY | OPT_PROGRESS |
	  OPTS_OUTPUT | OPT_SPARSE | OPT_SINCE | OPT_STATE,
	  "write a disk to a file or block device", 0, NULL },
	{ "recover", "DESCRIPTOR RESULT", cmd_recover,
	  OPTS_PLACES | OPTS_OUTPUT | OPT_DESCRIPTOR,
	  "save what is left of a damaged image", 0,
	  "Nothing is written into the image: with --patch, other verbs read it with the\n"
	  "patch." },
	{ "list", "[FOLDER]", cmd_list, OPT_LUN | OPT_LIVE | OPTS_OUTPUT,
	  "tell VMs, their disks and those' files", 0, NULL },
	{ "ls", "[PATH]", cmd_ls,
	  OPT_LUN | OPT_LIVE | OPT_LONG | OPTS_OUTPUT,
	  "list the datastores on LUNs, or what is in one", 0, NULL },
	{ "cp", "SOURCE... DEST", cmd_cp,
	  OPT_LUN | OPT_LIVE | OPT_RECURSIVE | OPT_FORCE | OPT_PROGRESS,
	  "copy files out of a datastore", 0, NULL },
	{ "help", "[VERB]", NULL, 0, "tell how the tool, or a verb, is used",
	  0, NULL },
};

/* What people call it who know other tools. */
static const struct synonym {
	const char *name;
	const char *verb;
} synonyms[] = {
	{ "attach", "open" },	 { "create", "open" },
	{ "detach", "close" },	 { "remove", "close" },
	{ "unmount", "umount" }, { "convert", "restore" },
	{ "copy", "cp" },	 { "dd", "restore" },
	{ "export", "restore" }, { "fsck", "check" },
	{ "verify", "check" },	 { "show", "info" },
	{ "header", "dump" },	 { "dir", "ls" },
	{ "vms", "list" },	 { "delta", "diff" },
	{ "changed", "diff" },	 { "sha256sum", "hash" },
	{ "checksum", "hash" },	 { "repair", "recover" },	 { "cmp", "compare" },
};

/* What the operands of the verbs are. */
static const struct operand {
	const char *name;
	const char *help;
} operands[] = {
	{ "DESCRIPTOR", "a disk's small .vmdk file, an extent, or a VM's .vmx" },
	{ "OLD", "a link of NEW's chain: its descriptor, or an extent" },
	{ "NEW", "a disk's small .vmdk file, an extent, or a VM's .vmx" },
	{ "A B", "each a descriptor, an extent, a .vmx, or raw bytes" },
	{ "EXTENT", "a seSparse extent, a file or a block device" },
	{ "NAME", "of the block device, /dev/mapper/NAME" },
	{ "DIR", "the folder where it is mounted" },
	{ "TARGET", "the file, or block device, that becomes the disk" },
	{ "RESULT", "the patch, or descriptor, that is made" },
	{ "FOLDER", "a folder that VMs are in, at any depth" },
	{ "PATH", "a file or folder of a datastore" },
	{ "SOURCE", "a file or folder of a datastore" },
	{ "DEST", "a folder of this machine, or the copy's name" },
	{ "VERB", "one of those that sesparsesetup --help lists" },
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
	puts("\n'sesparsesetup help VERB' tells a verb's options.  Those of all:");
	options_print(OPTS_ALWAYS);
	puts("\nExit codes: 1 bad arguments, 2 no permission, 3 out of memory,\n"
	     "4 wrong device or file, 5 exists or busy; check and compare have their own.");
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
	if (verb->more)
		printf("\n%s\n", verb->more);
}

/* Return: the verb that @name is, or NULL. */
static const struct verb *find_verb(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb < verbs + ARRAY_SIZE(verbs); verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

static int fail_verb(const char *name)
{
	struct near_miss search = { .typed = name };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		near_miss_try(&search, verbs[i].name);
	for (i = 0; i < ARRAY_SIZE(synonyms); i++)
		if (!strcmp(synonyms[i].name, name))
			search.best = synonyms[i].verb;
	if (search.best)
		return fail(EXIT_USAGE,
			    "\"%s\" is no verb, did you mean \"%s\"? See sesparsesetup --help",
			    name, search.best);
	return fail(EXIT_USAGE, "\"%s\" is no verb, see sesparsesetup --help",
		    name);
}

/* "help", "help VERB", and --help with a verb or without; NULL: of all. */
static int help(const char *name)
{
	const struct verb *verb = name ? find_verb(name) : NULL;

	if (name && !verb)
		return fail_verb(name);
	if (verb)
		print_help_of(verb);
	else
		print_help();
	return 0;
}

/* Is the operand of that number, from 1 on, the name of no file? */
static bool is_bare_name(const struct verb *verb, int nr)
{
	const char *word = verb->operands;

	for (; nr > 1 && strchr(word, ' '); nr--)
		word = strchr(word, ' ') + 1;
	word += *word == '[';
	return !strncmp(word, "NAME", 4) || !strncmp(word, "VERB", 4);
}

/* Elsewhere "-" is a stream; a file of that name is hardly ever meant. */
static int fail_stream(const struct verb *verb, int nr)
{
	if (verb->run == cmd_restore && nr == 2)
		return fail(EXIT_USAGE,
			    "restore: TARGET is \"-\", expected a file or block device: a disk is written to stdout by nbdkit -U - sesparse DESCRIPTOR --run 'nbdcopy \"$uri\" -' (./- is a file of that name)");
	return fail(EXIT_USAGE,
		    "%s: argument %d is \"-\", expected a name: nothing is read from stdin or copied to stdout (./- is a file of that name)",
		    verb->name, nr);
}

static int check_operands(const struct verb *verb, const struct options *o)
{
	int most = 1, optional = 0, nr = o->nr_operands - 1, i;
	const bool is_list = strstr(verb->operands, "...");
	const char *c;

	for (c = verb->operands; *c; c++) {
		most += *c == ' ';
		optional += *c == '[';
	}
	if (nr < most - optional || (nr > most && !is_list))
		return fail(EXIT_USAGE,
			    "%s: found %d arguments, expected %s, see sesparsesetup %s --help",
			    verb->name, nr, verb->operands, verb->name);
	for (i = 1; i <= nr; i++) {
		if (!*o->operands[i])
			return fail(EXIT_USAGE,
				    "%s: argument %d is empty, expected %s",
				    verb->name, i, verb->operands);
		if (!strcmp(o->operands[i], "-") && !is_bare_name(verb, i))
			return fail_stream(verb, i);
	}
	return 0;
}

static int check(const struct verb *verb, const struct options *options)
{
	int r;

	r = check_operands(verb, options);
	return r ? r : options_check(options, verb->allowed | OPTS_ALWAYS);
}

static int run(const struct verb *verb, struct options *options)
{
	int r;

	r = check(verb, options);
	if (!r && options->nr_luns)
		r = luns_open(options);
	if (r)
		return verb->usage ? verb->usage : r;
	if (!verb->run)
		return help(options->operands[1]);
	r = verb->run(options);
	if (r || options->is_checked)
		return r;
	r = image_check_unchanged(&options->image);
	return r && verb->usage ? EXIT_USAGE : r;
}

/* Whoever asks for help gets it, whatever else he says. */
static int parse_and_run(int argc, char **argv, struct options *options)
{
	const struct verb *verb = NULL;
	int r;

	r = options_parse(argc, argv, options);
	if (options->nr_operands)
		verb = find_verb(options->operands[0]);
	if (r)
		return r == EXIT_USAGE && verb && verb->usage ? verb->usage : r;
	if (options->given & OPT_VERSION) {
		puts("sesparsesetup " VERSION);
		return 0;
	}
	if (options->given & OPT_HELP)
		return help(options->operands[0]);
	if (!options->nr_operands)
		return fail(EXIT_USAGE, "no verb, see sesparsesetup --help");
	return verb ? run(verb, options) : fail_verb(options->operands[0]);
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

/**
 * command_run() - do what a command line says
 * @argc: as main()'s
 * @argv: as main()'s; is changed
 *
 * Return: what to exit with.
 */
int command_run(int argc, char **argv)
{
	struct options options;
	int r;

	r = parse_and_run(argc, argv, &options);
	if (!r)
		r = human_flush();
	/* Of a datastore's files, too. */
	replayed_drop(&options.replayed, 0);
	luns_close(&options);
	options_free(&options);
	return r;
}

/**
 * command_check() - only see whether there is such a command line
 * @argc: as main()'s
 * @argv: as main()'s, with a verb; is changed
 *
 * Return: 0, or an exit code after a message.
 */
int command_check(int argc, char **argv)
{
	struct options options;
	int r;

	r = options_parse(argc, argv, &options);
	if (!r)
		r = check(find_verb(options.operands[0]), &options);
	options_free(&options);
	return r;
}

int main(int argc, char **argv)
{
	int r;

	r = fill_streams();
	if (r)
		return r;
	/* A file that may not become as large is an error that write() tells. */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return fail(exit_code_of(errno), "signals: %m");
	setlocale(LC_ALL, "");
	return command_run(argc, argv);
}
