// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/near-miss.h"
#include "cli/options.h"
#include "cli/tab-lines.h"
#include "host/contents.h"
#include "host/filesystem.h"
#include "vmdk/image-options.h"

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
	u64 option;
	const char *argument;
	const char *help;
} option_names[] = {
	{ "extent", 0, OPT_EXTENT, "FILE=OTHER",
	  "the file or block device OTHER holds the extent FILE" },
	{ "parent", 0, OPT_PARENT, "FILE[:START]",
	  "the next parent that is missing; raw: the base" },
	{ "map-root", 0, OPT_MAP_ROOT, "FROM=TO",
	  "the descriptors' folder FROM is TO here" },
	{ "lun", 0, OPT_LUN, "DEVICE",
	  "files are in the VMFS datastore there (repeatable)" },
	{ "live", 0, OPT_LIVE, NULL,
	  "take what a host has open for writing as it is now" },
	{ "long", 'l', OPT_LONG, NULL,
	  "sizes, times and who has it open, too" },
	{ "recursive", 'r', OPT_RECURSIVE, NULL,
	  "folders, too, with all that is in them" },
	{ "ignore-cid", 0, OPT_IGNORE_CID, NULL,
	  "go on where a parent's CID, capacity or format differs" },
	{ "ignore-dirty", 0, OPT_IGNORE_DIRTY, NULL,
	  "take an extent that was not closed cleanly" },
	{ "replay", 0, OPT_REPLAY, NULL,
	  "replay its journal in memory (experimental)" },
	{ "leave-out-newest", 0, OPT_LEAVE_OUT_NEWEST, NULL,
	  "but for a newest record that does not fit" },
	{ "patch", 0, OPT_PATCH, "FILE",
	  "read the metadata with what recover has put in FILE" },
	{ "descriptor", 0, OPT_DESCRIPTOR, NULL,
	  "write a descriptor for an extent that has none" },
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
	{ "partition", 0, OPT_PARTITION, "N",
	  "the file system of this partition" },
	{ "volume", 0, OPT_VOLUME, "VG/LV",
	  "the file system of this logical volume of the guest's" },
	{ "allow", 0, OPT_ALLOW, "LIST",
	  "of exec and symfollow: what else it may do" },
	{ "sector-size", 0, OPT_SECTOR_SIZE, "512|4096",
	  "bytes of the device's sectors: the guest's, if not 512" },
	{ "deferred", 0, OPT_DEFERRED, NULL,
	  "if it is in use, close it as soon as it is not" },
	{ "concise", 0, OPT_CONCISE, NULL,
	  "the whole stack, for dmsetup create --concise" },
	{ "name", 0, OPT_NAME, "NAME",
	  "the device's name, by default the descriptor's" },
	{ "dry-run", 0, OPT_DRY_RUN, NULL,
	  "print extent files where devices should be" },
	{ "files", 0, OPT_FILES, NULL,
	  "print only where the extents are, a line each" },
	{ "force", 'f', OPT_FORCE, NULL,
	  "overwrite what holds a filesystem, or a file with data" },
	{ "resume", 0, OPT_RESUME, "FILE",
	  "keep in FILE how far it got, and go on from there" },
	{ "since", 0, OPT_SINCE, "OLD",
	  "the target holds OLD: write only what changed" },
	{ "state", 0, OPT_STATE, "FILE",
	  "as --resume, but it stays, and tells what is there" },
	{ "tab", 0, OPT_TAB, "FILE",
	  "the table, if not " TAB_DEFAULT },
	{ "units", 0, OPT_UNITS, "FOLDER",
	  "write there what systemd is to do about it" },
	{ "verify", 0, OPT_VERIFY, NULL,
	  "read the target back and compare it" },
	{ "sparse", 0, OPT_SPARSE, "auto|never",
	  "never: write zeros, too; auto (the default): holes" },
	{ "summary", 0, OPT_SUMMARY, NULL,
	  "only how much it is, no ranges" },
	{ "progress", 0, OPT_PROGRESS, NULL,
	  "show how far it is though stderr is no terminal" },
	{ "output", 'o', OPT_OUTPUT, "human|json",
	  "print it for people or for programs" },
	{ "json", 0, OPT_JSON, NULL, "the same as --output json" },
	{ "quiet", 'q', OPT_QUIET, NULL,
	  "say only what is asked for, or wrong" },
	{ "verbose", 'v', OPT_VERBOSE, NULL, "tell the steps" },
	{ "debug", 0, OPT_DEBUG, NULL, "tell everything, libdevmapper's too" },
	{ "help", 'h', OPT_HELP, NULL, "this, or a verb's own help after it" },
	{ "version", 'V', OPT_VERSION, NULL, "the version" },
};

#define NR_OPTIONS ARRAY_SIZE(option_names)

static int add_lun(struct options *o, const char *device)
{
	const char **luns = reallocarray(o->luns, o->nr_luns + 1, sizeof(*luns));

	if (!luns)
		return fail_memory();
	o->luns = luns;
	luns[o->nr_luns++] = device;
	return *device ? 0 : fail(EXIT_USAGE, "--lun: expected a device");
}

static int set_output(struct options *o, const char *format)
{
	static const char *const formats[] = {
		[OUTPUT_HUMAN] = "human",
		[OUTPUT_JSON] = "json",
		[OUTPUT_PICTURE] = "picture",
	};
	struct near_miss search = { .typed = format };
	enum output output;

	for (output = OUTPUT_HUMAN; output <= OUTPUT_PICTURE; output++) {
		near_miss_try(&search, formats[output]);
		if (strcmp(format, formats[output]))
			continue;
		if (o->output && o->output != output)
			return fail(EXIT_USAGE,
				    "--output %s: found %s before, expected one of them",
				    format, formats[o->output]);
		o->output = output;
		o->json = output == OUTPUT_JSON;
		return 0;
	}
	return fail(EXIT_USAGE,
		    "--output %s: expected human or json, or picture of map and diff%s%s%s",
		    format, search.best ? " (did you mean " : "",
		    search.best ? search.best : "", search.best ? "?)" : "");
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

static int set_partition(struct options *o, const char *number)
{
	const size_t length = strlen(number);

	if (length && length < 4 && strspn(number, "0123456789") == length)
		o->partition = (unsigned int)strtoul(number, NULL, 10);
	if (o->partition >= 1 && o->partition <= MAX_PARTITION)
		return 0;
	return fail(EXIT_USAGE, "--partition %s: expected 1 to %d", number,
		    MAX_PARTITION);
}

static int set_volume(struct options *o, const char *volume)
{
	const char *slash = strchr(volume, '/');

	o->volume = volume;
	if (slash && slash > volume && slash[1] && !strchr(slash + 1, '/'))
		return 0;
	return fail(EXIT_USAGE,
		    "--volume %s: expected the names of a volume group and of a logical volume, with a / between",
		    volume);
}

/* Of an option that has a value, or it had not been taken. */
static int set_file(const struct option_name *name, const char **file,
		    const char *value)
{
	*file = value;
	return *value ? 0 : fail(EXIT_USAGE, "--%s: expected a file's name",
				 name->name);
}

static int take_flag(struct options *o, const struct option_name *name)
{
	o->given |= name->option;
	switch (name->option) {
	case OPT_LIVE:
		o->image.live = true;
		return 0;
	case OPT_JSON:
		return set_output(o, "json");
	case OPT_IGNORE_CID:
		o->image.ignore_cid = true;
		return 0;
	case OPT_IGNORE_DIRTY:
		o->image.ignore_dirty = true;
		return 0;
	case OPT_REPLAY:
		o->image.replay = true;
		o->image.replayed = &o->replayed;
		return 0;
	case OPT_LEAVE_OUT_NEWEST:
		o->image.leave_out_newest = true;
		return 0;
	case OPT_SALVAGE:
		o->image.care = CHAIN_SALVAGE;
		return 0;
	case OPT_QUIET:
		o->log.quiet = true;
		return 0;
	case OPT_VERBOSE:
		o->log.verbose = true;
		return 0;
	case OPT_DEBUG:
		o->log.debug = true;
		return 0;
	default:
		return 0;
	}
}

static int take_argument(struct options *o, const struct option_name *name,
			 char *value)
{
	o->given |= name->option;
	switch (name->option) {
	case OPT_EXTENT:
		return image_options_extent(&o->image, value);
	case OPT_PARENT:
		return image_options_parent(&o->image, value);
	case OPT_MAP_ROOT:
		return image_options_map_root(&o->image, value);
	case OPT_LUN:
		return add_lun(o, value);
	case OPT_OUTPUT:
		return set_output(o, value);
	case OPT_SPARSE:
		return set_sparse(o, value);
	case OPT_SECTOR_SIZE:
		return set_sector_size(o, value);
	case OPT_OVERLAY:
		return overlay_parse(value, &o->overlay);
	case OPT_OVERLAY_SIZE:
		return overlay_parse_size(value, &o->overlay.bytes);
	case OPT_PARTITION:
		o->partition = 0;
		return set_partition(o, value);
	case OPT_VOLUME:
		return set_volume(o, value);
	case OPT_ALLOW:
		return filesystem_parse_allow(value, &o->allow);
	case OPT_NAME:
		o->name = value;
		return 0;
	case OPT_PATCH:
		o->image.patch_uses = &o->patch_uses;
		return set_file(name, &o->image.patch, value);
	case OPT_RESUME:
	case OPT_STATE:
		return set_file(name, &o->resume, value);
	case OPT_SINCE:
		return set_file(name, &o->since, value);
	case OPT_TAB:
		return set_file(name, &o->tab, value);
	case OPT_UNITS:
		return set_file(name, &o->units, value);
	default:
		return 0;
	}
}

/* Return: the option of a name of @length characters, or NULL. */
static const struct option_name *find_name(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (strlen(option_names[i].name) == length &&
		    !strncmp(option_names[i].name, name, length))
			return &option_names[i];
	return NULL;
}

/* Return: the option of a letter, or NULL. */
static const struct option_name *find_letter(char letter)
{
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (letter && option_names[i].letter == letter)
			return &option_names[i];
	return NULL;
}

/* A letter that was meant for a word counts as one of its beginning. */
static int fail_unknown(const char *word, const char *typed)
{
	struct near_miss search = { .typed = typed };
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		near_miss_try(&search, option_names[i].name);
	if (search.best)
		return fail(EXIT_USAGE,
			    "%s: is no option, did you mean --%s? See sesparsesetup --help",
			    word, search.best);
	return fail(EXIT_USAGE, "%s: is no option, see sesparsesetup --help",
		    word);
}

/**
 * struct words - a command line being taken apart
 * @argv: main()'s: what is left of it
 * @options: what it says
 */
struct words {
	char **argv;
	struct options *options;
};

/* Those whose values are files', or devices', names, or end in one behind a "=". */
#define OPTS_FILE \
	(OPT_PARENT | OPT_LUN | OPT_OVERLAY | OPT_RESUME | OPT_SINCE | OPT_STATE)
#define OPTS_TO_FILE (OPT_EXTENT | OPT_MAP_ROOT)

static int check_no_stream(const struct option_name *name, const char *value)
{
	const char *last = strrchr(value, '=');

	if (!(name->option & OPTS_FILE && !strcmp(value, "-")) &&
	    !(name->option & OPTS_TO_FILE && last && !strcmp(last, "=-")))
		return 0;
	return fail(EXIT_USAGE,
		    "--%s: \"-\" found, expected a name: nothing is read from stdin or written to stdout (./- is a file of that name)",
		    name->name);
}

/* An option that takes a value gets @value, or else the next word. */
static int take_value(struct words *w, const struct option_name *name,
		      char *value, const char *word)
{
	int r;

	if (!name->argument)
		return take_flag(w->options, name);
	if (!value)
		value = *w->argv ? *w->argv++ : NULL;
	if (!value)
		return fail(EXIT_USAGE,
			    "%s: its argument is missing, expected %s, see sesparsesetup --help",
			    word, name->argument);
	r = check_no_stream(name, value);
	return r ? r : take_argument(w->options, name, value);
}

/* --name, --name=value or --name value. */
static int take_long(struct words *w, char *word)
{
	char *const name = word + 2, *const equals = strchr(name, '=');
	const size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_name *option = find_name(name, length);

	if (!option) {
		if (equals)
			*equals = '\0';
		return fail_unknown(word, name);
	}
	if (equals && !option->argument)
		return fail(EXIT_USAGE,
			    "%s: found an argument, expected --%s without, see sesparsesetup --help",
			    word, option->name);
	return take_value(w, option, equals ? equals + 1 : NULL, word);
}

/* -a, -abc, -avalue or -a value. */
static int take_letters(struct words *w, char *word)
{
	const struct option_name *option;
	char *c;
	int r = 0;

	/* A whole name was hardly meant as letters. */
	if (find_name(word + 1, strlen(word + 1)))
		return fail_unknown(word, word + 1);
	for (c = word + 1; *c && !r; c++) {
		option = find_letter(*c);
		if (!option)
			return fail_unknown(word, word + 1);
		if (option->argument)
			return take_value(w, option, c[1] ? c + 1 : NULL, word);
		r = take_flag(w->options, option);
	}
	return r;
}

/* Options stand anywhere, up to "--"; "-" is none. */
static int take_words(struct words *w)
{
	struct options *o = w->options;
	bool ended = false;
	char *word;
	int r = 0;

	while (*w->argv && !r) {
		word = *w->argv++;
		if (ended || *word != '-' || !word[1])
			o->operands[o->nr_operands++] = word;
		else if (!strcmp(word, "--"))
			ended = true;
		else
			r = word[1] == '-' ? take_long(w, word) :
					     take_letters(w, word);
	}
	return r;
}

/* Of a command line that is wrong, the verb is of use all the same. */
static void find_verb(const struct words *w)
{
	struct options *o = w->options;
	char **word;

	for (word = w->argv; *word && !o->nr_operands; word++)
		if (**word != '-')
			o->operands[o->nr_operands++] = *word;
}

/**
 * options_parse() - take the command line apart
 * @argc: main()'s
 * @argv: main()'s
 * @options: filled in, for options_free(), on failure too, with the verb then if
 *           there is one
 *
 * Long options are not to be abbreviated: what is short for one today would be
 * for several tomorrow.
 *
 * Return: 0, or an exit code after a message.
 */
int options_parse(int argc, char **argv, struct options *options)
{
	struct words words = { .argv = argv + !!argc, .options = options };
	int r;

	memset(options, 0, sizeof(*options));
	options->operands = calloc((size_t)argc + 1, sizeof(char *));
	if (!options->operands)
		return fail_memory();
	r = take_words(&words);
	if (r)
		find_verb(&words);
	return r;
}

/**
 * options_check() - refuse options that a verb does not take
 * @options: the command line
 * @allowed: those that it takes
 *
 * Return: 0, or an exit code after a message.
 */
int options_check(const struct options *options, u64 allowed)
{
	const char *verb = options->operands[0];
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (options->given & ~allowed & option_names[i].option)
			return fail(EXIT_USAGE,
				    "--%s means nothing to %s, see sesparsesetup %s --help",
				    option_names[i].name, verb, verb);
	if (options->output == OUTPUT_PICTURE && !(allowed & OPT_PICTURE))
		return fail(EXIT_USAGE,
			    "--output picture: %s has none, expected human or json",
			    verb);
	return image_options_check(&options->image);
}

/* "-n, --name NAME", in @size bytes. */
static void print_option(const struct option_name *name, u64 which,
			 char *text, size_t size)
{
	const char letter[] = { '-', name->letter, ',', ' ', '\0' };

	snprintf(text, size, "%s--%s%s%s%s", name->letter ? letter : "",
		 name->name, name->argument ? " " : "",
		 name->argument ? name->argument : "",
		 name->option == OPT_OUTPUT && which & OPT_PICTURE ?
		 "|picture" : "");
}

/**
 * options_print() - print what options do, a line each
 * @which: the options, as bits
 */
void options_print(u64 which)
{
	char text[64];
	size_t i;

	for (i = 0; i < NR_OPTIONS; i++) {
		if (!(which & option_names[i].option))
			continue;
		print_option(&option_names[i], which, text, sizeof(text));
		printf("  %-23s %s\n", text, option_names[i].help);
	}
}

/**
 * options_free() - free what options_parse() made
 * @options: it
 */
void options_free(struct options *options)
{
	image_options_free(&options->image);
	patch_uses_free(&options->patch_uses);
	free(options->luns);
	free(options->operands);
}
