// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line is NAME DESCRIPTOR [OPTIONS], with blanks between, and none in them: \040
 * is one, as any byte may be a backslash with three octal digits.  OPTIONS are
 * those of open, without the dashes, with commas between.
 *
 * A line that is not sound does not keep the others from being used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/tab-lines.h"
#include "device/name.h"
#include "dm-sesparse/portable.h"
#include "source/file.h"
#include "util/message.h"

#define BLANKS " \t\r\n"

/* Longer ones than that are no options and no names. */
#define MAX_LINE 65536

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Put bytes in the place of their \ooo. */
static int decode(const struct tab *tab, const struct tab_line *line,
		  char *text)
{
	char *from, *to = text;
	int byte;

	for (from = text; *from; from++, to++) {
		*to = *from;
		if (*from != '\\')
			continue;
		byte = 0;
		if (is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3]))
			byte = (from[1] - '0') << 6 | (from[2] - '0') << 3 |
			       (from[3] - '0');
		if (!byte || byte > 255)
			return fail(EXIT_DEVICE,
				    "%s:%u: found \"%.4s\", expected a backslash with three octal digits, \\001 to \\377 (\\134 is a backslash)",
				    tab->path, line->number, from);
		*to = (char)byte;
		from += 3;
	}
	*to = '\0';
	return 0;
}

/* Return: the option of open that @word is, to be freed, or NULL: see @r. */
static char *make_arg(const struct tab *tab, const struct tab_line *line,
		      const char *word, int *r)
{
	char *arg = NULL;

	*r = 0;
	if (*word < 'a' || *word > 'z')
		*r = fail(EXIT_DEVICE,
			  "%s:%u: found the option \"%s\", expected one of open's, without dashes",
			  tab->path, line->number, word);
	else if (!strcmp(word, "help") || !strcmp(word, "version"))
		*r = fail(EXIT_DEVICE,
			  "%s:%u: found the option \"%s\", which opens nothing",
			  tab->path, line->number, word);
	else if (asprintf(&arg, "--%s", word) < 0)
		*r = fail_memory();
	return *r ? NULL : arg;
}

static int add_option(const struct tab *tab, struct tab_line *line, char *word)
{
	char **args;
	int r;

	if (!strcmp(word, "noauto"))
		line->noauto = true;
	else if (!strcmp(word, "nofail"))
		line->nofail = true;
	if (!strcmp(word, "noauto") || !strcmp(word, "nofail"))
		return 0;
	r = decode(tab, line, word);
	if (r)
		return r;
	args = reallocarray(line->args, line->nr_args + 1, sizeof(*args));
	if (!args)
		return fail_memory();
	line->args = args;
	args[line->nr_args] = make_arg(tab, line, word, &r);
	line->nr_args += !r;
	return r;
}

/* Commas are looked for before \054 becomes one. */
static int add_options(const struct tab *tab, struct tab_line *line,
		       char *options)
{
	char *word;
	int r = 0;

	if (!options || !strcmp(options, "-"))
		return 0;
	while (!r && (word = strsep(&options, ",")))
		r = add_option(tab, line, word);
	return r;
}

static int check_name(const struct tab *tab, const struct tab_line *line)
{
	struct names names;
	size_t i;

	if (names_make(line->name, 0, &names))
		return fail(EXIT_DEVICE, "%s:%u: no device can be made of this",
			    tab->path, line->number);
	for (i = 0; i < tab->nr; i++)
		if (!strcmp(tab->lines[i].name, line->name))
			return fail(EXIT_DEVICE,
				    "%s:%u: found %s, as in line %u, expected a name of its own",
				    tab->path, line->number, line->name,
				    tab->lines[i].number);
	return 0;
}

/* Its devices would have other names than the line, which is what is closed. */
static bool is_vm(const char *descriptor)
{
	const char *dot = strrchr(descriptor, '.');

	return dot && !strcasecmp(dot, ".vmx");
}

static int parse(const struct tab *tab, struct tab_line *line)
{
	char *rest = line->text, *fields[4], *field;
	size_t nr = 0;
	int r;

	while (nr < ARRAY_SIZE(fields) && (field = strtok_r(rest, BLANKS, &rest)))
		fields[nr++] = field;
	if (nr < 2 || nr > 3)
		return fail(EXIT_DEVICE,
			    "%s:%u: found %s%zu words, expected NAME DESCRIPTOR [OPTIONS] (\\040 is a blank in one)",
			    tab->path, line->number, nr > 3 ? "at least " : "",
			    nr);
	line->name = fields[0];
	line->descriptor = fields[1];
	r = decode(tab, line, fields[0]);
	if (!r)
		r = decode(tab, line, fields[1]);
	if (!r)
		r = check_name(tab, line);
	if (!r && *line->descriptor != '/' && *line->descriptor != '[')
		r = fail(EXIT_DEVICE,
			 "%s:%u: found the descriptor \"%s\", expected one from the root, /..., or of a datastore, [...]",
			 tab->path, line->number, line->descriptor);
	if (!r && is_vm(line->descriptor))
		r = fail(EXIT_DEVICE,
			 "%s:%u: found a VM, %s, expected one of its disks, each in a line of its own",
			 tab->path, line->number, line->descriptor);
	return r ? r : add_options(tab, line, nr > 2 ? fields[2] : NULL);
}

static void line_free(struct tab_line *line)
{
	size_t i;

	for (i = 0; i < line->nr_args; i++)
		free(line->args[i]);
	free(line->args);
	free(line->text);
}

/* Return: 0, or EXIT_MEMORY; of what is wrong with a line, @tab->bad tells. */
static int add_line(struct tab *tab, unsigned int number, const char *text)
{
	struct tab_line line = { .number = number }, *lines;
	int r;

	text += strspn(text, BLANKS);
	if (!*text || *text == '#')
		return 0;
	lines = reallocarray(tab->lines, tab->nr + 1, sizeof(*lines));
	if (lines)
		tab->lines = lines;
	line.text = strdup(text);
	if (!lines || !line.text) {
		free(line.text);
		return fail_memory();
	}
	r = parse(tab, &line);
	if (!r) {
		lines[tab->nr++] = line;
		return 0;
	}
	line_free(&line);
	if (!tab->bad)
		tab->bad = r;
	return r == EXIT_MEMORY ? r : 0;
}

/**
 * struct text_line - a line as it is read
 * @text: what of it there is room for, ended by a NUL
 * @length: its bytes, with the one that ends it
 * @has_nul: one of them is a NUL
 */
struct text_line {
	char text[MAX_LINE + 1];
	unsigned long long length;
	bool has_nul;
};

/* However long it is.  Return: false at the end of the file, or on an error. */
static bool read_line(FILE *f, struct text_line *line)
{
	int c = 0;

	line->length = 0;
	line->has_nul = false;
	while (c != '\n' && (c = getc_unlocked(f)) != EOF) {
		if (line->length < MAX_LINE)
			line->text[line->length] = (char)c;
		line->length++;
		line->has_nul |= !c;
	}
	line->text[min_t(unsigned long long, line->length, MAX_LINE)] = '\0';
	return line->length;
}

static int read_lines(struct tab *tab, FILE *f, struct text_line *line)
{
	unsigned int number = 0;
	int r = 0;

	while (!r && read_line(f, line)) {
		number++;
		if (line->length > MAX_LINE || line->has_nul)
			tab->bad = fail(EXIT_DEVICE,
					"%s:%u: found %llu bytes%s, expected text of at most %d",
					tab->path, number, line->length,
					line->has_nul ? " with a NUL" : "",
					MAX_LINE);
		else
			r = add_line(tab, number, line->text);
	}
	if (!r && ferror(f))
		r = fail(EXIT_DEVICE, "%s:%u: cannot read: %m", tab->path,
			 number + 1);
	return r;
}

static int read_file(struct tab *tab, int fd)
{
	struct text_line *line = malloc(sizeof(*line));
	FILE *f = fdopen(fd, "r");
	int r;

	if (line && f)
		r = read_lines(tab, f, line);
	else
		r = fail_memory();
	free(line);
	if (f)
		fclose(f);
	else
		close(fd);
	return r;
}

/**
 * tab_read() - read a table
 * @path: the file; used as long as @tab is
 * @tab: filled in, for tab_free(), on failure too
 *
 * Of a line that is not sound a message tells, and @tab->bad.
 *
 * Return: 0, or an exit code after a message.
 */
int tab_read(const char *path, struct tab *tab)
{
	struct stat st;
	int fd, r;

	memset(tab, 0, sizeof(*tab));
	tab->path = path;
	r = file_open(path, &fd, &st);
	return r ? r : read_file(tab, fd);
}

/* The words besides the line's options, and a NULL. */
#define MORE_ARGS 9

/* Return: word @i of the command line, NULL for one that is left out. */
static const char *word_of(const struct tab_line *line, const struct log *log,
			   size_t i)
{
	const char *const first[] = {
		"sesparsesetup",
		"open",
		log->quiet ? "--quiet" : NULL,
		log->verbose ? "--verbose" : NULL,
		log->debug ? "--debug" : NULL,
	};
	const char *const last[] = { "--", line->descriptor, line->name };

	_Static_assert(ARRAY_SIZE(first) + ARRAY_SIZE(last) + 1 == MORE_ARGS,
		       "room for all");
	if (i < ARRAY_SIZE(first))
		return first[i];
	i -= ARRAY_SIZE(first);
	return i < line->nr_args ? line->args[i] : last[i - line->nr_args];
}

/*
 * Each option by itself: one that lacks its argument would have the next for it.
 * Taking options apart changes them.
 */
static int check_args(const struct tab_line *line)
{
	struct options options;
	char *words[3] = { NULL };
	size_t i;
	int r = 0;

	for (i = 0; i < line->nr_args && !r; i++) {
		words[1] = strdup(line->args[i]);
		if (!words[1])
			return fail_memory();
		r = options_parse(2, words, &options);
		options_free(&options);
		free(words[1]);
	}
	return r;
}

/**
 * tab_run() - hand a line on as the command line that it stands for
 * @tab: the table
 * @line: one of its lines
 * @log: how much that is to tell
 * @use: called with that, as main() is
 *
 * Return: what @use returned, after which a message tells which line it was if that
 * is not 0, or an exit code after a message.
 */
int tab_run(const struct tab *tab, const struct tab_line *line,
	    const struct log *log, int (*use)(int argc, char **argv))
{
	char **args = calloc(line->nr_args + MORE_ARGS, sizeof(*args)), **words;
	int argc = 0, r = check_args(line);
	size_t i;

	words = calloc(line->nr_args + MORE_ARGS, sizeof(*words));
	if (!r && (!args || !words))
		r = fail_memory();
	for (i = 0; !r && i < line->nr_args + MORE_ARGS - 1; i++) {
		const char *word = word_of(line, log, i);

		if (!word)
			continue;
		args[argc] = strdup(word);
		words[argc] = args[argc];
		r = args[argc++] ? 0 : fail_memory();
	}
	if (!r)
		r = use(argc, words);
	for (i = 0; args && args[i]; i++)
		free(args[i]);
	free(args);
	free(words);
	if (r)
		note("%s:%u: is the line of %s", tab->path, line->number,
		     line->name);
	return r;
}

/**
 * tab_free() - free what tab_read() made
 * @tab: it
 */
void tab_free(struct tab *tab)
{
	size_t i;

	for (i = 0; i < tab->nr; i++)
		line_free(&tab->lines[i]);
	free(tab->lines);
}
