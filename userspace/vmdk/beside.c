// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is found here only leads to a message, so what cannot be read, or is no
 * descriptor, is passed over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source/file.h"
#include "source/folder.h"
#include "source/source.h"
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
 * @nr: how many of its files have been looked at
 * @best: the first of the names that were found, or NULL
 */
struct looking {
	const struct folder *folder;
	const char *base;
	enum beside_kind kind;
	unsigned int nr;
	char *best;
};

static bool has_suffix(const char *name)
{
	const size_t length = strlen(name), suffix = strlen(SUFFIX);

	return length > suffix && !strcasecmp(name + length - suffix, SUFFIX);
}

/* Find what may be a descriptor, and no link nor what opening does something to. */
static bool look(const struct folder *folder, const char *name,
		 struct file_found *found)
{
	char link[1];

	return folder_read_link(folder, name, link, sizeof(link)) == EINVAL &&
	       !folder_look(folder, name, found) &&
	       S_ISREG(found->st.st_mode) &&
	       found->st.st_size <= DESCRIPTOR_FILE_BYTES;
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
	struct file_found found = { .fd = -1, .path = strdup(name) };
	struct source source = SOURCE_CLOSED(found.path);
	struct text text = { .path = name };
	bool so;

	so = found.path && look(l->folder, name, &found) &&
	     !source_peek(&found, &source) && !text_take(&text, &source) &&
	     text_fits(&text) && says_so(l, &text);
	text_free(&text);
	source_close(&source);
	file_forget(&found);
	return so;
}

/* Return: 0 to go on, or an errno; ENOENT to end it. */
static int take_name(void *data, const char *name)
{
	struct looking *l = data;

	if (!has_suffix(name))
		return 0;
	if (++l->nr > MAX_FILES)
		return ENOENT;
	if (!strcmp(name, l->base) || (l->best && strcmp(l->best, name) <= 0) ||
	    !file_says_so(l, name))
		return 0;
	free(l->best);
	l->best = strdup(name);
	return l->best ? 0 : ENOMEM;
}

/**
 * beside_find() - find a descriptor in the folder of a file
 * @folder: the folder
 * @path: the file
 * @kind: what the descriptor says of it
 * @found: set to its path, the first of several by name, to be freed by the
 *         caller; to NULL if there is none
 *
 * Return: 0, or an exit code after a message.
 */
int beside_find(const struct folder *folder, const char *path,
		enum beside_kind kind, char **found)
{
	struct looking l = {
		.folder = folder,
		.base = file_base_name(path),
		.kind = kind,
	};
	int r = 0;

	*found = NULL;
	if (folder_list(folder, take_name, &l) == ENOMEM)
		r = fail_memory();
	if (!r && l.best) {
		*found = file_beside(path, l.best);
		r = *found ? 0 : fail_memory();
	}
	free(l.best);
	return r;
}
