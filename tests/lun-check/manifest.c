// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what mkvmfs says that is on a volume.  mkvmfs --help has the lines.
 */
#include <errno.h>
#include <stdio.h>

#include "../gen/report.h"
#include "manifest.h"

#define MAX_WORDS 8

static void unescape(char *text)
{
	char *to = text;

	for (; *text; to++) {
		if (*text == '\\') {
			*to = (char)((text[1] - '0') << 6 |
				     (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

/* Room for one more of what is @size bytes large. */
static void *grow(void *array, size_t nr, size_t size)
{
	void *more = array;

	/* At each power of two. */
	if (!(nr & (nr - 1)))
		more = reallocarray(array, nr ? 2 * nr : 1, size);
	if (!more)
		report_line("out of memory");
	return more;
}

static u64 number(const char *word)
{
	return strtoull(word, NULL, 10);
}

static int add_part(struct parts *parts, char **words, bool map)
{
	struct part *more = grow(parts->part, parts->nr, sizeof(*more));
	struct part p = { .start = number(words[2]),
			  .length = number(words[3]) };

	if (!more)
		return -1;
	parts->part = more;
	if (map) {
		p.lun = (unsigned int)number(words[4]) - 1;
		p.at = number(words[5]);
	} else {
		snprintf(p.sum, sizeof(p.sum), "%s", words[4]);
	}
	more[parts->nr++] = p;
	return 0;
}

static int add_place(struct manifest *m, char **words)
{
	struct place *more = grow(m->places, m->nr_places, sizeof(*more));

	if (!more)
		return -1;
	m->places = more;
	m->has_map = true;
	more += m->nr_places++;
	*more = (struct place){ .path = strdup(words[1]),
				.lun = (unsigned int)number(words[2]) - 1,
				.at = number(words[3]),
				.length = number(words[4]) };
	return more->path ? 0 : -1;
}

static int add_lun(struct manifest *m, const char *path)
{
	char **more = grow(m->luns, m->nr_luns, sizeof(*more));

	if (!more)
		return -1;
	m->luns = more;
	more[m->nr_luns] = strdup(path);
	return more[m->nr_luns++] ? 0 : -1;
}

/* A thing, after the lines that tell of its parts. */
static int add_item(struct manifest *m, enum item_kind kind, char **words,
		    size_t nr, struct item *parts)
{
	struct item *more = grow(m->items, m->nr_items, sizeof(*more));

	if (!more)
		return -1;
	m->items = more;
	more += m->nr_items++;
	*more = *parts;
	memset(parts, 0, sizeof(*parts));
	more->kind = kind;
	more->path = strdup(words[1]);
	if (kind == ITEM_LINK && nr > 2)
		more->target = strdup(words[2]);
	if (kind == ITEM_FILE || kind == ITEM_RDM)
		more->size = number(words[2]);
	if (kind == ITEM_FILE) {
		more->allocated = number(words[3]);
		more->sum = strdup(words[4]);
	}
	return 0;
}

static int set_lock(struct manifest *m, char **words)
{
	struct item *last = &m->items[m->nr_items - 1];

	if (!m->nr_items || strcmp(last->path, words[1]))
		return report("the lock of %s follows something else", words[1]);
	last->lock = (unsigned int)number(words[2]);
	last->owner = strdup(words[3]);
	return 0;
}

static int read_words(struct manifest *m, char **words, size_t nr,
		      struct item *parts)
{
	static const char *const kinds[] = { "dir", "file", "link", "rdm" };
	static const size_t needed[] = { 2, 5, 2, 3 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(words[0], kinds[i]) && nr >= needed[i])
			return add_item(m, (enum item_kind)i, words, nr,
					parts);
	}
	if (!strcmp(words[0], "map") && nr == 6)
		return add_part(&parts->map, words, true);
	if (!strcmp(words[0], "data") && nr == 5)
		return add_part(&parts->data, words, false);
	if (!strcmp(words[0], "meta") && nr == 5)
		return add_place(m, words);
	if (!strcmp(words[0], "lun") && nr == 3)
		return add_lun(m, words[1]);
	if (!strcmp(words[0], "lock") && nr == 4)
		return set_lock(m, words);
	if (!strcmp(words[0], "volume") && nr == 4) {
		m->uuid = strdup(words[2]);
		m->label = strdup(words[3]);
		return m->uuid && m->label ? 0 : -1;
	}
	return report("'%s' with %zu words is no line of a manifest", words[0],
		      nr);
}

static int read_line(struct manifest *m, char *line, struct item *parts)
{
	char *words[MAX_WORDS], *at = NULL;
	size_t nr = 0;

	for (words[nr] = strtok_r(line, " \n", &at); words[nr];
	     words[nr] = strtok_r(NULL, " \n", &at)) {
		unescape(words[nr]);
		if (++nr == MAX_WORDS)
			return report("a line of too many words");
	}
	return nr ? read_words(m, words, nr, parts) : 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->path,
		      ((const struct item *)b)->path);
}

/* Sorts by path, and counts how many things are in each folder. */
static int make_index(struct manifest *m)
{
	struct item *folder;
	size_t i;

	if (m->nr_items)
		qsort(m->items, m->nr_items, sizeof(*m->items), compare_paths);
	for (i = 0; i < m->nr_items; i++) {
		const char *path = m->items[i].path;
		char *above = strndup(path, (size_t)(strrchr(path, '/') - path));

		if (!above)
			return report("out of memory");
		folder = *above ? manifest_find(m, above) : NULL;
		*(folder ? &folder->entries : &m->root_entries) += 1;
		free(above);
	}
	return 0;
}

/**
 * manifest_read() - read a manifest
 * @m: filled in; manifest_free() is due in any case
 * @path: the file
 *
 * Return: 0, or -1 after a report.
 */
int manifest_read(struct manifest *m, const char *path)
{
	FILE *f = fopen(path, "re");
	struct item parts = { 0 };
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!f)
		return report("%s: %s", path, strerror(errno));
	while (!ret && getline(&line, &size, f) > 0)
		ret = read_line(m, line, &parts);
	free(line);
	fclose(f);
	return ret ? ret : make_index(m);
}

/**
 * manifest_find() - look a path up
 * @m: the manifest
 * @path: the path, which begins with a slash
 *
 * Return: what is there, or NULL.
 */
struct item *manifest_find(const struct manifest *m, const char *path)
{
	struct item key = { .path = (char *)path };

	return bsearch(&key, m->items, m->nr_items, sizeof(key), compare_paths);
}

static void free_item(struct item *item)
{
	free(item->path);
	free(item->sum);
	free(item->target);
	free(item->owner);
	free(item->map.part);
	free(item->data.part);
}

/**
 * manifest_free() - forget a manifest
 * @m: it
 */
void manifest_free(struct manifest *m)
{
	while (m->nr_items)
		free_item(&m->items[--m->nr_items]);
	while (m->nr_places)
		free(m->places[--m->nr_places].path);
	while (m->nr_luns)
		free(m->luns[--m->nr_luns]);
	free(m->items);
	free(m->places);
	free(m->luns);
	free(m->label);
	free(m->uuid);
}
