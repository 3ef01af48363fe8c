// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "vmdk/extent-sources.h"

/**
 * struct option_name - an option
 * @name: its name, without the dashes
 * @letter: its short name, or 0
 * @option: its bit
 * @argument: what its argument is called; NULL: it has none
 * @help: what it does, for --help
 */
static const struct option_name {
	const char *name;
	char letter;
	enum option_bit option;
	const char *argument;
	const char *help;
} option_names[] = {
	{ "extent", 0, OPT_EXTENT, "FILE=OTHER",
	  "the file or block device OTHER holds the extent FILE" },
	{ "parent", 0, OPT_PARENT, "FILE[:START]",
	  "the next parent that is missing; raw: the base" },
	{ "map-root", 0, OPT_MAP_ROOT, "FROM=TO",
	  "the descriptors' folder FROM is TO here" },
	{ "ignore-cid", 0, OPT_IGNORE_CID, NULL,
	  "go on where a parent's CID or capacity differs" },
	{ "ignore-dirty", 0, OPT_IGNORE_DIRTY, NULL,
	  "take an extent that was not closed cleanly" },
	{ "salvage", 0, OPT_SALVAGE, NULL,
	  "go on where something is corrupt or cannot be read" },
	{ "scan", 0, OPT_SCAN, NULL,
	  "let udev look into the device, and LVM and md use it" },
	{ "overlay", 0, OPT_OVERLAY, "FILE|ram:SIZE",
	  "make it writable: the writes are kept there" },
	{ "overlay-size", 0, OPT_OVERLAY_SIZE, "SIZE",
	  "how large a FILE to make for them, not the disk's size" },
	{ "partitions", 0, OPT_PARTITIONS, NULL,
	  "make devices of the partitions, too: NAME1, NAME2, ..." },
	{ "sector-size", 0, OPT_SECTOR_SIZE, "512|4096",
	  "bytes of the device's sectors: the guest's, if not 512" },
	{ "deferred", 0, OPT_DEFERRED, NULL,
	  "if it is in use, close it as soon as it is not" },
	{ "concise", 0, OPT_CONCISE, NULL,
	  "the whole stack, for dmsetup create --concise" },
	{ "name", 0, OPT_NAME, "NAME",
	  "its name there, by default the descriptor's" },
	{ "dry-run", 0, OPT_DRY_RUN, NULL,
	  "print extent files where devices should be" },
	{ "files", 0, OPT_FILES, NULL,
	  "print only where the extents are, a line each" },
	{ "force", 0, OPT_FORCE, NULL,
	  "overwrite what holds a filesystem, or a file with data" },
	{ "resume", 0, OPT_RESUME, "FILE",
	  "keep in FILE how far it got, and go on from there" },
	{ "verify", 0, OPT_VERIFY, NULL,
	  "read the target back and compare it" },
	{ "sparse", 0, OPT_SPARSE, "auto|never",
	  "auto: no room for zeros (the default); never: write them" },
	{ "progress", 0, OPT_PROGRESS, NULL,
	  "show how far it is though stderr is no terminal" },
	{ "output", 0, OPT_OUTPUT, "human|json",
	  "print it for people (the default) or programs" },
	{ "debug", 0, OPT_DEBUG, NULL, "tell every step" },
	{ "help", 'h', OPT_HELP, NULL, "this, or a verb's own help after it" },
	{ "version", 'V', OPT_VERSION, NULL, "the version" },
};

#define NR_OPTIONS ARRAY_SIZE(option_names)

/* What getopt_long() calls the first of them: no letter. */
#define FIRST_VALUE 256

/* FILE=OTHER: a device has no '=' in its name as often as a file has. */
static int add_stand_in(struct image_options *image, char *pair)
{
	char *equals = strrchr(pair, '=');
	struct stand_in *s;

	if (!equals || equals == pair || !equals[1])
		return fail(EXIT_USAGE, "--extent %s: expected FILE=OTHER", pair);
	s = reallocarray(image->stand_ins, image->nr_stand_ins + 1, sizeof(*s));
	if (!s)
		return fail_memory();
	image->stand_ins = s;
	*equals = '\0';
	s[image->nr_stand_ins++] = (struct stand_in){
		.file = pair,
		.device = equals + 1,
	};
	return 0;
}

static int add_root(struct roots *roots, char *pair)
{
	char *equals = strrchr(pair, '=');
	struct root *list;

	if (*pair != '/' || !equals || !equals[1])
		return fail(EXIT_USAGE,
			    "--map-root %s: expected FROM=TO, where FROM begins with a /",
			    pair);
	list = reallocarray(roots->list, roots->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	roots->list = list;
	*equals = '\0';
	list[roots->nr++] = (struct root){ .from = pair, .to = equals + 1 };
	return 0;
}

static int add_parent(struct image_options *image, char *text)
{
	struct parent *list;

	list = reallocarray(image->parents, image->nr_parents + 1,
			    sizeof(*list));
	if (!list)
		return fail_memory();
	image->parents = list;
	return parent_parse(text, &list[image->nr_parents++]);
}

static int set_output(struct options *o, const char *format)
{
	o->json = !strcmp(format, "json");
	if (o->json || !strcmp(format, "human"))
		return 0;
	return fail(EXIT_USAGE, "--output %s: expected human or json", format);
}

static int set_sparse(struct options *o, const char *when)
{
	o->is_thick = !strcmp(when, "never");
	if (o->is_thick || !strcmp(when, "auto"))
		return 0;
	return fail(EXIT_USAGE, "--sparse %s: expected auto or never", when);
}

static int set_sector_size(struct options *o, const char *size)
{
	if (!strcmp(size, "512"))
		o->sector_size = 512;
	else if (!strcmp(size, "4096"))
		o->sector_size = 4096;
	else
		return fail(EXIT_USAGE,
			    "--sector-size %s: expected 512 or 4096", size);
	return 0;
}

static int take(struct options *o, const struct option_name *name)
{
	o->given |= name->option;
	switch (name->option) {
	case OPT_EXTENT:
		return add_stand_in(&o->image, optarg);
	case OPT_PARENT:
		return add_parent(&o->image, optarg);
	case OPT_MAP_ROOT:
		return add_root(&o->image.roots, optarg);
	case OPT_OUTPUT:
		return set_output(o, optarg);
	case OPT_SPARSE:
		return set_sparse(o, optarg);
	case OPT_SECTOR_SIZE:
		return set_sector_size(o, optarg);
	case OPT_OVERLAY:
		return overlay_parse(optarg, &o->overlay);
	case OPT_OVERLAY_SIZE:
		return overlay_parse_size(optarg, &o->overlay.bytes);
	case OPT_IGNORE_CID:
		o->image.ignore_cid = true;
		return 0;
	case OPT_IGNORE_DIRTY:
		o->image.ignore_dirty = true;
		return 0;
	case OPT_SALVAGE:
		o->image.care = CHAIN_SALVAGE;
		return 0;
	case OPT_NAME:
		o->name = optarg;
		return 0;
	case OPT_RESUME:
		o->resume = optarg;
		return 0;
	case OPT_DEBUG:
		o->log.debug = true;
		return 0;
	default:
		return 0;
	}
}

/* Return: the option that getopt_long() calls @value. */
static const struct option_name *find_option(int value)
{
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (option_names[i].letter == value)
			return &option_names[i];
	return &option_names[value - FIRST_VALUE];
}

/* getopt_long() itself would take a line more, and print @word as it is. */
static int fail_option(int kind, const char *word)
{
	const char letter[] = { '-', (char)optopt, '\0' };

	if (kind == ':')
		return fail(EXIT_USAGE,
			    "%s: its argument is missing, see sesparsesetup --help",
			    word);
	if (optopt >= FIRST_VALUE)
		return fail(EXIT_USAGE,
			    "%s: found an argument, expected --%s without, see sesparsesetup --help",
			    word, find_option(optopt)->name);
	return fail(EXIT_USAGE,
		    "%s: is no option, or the beginning of several, see sesparsesetup --help",
		    optopt ? letter : word);
}

/**
 * options_parse() - take the command line apart
 * @argc: main()'s
 * @argv: main()'s
 * @options: filled in, for options_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int options_parse(int argc, char **argv, struct options *options)
{
	struct option table[NR_OPTIONS + 1] = { 0 };
	int value, r = 0;
	size_t i;

	memset(options, 0, sizeof(*options));
	for (i = 0; i < NR_OPTIONS; i++) {
		table[i].name = option_names[i].name;
		table[i].has_arg = option_names[i].argument ?
				   required_argument : no_argument;
		table[i].val = FIRST_VALUE + (int)i;
	}
	while (!r) {
		value = getopt_long(argc, argv, ":hV", table, NULL);
		if (value < 0)
			break;
		if (value == '?' || value == ':')
			r = fail_option(value, argv[optind - 1]);
		else
			r = take(options, find_option(value));
	}
	options->operands = argv + optind;
	options->nr_operands = argc - optind;
	return r;
}

/**
 * options_check() - refuse options that a verb does not take
 * @options: the command line
 * @allowed: those that it takes
 *
 * Return: 0, or an exit code after a message.
 */
int options_check(const struct options *options, unsigned int allowed)
{
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (options->given & ~allowed & option_names[i].option)
			return fail(EXIT_USAGE,
				    "--%s means nothing to %s, see sesparsesetup %s --help",
				    option_names[i].name,
				    options->operands[0],
				    options->operands[0]);
	return 0;
}

/* "-n, --name NAME", in @size bytes. */
static void print_option(const struct option_name *name, char *text,
			 size_t size)
{
	const char letter[] = { '-', name->letter, ',', ' ', '\0' };

	snprintf(text, size, "%s--%s%s%s", name->letter ? letter : "",
		 name->name, name->argument ? " " : "",
		 name->argument ? name->argument : "");
}

/**
 * options_print() - print what options do, a line each
 * @which: the options, as bits
 */
void options_print(unsigned int which)
{
	char text[64];
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++) {
		if (!(which & option_names[i].option))
			continue;
		print_option(&option_names[i], text, sizeof(text));
		printf("  %-23s %s\n", text, option_names[i].help);
	}
}

/**
 * options_free() - free what options_parse() made
 * @options: it
 */
void options_free(struct options *options)
{
	size_t i;

	for (i = 0; i < options->image.nr_stand_ins; i++)
		free(options->image.stand_ins[i].path);
	free(options->image.stand_ins);
	roots_free(&options->image.roots);
	free(options->image.parents);
}
