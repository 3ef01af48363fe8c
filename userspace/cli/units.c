// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of each line that is opened when the machine starts, remote-fs.target wants the
 * instance of sesparse@.service, or requires it; and that waits for the devices that
 * the line names, and for the mounts that its files are in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/tab-lines.h"
#include "cli/units.h"
#include "dm-sesparse/portable.h"
#include "util/message.h"

#define PLAIN \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_."

/*
 * As systemd-escape(1) writes names of units.  Of a path, from below the root on, the
 * slashes are dashes, so a dash is written out.
 */
static void put_escaped(FILE *f, const char *text, bool is_path)
{
	const char *c;

	for (c = text; *c; c++)
		if (is_path && *c == '/')
			fputc('-', f);
		else if (strchr(PLAIN, *c) &&
			 (is_path || *c != '.' || c != text))
			fputc(*c, f);
		else
			fprintf(f, "\\x%02x", (unsigned char)*c);
}

/* In a setting, % begins what systemd puts something else in the place of. */
static void put_byte(FILE *f, char c)
{
	if (c == '%')
		fputc('%', f);
	fputc(c, f);
}

/* A setting's only word, whatever it ends with. */
static void put_quoted(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		put_byte(f, *text);
	}
	fputc('"', f);
}

static bool is_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			return true;
	return false;
}

/*
 * Systemd takes a path as it is written: one that is written otherwise would be
 * another.
 *
 * Return: @path without slashes at the end, to be freed, or NULL after a message.
 */
static char *clean_path(const struct tab *tab, const struct tab_line *line,
			const char *path)
{
	char *clean = calloc(1, strlen(path) + 2), *end = clean;
	char *copy = strdup(path), *rest = copy, *part;
	bool sound = clean && copy && !is_control(path);

	while (sound && (part = strtok_r(rest, "/", &rest))) {
		sound = strcmp(part, ".") && strcmp(part, "..");
		end = stpcpy(stpcpy(end, "/"), part);
	}
	if (!clean || !copy)
		fail_memory();
	else if (!sound)
		fail(EXIT_DEVICE,
		     "%s:%u: found the path %s, expected one without \".\", \"..\" and control characters",
		     tab->path, line->number, path);
	free(copy);
	if (sound && end != clean)
		return clean;
	free(clean);
	return NULL;
}

/* What must be there before @path is used. */
static int put_path(FILE *f, const struct tab *tab, const struct tab_line *line,
		    const char *path)
{
	char *clean;

	if (*path != '/')
		return 0;
	clean = clean_path(tab, line, path);
	if (!clean)
		return EXIT_DEVICE;
	if (!strncmp(clean, "/dev/", 5)) {
		fputs("Requires=", f);
		put_escaped(f, clean + 1, true);
		fputs(".device\nAfter=", f);
		put_escaped(f, clean + 1, true);
		fputs(".device\n", f);
	} else {
		fputs("RequiresMountsFor=", f);
		put_quoted(f, clean);
		fputc('\n', f);
	}
	free(clean);
	return 0;
}

/* Of a --parent, :START may follow. */
static void cut_start(char *path)
{
	char *colon = strrchr(path, ':');

	if (colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")])
		*colon = '\0';
}

/* Options that name a file or device of this machine: all of the value, or of a pair. */
static const struct naming {
	const char *option;
	bool is_pair;
} naming[] = {
	{ "--lun=", false },	 { "--parent=", false },
	{ "--overlay=", false }, { "--patch=", false },
	{ "--extent=", true },	 { "--map-root=", true },
};

static int put_arg(FILE *f, const struct tab *tab, const struct tab_line *line,
		   const char *arg)
{
	const struct naming *n;
	char *path;
	int r;

	for (n = naming; n < naming + ARRAY_SIZE(naming); n++)
		if (!strncmp(arg, n->option, strlen(n->option)))
			break;
	if (n == naming + ARRAY_SIZE(naming))
		return 0;
	path = strdup(1 + (n->is_pair ? strrchr(arg, '=') : strchr(arg, '=')));
	if (!path)
		return fail_memory();
	if (!strcmp(n->option, "--parent="))
		cut_start(path);
	r = put_path(f, tab, line, path);
	free(path);
	return r;
}

static bool is_on_lun(const struct tab_line *line)
{
	size_t i;

	for (i = 0; i < line->nr_args; i++)
		if (!strncmp(line->args[i], "--lun=", 6))
			return true;
	return false;
}

/* The file as it was given: this setting knows no quotes. */
static void put_source(FILE *f, const struct tab *tab)
{
	const char *c;

	if (*tab->path != '/' || is_control(tab->path))
		return;
	fputs("SourcePath=", f);
	for (c = tab->path; *c; c++)
		put_byte(f, *c);
	fputc('\n', f);
}

/*
 * That its file systems are unmounted first, as the template does of most names: a
 * dot is escaped where it begins a name, which is not where it begins the device's
 * path.
 */
static void put_dotted(FILE *f, const char *name)
{
	if (*name != '.')
		return;
	fputs("Wants=blockdev@dev-mapper-", f);
	put_escaped(f, name, true);
	fputs(".target\nBefore=blockdev@dev-mapper-", f);
	put_escaped(f, name, true);
	fputs(".target\n", f);
}

static int put_instance(FILE *f, const struct tab *tab,
			const struct tab_line *line)
{
	size_t i;
	int r = 0;

	fputs("# Made of the table by sesparse-generator.\n[Unit]\n", f);
	put_source(f, tab);
	put_dotted(f, line->name);
	if (!line->nofail)
		fputs("Before=remote-fs.target\n", f);
	if (!is_on_lun(line))
		r = put_path(f, tab, line, line->descriptor);
	for (i = 0; i < line->nr_args && !r; i++)
		r = put_arg(f, tab, line, line->args[i]);
	return r;
}

static int put_target(FILE *f, const struct tab *tab,
		      const struct tab_line *line)
{
	(void)tab;
	fprintf(f, "# Made of the table by sesparse-generator.\n[Unit]\n%s=sesparse@",
		line->nofail ? "Wants" : "Requires");
	put_escaped(f, line->name, false);
	fputs(".service\n", f);
	return 0;
}

/* Return: "FOLDER/BEFORE" with the name and "AFTER", to be freed, or NULL. */
static char *make_path(const char *folder, const char *before,
		       const struct tab_line *line, const char *after)
{
	char *path = NULL;
	size_t size;
	FILE *f = open_memstream(&path, &size);

	if (!f) {
		fail_memory();
		return NULL;
	}
	fprintf(f, "%s/%s", folder, before);
	put_escaped(f, line->name, false);
	fputs(after, f);
	if (fclose(f)) {
		free(path);
		path = NULL;
		fail_memory();
	}
	return path;
}

/**
 * struct unit_file - a file that systemd is to read
 * @path: its name, or NULL
 * @slash: where in that its folder's ends
 * @has_folder: the folder was made for it
 * @is_there: it was made
 */
struct unit_file {
	char *path;
	char *slash;
	bool has_folder;
	bool is_there;
};

static int name_file(const char *folder, const char *before,
		     const struct tab_line *line, const char *after,
		     struct unit_file *file)
{
	*file = (struct unit_file){ 0 };
	file->path = make_path(folder, before, line, after);
	if (!file->path)
		return EXIT_MEMORY;
	file->slash = strrchr(file->path, '/');
	return 0;
}

static int make_folder(struct unit_file *file)
{
	int r = 0;

	*file->slash = '\0';
	file->has_folder = !mkdir(file->path, 0755);
	if (!file->has_folder && errno != EEXIST)
		r = fail(EXIT_DEVICE, "%s: cannot make the folder: %m",
			 file->path);
	*file->slash = '/';
	return r;
}

/* What this made of it, and nothing else. */
static void remove_file(struct unit_file *file)
{
	if (file->is_there)
		unlink(file->path);
	*file->slash = '\0';
	if (file->has_folder)
		rmdir(file->path);
}

static int write_file(struct unit_file *file, const struct tab *tab,
		      const struct tab_line *line,
		      int (*put)(FILE *f, const struct tab *tab,
				 const struct tab_line *line))
{
	FILE *f;
	int r;

	r = make_folder(file);
	if (r)
		return r;
	f = fopen(file->path, "wxe");
	if (!f)
		return fail(EXIT_DEVICE, "%s: cannot make the file: %m",
			    file->path);
	file->is_there = true;
	r = put(f, tab, line);
	if (ferror(f) && !r)
		r = fail(EXIT_DEVICE, "%s: cannot write: %m", file->path);
	if (fclose(f) && !r)
		r = fail(EXIT_DEVICE, "%s: cannot write: %m", file->path);
	return r;
}

/*
 * What the instance waits for first: without that, nobody is to start it.  Of a line
 * that fails nothing is left.
 */
static int write_line(const char *folder, const struct tab *tab,
		      const struct tab_line *line)
{
	struct unit_file instance, target = { 0 };
	int r;

	r = name_file(folder, "sesparse@", line, ".service.d/sesparsetab.conf",
		      &instance);
	if (!r)
		r = name_file(folder, "remote-fs.target.d/sesparse-", line,
			      ".conf", &target);
	if (!r)
		r = write_file(&instance, tab, line, put_instance);
	if (!r && !line->noauto)
		r = write_file(&target, tab, line, put_target);
	if (r && target.path) {
		remove_file(&target);
		remove_file(&instance);
	}
	free(instance.path);
	free(target.path);
	return r;
}

/**
 * units_write() - write what systemd is to do about the disks of a table
 * @folder: where systemd reads units
 * @tab: the table
 *
 * Return: 0, or the exit code of the first line of which it could not be written,
 * after a message; others are written all the same.
 */
int units_write(const char *folder, const struct tab *tab)
{
	size_t i;
	int one, r = 0;

	for (i = 0; i < tab->nr; i++) {
		one = write_line(folder, tab, &tab->lines[i]);
		if (!r)
			r = one;
	}
	return r;
}
