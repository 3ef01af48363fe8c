// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is found here only leads to a message, so what cannot be read, or is no
 * descriptor, is passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/bytes.h"
#include "source/file.h"
#include "util/message.h"
#include "vmdk/beside.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/extent-line.h"

/* Files that are looked at: a folder with more of them is no disk's. */
#define MAX_FILES 4096

#define SUFFIX ".vmdk"

/**
 * struct looking - a folder being looked through
 * @folder: it
 * @base: the file's name in there
 * @kind: what of it is wanted
 * @text: room for a descriptor and a NUL
 * @best: the first of the names that were found, or NULL
 */
struct looking {
	DIR *folder;
	const char *base;
	enum beside_kind kind;
	char *text;
	char *best;
};

/* What a descriptor says, as far as it matters here. */
struct said {
	unsigned int nr_extents;
	bool names_extent;
	bool names_parent;
	bool has_parent;
};

static bool has_suffix(const char *name)
{
	const size_t length = strlen(name), suffix = strlen(SUFFIX);

	return length > suffix && !strcasecmp(name + length - suffix, SUFFIX);
}

/* Read a file that is small enough to be a descriptor; false: it is none. */
static bool read_small(const struct looking *l, const char *name)
{
	const int folder = dirfd(l->folder);
	struct stat st;
	size_t size = 0;
	int fd, error;

	if (fstatat(folder, name, &st, 0) || !S_ISREG(st.st_mode) ||
	    st.st_size > DESCRIPTOR_BYTES)
		return false;
	fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	error = fstat(fd, &st) || !S_ISREG(st.st_mode) ? EINVAL :
		bytes_read_some(fd, l->text, DESCRIPTOR_BYTES, 0, &size);
	close(fd);
	l->text[size] = '\0';
	return !error && size;
}

/* The text between the first two quotes, or else all of it. */
static char *unquote(char *text)
{
	char *quote = strchr(text, '"');

	if (quote)
		text = quote + 1;
	quote = strchr(text, '"');
	if (quote)
		*quote = '\0';
	return text;
}

static bool names(const struct looking *l, char *text)
{
	return !strcmp(file_base_name(unquote(text)), l->base);
}

static void take_line(const struct looking *l, char *line, struct said *said)
{
	char *value;

	line = text_trim(line);
	if (extent_line_is(line)) {
		said->nr_extents++;
		said->names_extent |= strchr(line, '"') && names(l, line);
		return;
	}
	value = strchr(line, '=');
	if (!value)
		return;
	*value++ = '\0';
	line = text_trim(line);
	value = text_trim(value);
	if (!strcasecmp(line, "parentFileNameHint"))
		said->names_parent = names(l, value);
	else if (!strcasecmp(line, "parentCID"))
		said->has_parent = strcasecmp(unquote(value), "ffffffff");
}

static bool says_so(const struct looking *l)
{
	struct said said = { 0 };
	char *line, *rest = l->text;

	while ((line = strsep(&rest, "\n")))
		take_line(l, line, &said);
	switch (l->kind) {
	case BESIDE_OWNER:
		return said.names_extent;
	case BESIDE_WHOLE:
		return said.names_extent &&
		       (said.has_parent || said.nr_extents > 1);
	case BESIDE_CHILD:
		return said.names_parent && said.has_parent;
	}
	return false;
}

static int look(struct looking *l)
{
	const struct dirent *entry;
	unsigned int i;

	for (i = 0; i < MAX_FILES && (entry = readdir(l->folder)); i++) {
		if (!has_suffix(entry->d_name) ||
		    !strcmp(entry->d_name, l->base) ||
		    (l->best && strcmp(l->best, entry->d_name) <= 0) ||
		    !read_small(l, entry->d_name) || !says_so(l))
			continue;
		free(l->best);
		l->best = strdup(entry->d_name);
		if (!l->best)
			return fail_memory();
	}
	return 0;
}

/**
 * beside_find() - find a descriptor in the folder of a file
 * @path: the file
 * @kind: what the descriptor says of it
 * @found: set to its path, the first of several by name, to be freed by the
 *         caller; to NULL if there is none
 *
 * Return: 0, or an exit code after a message.
 */
int beside_find(const char *path, enum beside_kind kind, char **found)
{
	struct looking l = { .base = file_base_name(path), .kind = kind };
	char *folder = file_beside(path, ".");
	int r;

	*found = NULL;
	l.text = malloc(DESCRIPTOR_BYTES + 1);
	r = folder && l.text ? 0 : fail_memory();
	if (!r)
		l.folder = opendir(folder);
	if (l.folder) {
		r = look(&l);
		closedir(l.folder);
	}
	if (!r && l.best) {
		*found = file_beside(path, l.best);
		r = *found ? 0 : fail_memory();
	}
	free(l.best);
	free(l.text);
	free(folder);
	return r;
}
