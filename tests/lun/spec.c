// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what is to lie on the volume, from lines of text.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gen/parse.h"
#include "../gen/report.h"
#include "node.h"

#define MAX_WORDS 64
#define MAX_DEPTH 64 /* of folders within folders */

/* Takes \ and three octal digits for a byte, in place. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
		    text[2] >= '0' && text[2] <= '7' &&
		    text[3] >= '0' && text[3] <= '7') {
			*to++ = (char)((text[1] - '0') << 6 |
				       (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* What a word is, of a list that NULL ends; -1 after a report. */
static int find_word(const char *what, const char *text,
		     const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
	}
	return report("%s: '%s' is not known there", what, text);
}

static int set_layout(struct node *node, const char *text)
{
	static const char *const words[] = {
		"contiguous", "large", "reversed", "scattered", NULL
	};
	int found = find_word("layout", text, words);

	node->layout = (enum layout)found;
	return found < 0 ? -1 : 0;
}

static int set_zla(struct node *node, const char *text)
{
	static const char *const words[] = {
		"inline", "sub-block", "direct", "single", "double", NULL
	};
	static const enum zla values[] = {
		ZLA_INLINE, ZLA_SB, ZLA_FB, ZLA_PB, ZLA_DOUBLE
	};
	int found = find_word("pointers", text, words);

	if (found < 0)
		return -1;
	node->zla = values[found];
	return 0;
}

static int set_home(struct node *node, int which, const char *text)
{
	static const char *const words[] = { "sbc", "pbc", "pb2", "block", NULL };
	int found = find_word("pointer blocks", text, words);

	node->homes[which] = (enum pb_home)found;
	node->homes_given[which] = true;
	return found < 0 ? -1 : 0;
}

static int set_fill(enum fill *fill, const char *text)
{
	static const char *const words[] = {
		"hole", "data", "alloc", "tbz", NULL
	};
	int found = find_word("fill", text, words);

	*fill = (enum fill)found;
	return found < 0 ? -1 : 0;
}

static int add_range(struct node *node, enum fill fill, const char *text,
		     const char *end)
{
	const char *plus = memchr(text, '+', (size_t)(end - text));
	struct range *more = reallocarray(node->ranges, node->nr_ranges + 1,
					  sizeof(*more));
	struct range r = { .fill = fill };

	if (!more)
		return report("out of memory");
	node->ranges = more;
	if (!plus)
		return report("'%.*s' is not START+LENGTH", (int)(end - text),
			      text);
	if (parse_size(text, plus, &r.start) ||
	    parse_size(plus + 1, end, &r.end))
		return -1;
	r.end += r.start;
	node->ranges[node->nr_ranges++] = r;
	return 0;
}

static int add_ranges(struct node *node, enum fill fill, const char *text)
{
	const char *end;

	for (;; text = end + 1) {
		end = strchrnul(text, ',');
		if (add_range(node, fill, text, end))
			return -1;
		if (!*end)
			return 0;
	}
}

static int set_lock(struct node *node, const char *text)
{
	const char *colon = strchr(text, ':');

	if (parse_uint(text, colon, 0, 3, &node->lock))
		return -1;
	return lun_uuid_parse(colon ? colon + 1 :
				      "5f1d2c3b-0badc0de-0001-a4b3c2d1e0ff",
			      &node->owner);
}

static int set_mask(struct node *node, const char *text)
{
	u64 mask;

	if (parse_number(text, NULL, &mask))
		return -1;
	node->tbz_mask = (u8)mask;
	return mask && mask < 256 ? 0 : report("tbz-mask: not in 1 to 255");
}

/* One KEY=VALUE about a file or a folder. */
static int set_key(struct node *node, const char *key, const char *value)
{
	static const char *const keys[] = {
		"from", "size", "layout", "pointers", "inner", "outer", "fill",
		"zeros", "hole", "data", "alloc", "tbz", "lock", "tbz-mask",
		"keep", "deleted", NULL
	};
	int found = find_word("what is said of it", key, keys);

	switch (found) {
	case 0:
		free(node->from);
		node->from = strdup(value);
		return node->from ? 0 : report("out of memory");
	case 1:
		return parse_size(value, NULL, &node->size);
	case 2:
		return set_layout(node, value);
	case 3:
		return set_zla(node, value);
	case 4:
	case 5:
		return set_home(node, found - 4, value);
	case 6:
		return set_fill(&node->fill, value);
	case 7:
		return set_fill(&node->zeros, value);
	case 8:
	case 9:
	case 10:
	case 11:
		return add_ranges(node, (enum fill)(found - 8), value);
	case 12:
		return set_lock(node, value);
	case 13:
		return set_mask(node, value);
	case 14:
		node->keep = !strcmp(value, "yes");
		return 0;
	case 15:
		return parse_number(value, NULL, &node->deleted);
	default:
		return -1;
	}
}

static int set_keys(struct node *node, char **words, size_t nr)
{
	size_t i;

	/* What there is where nothing is said. */
	node->fill = FILL_DATA;
	for (i = 0; i < nr; i++) {
		if (!strncmp(words[i], "data=", 5) ||
		    !strncmp(words[i], "alloc=", 6) ||
		    !strncmp(words[i], "tbz=", 4))
			node->fill = FILL_HOLE;
		if (!strncmp(words[i], "from=", 5)) {
			node->fill = FILL_DATA;
			break;
		}
	}
	for (i = 0; i < nr; i++) {
		char *equals = strchr(words[i], '=');

		if (!equals)
			return report("'%s' is not KEY=VALUE", words[i]);
		*equals = '\0';
		if (set_key(node, words[i], equals + 1))
			return -1;
		*equals = '=';
	}
	return 0;
}

static int take_host_size(struct node *node)
{
	struct stat st;

	if (!node->from)
		return 0;
	if (stat(node->from, &st))
		return report("%s: %s", node->from, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return report("%s: no regular file", node->from);
	node->size = (u64)st.st_size;
	return 0;
}

/* The folder that a path is in, made if need be, and the name there. */
static struct node *enter(struct node *root, const char *path,
			  const char **name)
{
	struct node *folder = root, *child;
	char part[NODE_NAME_MAX + 1];
	size_t length;

	while (*path == '/')
		path++;
	for (; *(*name = path + strcspn(path, "/")); path = *name + 1) {
		length = (size_t)(*name - path);
		if (!length || length > NODE_NAME_MAX) {
			report_line("'%s' is no path", path);
			return NULL;
		}
		child = node_find(folder, path, length);
		if (!child) {
			memcpy(part, path, length);
			part[length] = '\0';
			child = node_new(folder, part, NODE_FOLDER);
		}
		folder = child;
		if (!folder)
			return NULL;
	}
	*name = path;
	if (!*path || strlen(path) > NODE_NAME_MAX) {
		report_line("'%s' is no name", path);
		return NULL;
	}
	return folder;
}

static struct node *make(struct node *root, const char *path,
			 enum node_kind kind)
{
	const char *name;
	struct node *folder = enter(root, path, &name), *old;

	if (!folder)
		return NULL;
	old = node_find(folder, name, strlen(name));
	if (old && old->kind == NODE_FOLDER && kind == NODE_FOLDER)
		return old;
	if (old) {
		report_line("%s is there already", old->path);
		return NULL;
	}
	return node_new(folder, name, kind);
}

static int add_link(struct node *root, const char *path, const char *target)
{
	struct node *node = make(root, path, NODE_LINK);

	if (!node)
		return -1;
	node->target = strdup(target);
	node->memory = (u8 *)strdup(target);
	node->size = strlen(target);
	node->fill = FILL_DATA;
	return node->target && node->memory ? 0 : report("out of memory");
}

static int add_tree(struct node *root, const char *path, const char *from,
		    char **words, size_t nr, unsigned int depth);

static int add_host_file(struct node *root, const char *path, const char *from,
			 char **words, size_t nr, unsigned int depth)
{
	char target[4096];
	struct node *node;
	struct stat st;
	ssize_t length;

	if (lstat(from, &st))
		return report("%s: %s", from, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return add_tree(root, path, from, words, nr, depth + 1);
	if (S_ISLNK(st.st_mode)) {
		length = readlink(from, target, sizeof(target) - 1);
		if (length < 0)
			return report("%s: %s", from, strerror(errno));
		target[length] = '\0';
		return add_link(root, path, target);
	}
	node = make(root, path, NODE_FILE);
	if (!node || set_keys(node, words, nr))
		return -1;
	/* Not only what the words say comes from it, but its contents. */
	node->fill = FILL_DATA;
	return set_key(node, "from", from) ? -1 : take_host_size(node);
}

static int add_tree(struct node *root, const char *path, const char *from,
		    char **words, size_t nr, unsigned int depth)
{
	struct dirent **entries;
	int count = scandir(from, &entries, NULL, alphasort), i, ret = 0;

	if (count < 0)
		return report("%s: %s", from, strerror(errno));
	if (depth > MAX_DEPTH)
		ret = report("%s: too deep", from);
	if (!ret && path[strspn(path, "/")] &&
	    !make(root, path, NODE_FOLDER))
		ret = -1;
	for (i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char *inner, *outer;

		if (!ret && strcmp(name, ".") && strcmp(name, "..")) {
			if (asprintf(&inner, "%s/%s", path, name) < 0 ||
			    asprintf(&outer, "%s/%s", from, name) < 0)
				return report("out of memory");
			ret = add_host_file(root, inner, outer, words, nr,
					    depth);
			free(inner);
			free(outer);
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

static int add_file(struct node *root, char **words, size_t nr,
		    enum node_kind kind)
{
	struct node *node = make(root, words[1], kind);

	if (!node || set_keys(node, words + 2, nr - 2))
		return -1;
	return take_host_size(node);
}

/* files FOLDER COUNT [KEY=VALUE]...: so many of the same kind */
static int add_files(struct node *root, char **words, size_t nr)
{
	struct node *folder, *node;
	unsigned int count, i;
	char name[32];

	if (nr < 3 || parse_uint(words[2], NULL, 1, 1 << 24, &count))
		return report("files: FOLDER COUNT is expected");
	folder = make(root, words[1], NODE_FOLDER);
	for (i = 0; folder && i < count; i++) {
		snprintf(name, sizeof(name), "file-%07u", i);
		node = node_new(folder, name, NODE_FILE);
		if (!node || set_keys(node, words + 3, nr - 3) ||
		    take_host_size(node))
			return -1;
	}
	return folder ? 0 : -1;
}

static int read_words(struct node *root, char **words, size_t nr)
{
	static const char *const kinds[] = {
		"dir", "file", "link", "rdm", "tree", "files", NULL
	};
	int found = find_word("a line's first word", words[0], kinds);

	if (found < 0)
		return -1;
	if (nr < 2)
		return report("%s: a path is expected", words[0]);
	switch (found) {
	case 0:
		return add_file(root, words, nr, NODE_FOLDER);
	case 1:
		return add_file(root, words, nr, NODE_FILE);
	case 2:
		return nr == 3 ? add_link(root, words[1], words[2]) :
				 report("link: PATH TARGET is expected");
	case 3:
		return add_file(root, words, nr, NODE_RDM);
	case 4:
		if (nr < 3 || strncmp(words[2], "from=", 5))
			return report("tree: PATH from=FOLDER is expected");
		return add_tree(root, words[1], words[2] + 5, words + 3,
				nr - 3, 0);
	default:
		return add_files(root, words, nr);
	}
}

static int read_line(struct node *root, const char *text)
{
	char *line = strdup(text), *words[MAX_WORDS], *at = NULL;
	size_t nr = 0;
	int ret;

	if (!line)
		return report("out of memory");
	for (words[nr] = strtok_r(line, " \t\n", &at); words[nr];
	     words[nr] = strtok_r(NULL, " \t\n", &at)) {
		unescape(words[nr]);
		if (++nr == MAX_WORDS)
			break;
	}
	ret = !nr || *words[0] == '#' ? 0 : read_words(root, words, nr);
	free(line);
	if (ret)
		report_line("that was in: %s", text);
	return ret;
}

static int read_file(const char *path, struct node *root)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!f)
		return report("%s: %s", path, strerror(errno));
	while (!ret && getline(&line, &size, f) > 0)
		ret = read_line(root, line);
	free(line);
	if (f != stdin)
		fclose(f);
	return ret;
}

/**
 * spec_read() - read what is to lie on the volume
 * @o: says where that stands
 * @root: the volume's root, to which it is added
 *
 * Return: 0, or -1 after a report.
 */
int spec_read(const struct lun_options *o, struct node *root)
{
	size_t i;

	if (o->spec && read_file(o->spec, root))
		return -1;
	for (i = 0; i < o->nr_lines; i++) {
		if (read_line(root, o->lines[i]))
			return -1;
	}
	return 0;
}
