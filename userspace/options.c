// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "options.h"

static const struct option_name {
	const char *name;
	char letter; /* or 0 */
	enum option_bit option;
	int argument;
} option_names[] = {
	{ "help", 'h', OPT_HELP, no_argument },
	{ "version", 'V', OPT_VERSION, no_argument },
	{ "debug", 0, OPT_DEBUG, no_argument },
	{ "salvage", 0, OPT_SALVAGE, no_argument },
	{ "ignore-dirty", 0, OPT_IGNORE_DIRTY, no_argument },
	{ "ignore-cid", 0, OPT_IGNORE_CID, no_argument },
	{ "extent", 0, OPT_EXTENT, required_argument },
	{ "dry-run", 0, OPT_DRY_RUN, no_argument },
	{ "concise", 0, OPT_CONCISE, no_argument },
	{ "name", 0, OPT_NAME, required_argument },
	{ "scan", 0, OPT_SCAN, no_argument },
	{ "files", 0, OPT_FILES, no_argument },
	{ "deferred", 0, OPT_DEFERRED, no_argument },
	{ "output", 0, OPT_OUTPUT, required_argument },
};

#define NR_OPTIONS ARRAY_SIZE(option_names)

/* FILE=DEV: a device has no '=' in its name as often as a file has. */
static int add_stand_in(struct options *o, char *pair)
{
	char *equals = strrchr(pair, '=');
	struct stand_in *s;

	if (!equals || equals == pair || !equals[1])
		return fail(EXIT_USAGE, "--extent %s: expected FILE=DEV", pair);
	s = reallocarray(o->stand_ins, o->nr_stand_ins + 1, sizeof(*s));
	if (!s)
		return fail_memory();
	o->stand_ins = s;
	*equals = '\0';
	s[o->nr_stand_ins++] = (struct stand_in){
		.file = pair,
		.device = equals + 1,
	};
	return 0;
}

static int set_output(struct options *o, const char *format)
{
	o->json = !strcmp(format, "json");
	if (o->json || !strcmp(format, "human"))
		return 0;
	return fail(EXIT_USAGE, "--output %s: expected human or json", format);
}

static int take(struct options *o, const struct option_name *name)
{
	o->given |= name->option;
	if (name->option == OPT_EXTENT)
		return add_stand_in(o, optarg);
	if (name->option == OPT_OUTPUT)
		return set_output(o, optarg);
	if (name->option == OPT_NAME)
		o->name = optarg;
	if (name->option == OPT_DEBUG)
		o->log.debug = true;
	return 0;
}

static const struct option_name *find_letter(int letter)
{
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (option_names[i].letter == letter)
			break;
	return &option_names[i];
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
	int letter, index, r = 0;
	size_t i;

	memset(options, 0, sizeof(*options));
	for (i = 0; i < NR_OPTIONS; i++) {
		table[i].name = option_names[i].name;
		table[i].has_arg = option_names[i].argument;
	}
	while (!r) {
		letter = getopt_long(argc, argv, "hV", table, &index);
		if (letter < 0)
			break;
		if (letter == '?')
			r = fail(EXIT_USAGE, "see sesparsesetup --help");
		else
			r = take(options, letter ? find_letter(letter) :
					  &option_names[index]);
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
				    "--%s means nothing to %s, see sesparsesetup --help",
				    option_names[i].name,
				    options->operands[0]);
	return 0;
}

/**
 * options_free() - free what options_parse() made
 * @options: it
 */
void options_free(struct options *options)
{
	size_t i;

	for (i = 0; i < options->nr_stand_ins; i++)
		free(options->stand_ins[i].path);
	free(options->stand_ins);
}
