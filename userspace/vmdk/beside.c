// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is found here only leads to a message, so what cannot be read, or is no
 * descriptor, is passed over.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/file.h"
#include "util/message.h"
#include "vmdk/beside.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/encoding.h"
#include "vmdk/extent-line.h"
#include "vmdk/settings.h"

/* Such files as are looked at: a folder with more of them is no disk's. */
#define MAX_FILES 4096

#define SUFFIX ".vmdk"

/**
 * struct looking - a folder being looked through
 * @folder: it
 * @base: the file's name in there
 * @kind: what of it is wanted
 * @best: the first of the names that were found, or NULL
 */
struct looking {
	DIR *folder;
	const char *base;
	enum beside_kind kind;
	char *best;
};

static bool has_suffix(const char *name)
{
	const size_t length = strlen(name), suffix = strlen(SUFFIX);

	return length > suffix && !strcasecmp(name + length - suffix, SUFFIX);
}

/* Open what may be a descriptor, and no link nor what opening does something to. */
static int open_file(int folder, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(st.st_mode) || st.st_size > DESCRIPTOR_FILE_BYTES)
		return -1;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
				  O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Whether a name is the file's, as it stands or by the encoding that is stated. */
static bool names(const struct looking *l, const char *encoding,
		  const char *name)
{
	char *converted;
	bool same;

	if (!strcmp(file_base_name(name), l->base))
		return true;
	if (encoding_convert(encoding, name, &converted))
		return false;
	same = !strcmp(file_base_name(converted), l->base);
	free(converted);
	return same;
}

/* What stands in quotes, or else all of it but a comment. */
static char *unquote(char *value)
{
	value += strspn(value, BLANK);
	if (*value == '"')
		value[1 + strcspn(value + 1, "\"")] = '\0';
	else
		text_uncomment(value);
	return value + (*value == '"');
}

static char *value_of(const struct text *t, enum key key)
{
	char *value = text_find_key(t, key_name(key));

	return value ? unquote(value) : NULL;
}

/* The name in an extent's line, or NULL. */
static char *extent_name(char *line)
{
	unsigned int word;

	for (word = 0; word < 3; word++) /* access, sectors, type */
		text_next_word(&line);
	line += strspn(line, BLANK);
	return *line == '"' ? unquote(line) : NULL;
}

static bool says_so(const struct looking *l, const struct text *t)
{
	const char *encoding = value_of(t, KEY_ENCODING);
	const char *parent = value_of(t, KEY_PARENT_CID), *name;
	const bool has_parent = parent && strcasecmp(parent, "ffffffff");
	unsigned int i, nr_extents = 0;
	bool found = false;

	if (t->is_unicode)
		encoding = "UTF-8";
	if (l->kind == BESIDE_CHILD) {
		name = value_of(t, KEY_HINT);
		return has_parent && name && names(l, encoding, name);
	}
	for (i = 0; i < t->nr_lines; i++) {
		if (!extent_line_is(t->lines[i]))
			continue;
		nr_extents++;
		name = extent_name(t->lines[i]);
		found |= name && names(l, encoding, name);
	}
	return found && (l->kind == BESIDE_OWNER || has_parent ||
			 nr_extents > 1);
}

static bool file_says_so(const struct looking *l, const char *name)
{
	const int fd = open_file(dirfd(l->folder), name);
	struct text text = { .path = name };
	bool so;

	if (fd < 0)
		return false;
	so = !text_take(&text, fd) && text_fits(&text) && says_so(l, &text);
	text_free(&text);
	close(fd);
	return so;
}

static int look(struct looking *l)
{
	const struct dirent *entry;
	unsigned int nr = 0;

	while (nr < MAX_FILES && (entry = readdir(l->folder))) {
		if (!has_suffix(entry->d_name))
			continue;
		nr++;
		if (!strcmp(entry->d_name, l->base) ||
		    (l->best && strcmp(l->best, entry->d_name) <= 0) ||
		    !file_says_so(l, entry->d_name))
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
	r = folder ? 0 : fail_memory();
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
	free(folder);
	return r;
}
