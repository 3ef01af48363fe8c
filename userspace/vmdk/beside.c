// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is found here leads to a message or a refusal, and nothing is read because of
 * it.  So what cannot be read, or is no descriptor, is passed over.
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
 * struct listing - a folder whose descriptors are gone through
 * @folder: it
 * @each: called with each of them
 * @data: handed to that
 * @nr: how many of its files have been looked at
 */
struct listing {
	const struct folder *folder;
	beside_fn *each;
	void *data;
	unsigned int nr;
};

/**
 * struct looking - a descriptor being looked for
 * @base: the name of the file that it is to say something of
 * @kind: what that is
 * @best: the first of the names that were found, or NULL
 */
struct looking {
	const char *base;
	enum beside_kind kind;
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

/* The name in an extent's line, or NULL. */
static char *extent_name(char *line)
{
	unsigned int word;

	for (word = 0; word < 3; word++) { /* access, sectors, type */
		line += strspn(line, BLANK);
		line += strcspn(line, BLANK);
	}
	line += strspn(line, BLANK);
	return *line == '"' ? unquote(line) : NULL;
}

/**
 * beside_value() - what a descriptor sets a key to
 * @b: the descriptor
 * @key: in any case
 *
 * Return: within its text, or NULL.
 */
const char *beside_value(const struct beside *b, const char *key)
{
	char *value = text_find_key(&b->text, key);

	return value ? unquote(value) : NULL;
}

/**
 * beside_next_extent() - the next name of an extent
 * @b: the descriptor
 * @line: where to go on, 0 at first; set to where to go on then
 * @name: set to the name, or to NULL: the extent has none
 *
 * Return: true if there is one more extent.
 */
bool beside_next_extent(const struct beside *b, unsigned int *line,
			const char **name)
{
	for (; *line < b->text.nr_lines; ++*line)
		if (extent_line_is(b->text.lines[*line])) {
			*name = extent_name(b->text.lines[(*line)++]);
			return true;
		}
	return false;
}

static bool has_parent(const struct beside *b)
{
	const char *cid = beside_value(b, key_name(KEY_PARENT_CID));

	return cid && strcasecmp(cid, "ffffffff");
}

/**
 * beside_parent() - the name of a descriptor's parent
 * @b: the descriptor
 *
 * Return: within its text, or NULL: it has none.
 */
const char *beside_parent(const struct beside *b)
{
	return has_parent(b) ? beside_value(b, key_name(KEY_HINT)) : NULL;
}

static bool says_so(const struct looking *l, const struct beside *b)
{
	unsigned int line = 0, nr_extents = 0;
	bool found = false;
	const char *name;

	if (l->kind == BESIDE_CHILD) {
		name = beside_parent(b);
		return name && names(l, b->encoding, name);
	}
	while (beside_next_extent(b, &line, &name)) {
		nr_extents++;
		found |= name && names(l, b->encoding, name);
	}
	return found && (l->kind == BESIDE_OWNER || nr_extents > 1 ||
			 has_parent(b));
}

static int read_name(struct listing *l, const char *name)
{
	struct file_found found = { .fd = -1, .path = strdup(name) };
	struct source source = SOURCE_CLOSED(found.path);
	struct beside b = { .name = name, .text = { .path = name } };
	int r = 0;

	if (found.path && look(l->folder, name, &found) &&
	    !source_peek(&found, &source) && !text_take(&b.text, &source) &&
	    text_fits(&b.text)) {
		b.st = found.st;
		b.encoding = b.text.is_unicode ? "UTF-8" :
			     beside_value(&b, key_name(KEY_ENCODING));
		r = l->each(l->data, &b);
	}
	text_free(&b.text);
	source_close(&source);
	file_forget(&found);
	return r;
}

/* Return: 0 to go on, or an errno; ENOENT to end it. */
static int take_name(void *data, const char *name)
{
	struct listing *l = data;

	if (!has_suffix(name))
		return 0;
	return ++l->nr > MAX_FILES ? ENOENT : read_name(l, name);
}

/**
 * beside_each() - go through the descriptors in a folder
 * @folder: the folder
 * @each: called with each of them, in any order
 * @data: handed to it
 *
 * Return: 0, or an exit code after a message.
 */
int beside_each(const struct folder *folder, beside_fn *each, void *data)
{
	struct listing l = { .folder = folder, .each = each, .data = data };

	return folder_list(folder, take_name, &l) == ENOMEM ? fail_memory() : 0;
}

static int keep_first(void *data, const struct beside *b)
{
	struct looking *l = data;

	if (!strcmp(b->name, l->base) ||
	    (l->best && strcmp(l->best, b->name) <= 0) || !says_so(l, b))
		return 0;
	free(l->best);
	l->best = strdup(b->name);
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
	struct looking l = { .base = file_base_name(path), .kind = kind };
	int r;

	*found = NULL;
	r = beside_each(folder, keep_first, &l);
	if (!r && l.best) {
		*found = file_beside(path, l.best);
		r = *found ? 0 : fail_memory();
	}
	free(l.best);
	return r;
}
