// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source/file.h"
#include "util/message.h"
#include "vmdk/find-file.h"

/* Four places for each of two names. */
#define MAX_PLACES 8

/**
 * struct search - a file being looked for
 * @ref: the file
 * @roots: folders that are elsewhere
 * @tried: places where it is not
 * @nr_tried: their number
 * @path: where it is, or NULL
 * @error: why the last place that could not be looked at could not be
 */
struct search {
	const struct reference *ref;
	const struct roots *roots;
	char *tried[MAX_PLACES];
	unsigned int nr_tried;
	char *path;
	int error;
};

/* Look at @path, which is the search's from here on; NULL: no memory for it. */
static int try(struct search *s, char *path)
{
	struct stat st;
	unsigned int i;

	if (!path)
		return fail_memory();
	for (i = 0; i < s->nr_tried; i++)
		if (!strcmp(s->tried[i], path))
			break;
	if (s->path || i < s->nr_tried) {
		free(path);
		return 0;
	}
	if (!stat(path, &st)) {
		s->path = path;
		return 0;
	}
	if (errno != ENOENT)
		s->error = errno;
	s->tried[s->nr_tried++] = path;
	return 0;
}

/* What follows @root in @name, if its folders are @name's first ones. */
static const char *below(const char *root, const char *name)
{
	for (;;) {
		size_t slashes = strspn(root, "/");
		size_t length = strcspn(root + slashes, "/");

		root += slashes;
		if (!length)
			return *name && *name != '/' ? NULL : name;
		if (*name != '/')
			return NULL;
		name += strspn(name, "/");
		if (strncmp(root, name, length))
			return NULL;
		root += length;
		name += length;
		if (*name && *name != '/')
			return NULL;
	}
}

/* The longest of the roots that fit. */
static int try_rewritten(struct search *s, const char *name)
{
	const struct root *root, *best = NULL;
	const char *rest, *best_rest = NULL;
	char *path;

	if (*name != '/')
		return 0;
	for (root = s->roots->list; root < s->roots->list + s->roots->nr; root++) {
		rest = below(root->from, name);
		if (!rest || (best && rest <= best_rest))
			continue;
		best = root;
		best_rest = rest;
	}
	if (!best)
		return 0;
	return try(s, asprintf(&path, "%s%s", best->to, best_rest) < 0 ?
		   NULL : path);
}

/* In ../<folder>/, if the folder is given and is one. */
static int try_sibling(struct search *s, const char *name)
{
	const char *base = file_base_name(name), *end = base, *folder;
	char *relative, *path;

	while (end > name && end[-1] == '/')
		end--;
	for (folder = end; folder > name && folder[-1] != '/'; folder--)
		;
	if (folder == end || !strncmp(folder, "./", 2) ||
	    !strncmp(folder, "../", 3))
		return 0;
	if (asprintf(&relative, "../%.*s/%s", (int)(end - folder), folder,
		     base) < 0)
		return fail_memory();
	path = file_beside(s->ref->from, relative);
	free(relative);
	return try(s, path);
}

static int try_name(struct search *s, const char *name)
{
	const char *from = s->ref->from, *base = file_base_name(name);
	int r;

	r = try(s, file_beside(from, name));
	if (!r)
		r = try_rewritten(s, name);
	if (r || base == name || !*base)
		return r;
	r = try(s, file_beside(from, base));
	return r ? r : try_sibling(s, name);
}

static int search(struct search *s)
{
	int r;

	r = try_name(s, s->ref->name);
	return r || !s->ref->raw ? r : try_name(s, s->ref->raw);
}

static void free_tried(struct search *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_tried; i++)
		free(s->tried[i]);
}

static int tell(const struct search *s)
{
	const struct reference *ref = s->ref;
	const int error = s->error ? s->error : ENOENT;
	char *places = NULL;
	unsigned int i;
	size_t size;
	FILE *f;
	int r;

	f = open_memstream(&places, &size);
	if (!f)
		return fail_memory();
	for (i = 0; i < s->nr_tried; i++)
		fprintf(f, "%s%s", !i ? "" : i + 1 < s->nr_tried ? ", " : " and ",
			s->tried[i]);
	if (fclose(f))
		r = fail_memory();
	else
		r = fail(s->error ? exit_code_of(error) : EXIT_DEVICE,
			 "%s:%u: %s \"%s\" not found, tried %s: %s%s",
			 ref->from, ref->line, ref->what, ref->name, places,
			 strerror(error), ref->way_out);
	free(places);
	return r;
}

/**
 * locate() - find a file that a descriptor names
 * @ref: the file
 * @roots: folders that are elsewhere on this machine
 * @path: set to where it is, to be freed by the caller; to NULL on failure
 *
 * A relative name starts from the descriptor's folder.  An absolute one is that
 * of another host, more often than not.  It is tried as it stands, below the
 * root that replaces most of it, and, as it may have been copied here together
 * with the descriptor, in the descriptor's folder and in its own one next to
 * that.
 *
 * Return: 0, or an exit code after a message.
 */
int locate(const struct reference *ref, const struct roots *roots, char **path)
{
	struct search s = { .ref = ref, .roots = roots };
	int r;

	r = search(&s);
	if (!r && !s.path)
		r = tell(&s);
	free_tried(&s);
	*path = s.path;
	return r;
}

/**
 * locate_if_there() - locate(), but not finding it is no failure
 * @ref: the file
 * @roots: folders that are elsewhere on this machine
 * @path: set to where it is, to be freed by the caller, or to NULL
 *
 * Return: 0, or an exit code after a message.
 */
int locate_if_there(const struct reference *ref, const struct roots *roots,
		    char **path)
{
	struct search s = { .ref = ref, .roots = roots };
	int r;

	r = search(&s);
	free_tried(&s);
	*path = s.path;
	return r;
}
