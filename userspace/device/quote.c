// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "device/quote.h"
#include "source/source.h"
#include "util/message.h"
#include "util/plain.h"

/**
 * quote_check() - refuse a name that no table and no list of lines can have
 * @path: the name
 *
 * A control character in a table would end it, and in a list, a line; either is
 * printed as it is, so no terminal is to be commanded by it, nor a reader misled.
 *
 * Return: 0, or an exit code after a message.
 */
int quote_check(const char *path)
{
	return is_plain_text(path) ? 0 :
	       fail(EXIT_DEVICE,
		    "%s: a control character in a file's name, expected none: no table can name it; rename it, or make a link of another name to it and give the link's name from / on",
		    path);
}

/*
 * A table's line is made of words; the kernel takes a backslash as quoting, and
 * the byte 0xa0, wherever it stands, as a blank.
 */
static bool wants_quoting(char c)
{
	return c == ' ' || c == '\\' || (unsigned char)c == 0xa0;
}

static int quote_name(const char *path, char **name)
{
	char *to;

	*name = malloc(2 * strlen(path) + 1);
	if (!*name)
		return fail_memory();
	for (to = *name; *path; path++) {
		if (wants_quoting(*path))
			*to++ = '\\';
		*to++ = *path;
	}
	*to = '\0';
	return 0;
}

/**
 * quote_number() - name a block device by its number
 * @fd: it, open
 * @path: its name, for messages
 * @name: set to "major:minor", to be freed by the caller; NULL on failure
 *
 * Return: 0, or an exit code after a message.
 */
int quote_number(int fd, const char *path, char **name)
{
	struct stat st;

	*name = NULL;
	if (fstat(fd, &st))
		return fail(exit_code_of(errno), "%s: %m", path);
	if (asprintf(name, "%u:%u", major(st.st_rdev), minor(st.st_rdev)) >= 0)
		return 0;
	*name = NULL;
	return fail_memory();
}

/* libdevmapper quotes backslashes, so that dmsetup can't pass quoting on. */
static int name_device(const struct source *source, const char *path,
		       char **name)
{
	const char *c;

	for (c = path; *c && !wants_quoting(*c); c++)
		;
	if (!*c)
		return quote_name(path, name);
	if (source->fd >= 0)
		return quote_number(source->fd, path, name);
	return fail(EXIT_USAGE,
		    "%s: a blank or backslash in a device's name, expected none, for dmsetup can't pass it on: make a link of another name",
		    path);
}

/**
 * quote_source() - what a table that is only printed calls a source
 * @source: the source
 * @dry_run: name a file, which no table can have, by its path
 * @name: set to the word, to be freed by the caller; NULL on failure
 *
 * Return: 0, or an exit code after a message.
 */
int quote_source(const struct source *source, bool dry_run, char **name)
{
	char *absolute = NULL;
	const char *path;
	int r;

	*name = NULL;
	if (!source->is_block && !dry_run)
		return fail(EXIT_USAGE,
			    "%s: is a file, and a table names block devices: give --extent %s=DEV for the one that holds it, --dry-run to print the file's name, or use open",
			    source->path, source->path);
	if (*source->path != '/')
		absolute = realpath(source->path, NULL);
	path = absolute ? absolute : source->path;
	r = quote_check(path);
	if (!r)
		r = dry_run ? quote_name(path, name) :
			      name_device(source, path, name);
	free(absolute);
	return r;
}
