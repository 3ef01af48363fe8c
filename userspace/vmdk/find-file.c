// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/file.h"
#include "source/folder.h"
#include "source/local-folder.h"
#include "util/message.h"
#include "vmdk/find-file.h"

/* Four places for each of two names. */
#define MAX_PLACES 8

/**
 * struct search - a file being looked for
 * @ref: the file
 * @roots: folders that are elsewhere
 * @located: set to it once it is found
 * @tried: places where it is not
 * @nr_tried: their number
 * @mapped: one of @roots is meant
 * @outside: as it stands, a name leads to where none may
 * @link: the place from which a link does, or NULL
 * @error: why the last place that could not be looked at could not be
 */
struct search {
	const struct reference *ref;
	const struct roots *roots;
	struct located *located;
	char *tried[MAX_PLACES];
	unsigned int nr_tried;
	bool mapped;
	bool outside;
	char *link;
	int error;
};

static const char *skip_slashes(const char *name)
{
	return name + strspn(name, "/");
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
		name = skip_slashes(name);
		if (strncmp(root, name, length))
			return NULL;
		root += length;
		name += length;
		if (*name && *name != '/')
			return NULL;
	}
}

static bool is_part(const char *name, const char *part)
{
	size_t length = strcspn(name, "/");

	return length == strlen(part) && !strncmp(name, part, length);
}

/* Does a relative name lead out if none of its folders is a link? */
static bool leads_out(const char *name)
{
	unsigned int depth = 0;

	for (; *name; name = skip_slashes(name + strcspn(name, "/"))) {
		if (is_part(name, "."))
			continue;
		if (!is_part(name, ".."))
			depth++;
		else if (!depth--)
			return true;
	}
	return false;
}

/* Where a name is to be looked up: beneath a folder only. */
struct place {
	struct folder *top;
	const char *below;
};

/* Return: 0, or an errno; EXDEV if @name has not both a folder and more. */
static int place_beside(struct folder *own, const char *name,
			struct place *place)
{
	const char *rest;
	char *folder;
	int error;

	name = skip_slashes(name);
	rest = skip_slashes(name + strcspn(name, "/"));
	if (!*rest || is_part(name, ".") || is_part(name, ".."))
		return EXDEV;
	folder = strndup(name, strcspn(name, "/"));
	if (!folder)
		return ENOMEM;
	error = folder_beside(own, folder, &place->top);
	place->below = rest;
	free(folder);
	return error;
}

/* The same for what the user calls the folder, whose last part may be a link. */
static bool is_above(const struct folder *own, const char *path)
{
	struct folder *above;
	bool is;

	if (local_folder_open(path, &above))
		return false;
	is = folder_is_above(own, above);
	folder_put(above);
	return is;
}

/* Both in and beside the folder by one of its names, which is @path. */
static int place_named(struct folder *own, const char *path, bool is_real,
		       const char *name, struct place *place)
{
	const char *rest = below(path, name);
	char *above, *end;
	int error = EXDEV;

	if (rest && *skip_slashes(rest)) {
		place->top = folder_get(own);
		place->below = skip_slashes(rest);
		return 0;
	}
	above = strdup(path);
	if (!above)
		return ENOMEM;
	for (end = above + strlen(above); end > above && end[-1] == '/'; end--)
		;
	for (; end > above && end[-1] != '/'; end--)
		;
	*end = '\0';
	rest = below(above, name);
	if (rest && (is_real || is_above(own, above)))
		error = place_beside(own, rest, place);
	free(above);
	return error;
}

/*
 * A name that nobody has checked means only what is in the descriptor's folder or
 * in one beside that, by whichever of its names.
 *
 * Return: 0, with a folder to be put, or an errno; EXDEV if it means no such place.
 */
static int find_place(const struct reference *ref, const char *name,
		      struct place *place)
{
	struct folder *own = ref->folder;
	int error;

	if (*name == '/') {
		error = place_named(own, own->real, true, name, place);
		if (error == EXDEV && *own->path == '/')
			error = place_named(own, own->path, false, name, place);
		return error;
	}
	while (is_part(name, ".") && name[1])
		name = skip_slashes(name + 1);
	if (is_part(name, ".."))
		return place_beside(own, name + 2, place);
	place->top = folder_get(own);
	place->below = name;
	return 0;
}

/* A link right in the descriptor's folder is as good as the name that it holds. */
static int look(const struct reference *ref, struct folder *top,
		const char *name, struct file_found *found)
{
	int error = folder_look(top, name, found);
	char text[PATH_MAX];
	struct place place;

	if (error != EXDEV || top != ref->folder || strchr(name, '/') ||
	    folder_read_link(top, name, text, sizeof(text)) ||
	    find_place(ref, text, &place))
		return error;
	error = folder_look(place.top, place.below, found);
	folder_put(place.top);
	return error;
}

static bool is_found(const struct search *s)
{
	return s->located->file.fd >= 0;
}

/* Keep in mind that there is nothing to be had at @path, which it takes. */
static int miss(struct search *s, char *path, int error)
{
	if (error == ENOMEM) {
		free(path);
		return fail_memory();
	}
	if (error == EXDEV) {
		free(s->link);
		s->link = path;
		return 0;
	}
	if (error != ENOENT)
		s->error = error;
	s->tried[s->nr_tried++] = path;
	return 0;
}

/*
 * Look at what is beneath @top, or, without one, at what the user has named;
 * @path, which it takes, is that for messages.
 */
static int try(struct search *s, struct folder *top, const char *name,
	       char *path)
{
	struct file_found found = { .fd = -1 };
	unsigned int i;
	int error;

	if (!path)
		return fail_memory();
	for (i = 0; i < s->nr_tried; i++)
		if (!strcmp(s->tried[i], path))
			break;
	if (is_found(s) || i < s->nr_tried || (top && leads_out(name))) {
		s->outside = s->outside || (top && leads_out(name));
		free(path);
		return 0;
	}
	if (!top) {
		error = file_look(path, &found);
		if (error)
			file_forget(&found);
		free(found.path);
	} else {
		error = look(s->ref, top, name, &found);
	}
	if (error)
		return miss(s, path, error);
	found.path = path;
	s->located->file = found;
	s->located->top = top ? folder_get(top) : NULL;
	s->located->below = top ? strdup(name) : NULL;
	return !top || s->located->below ? 0 : fail_memory();
}

/* Look where @name leads by itself; it is @path for messages. */
static int try_as_is(struct search *s, const char *name, char *path)
{
	struct place place;
	int error, r;

	if (!path)
		return fail_memory();
	error = find_place(s->ref, name, &place);
	if (error == EXDEV) {
		s->outside = true;
		free(path);
		return 0;
	}
	if (error)
		return miss(s, path, error);
	r = try(s, place.top, place.below, path);
	folder_put(place.top);
	return r;
}

/* The longest of the roots that fit. */
static struct root *find_root(const struct roots *roots, const char *name,
			      const char **best_rest)
{
	struct root *root, *best = NULL;
	const char *rest;

	*best_rest = NULL;
	for (root = roots->list; root < roots->list + roots->nr; root++) {
		rest = below(root->from, name);
		if (!rest || (best && rest <= *best_rest))
			continue;
		best = root;
		*best_rest = rest;
	}
	return best;
}

/* What is right in it has nothing beside it: that would be outside. */
static int open_root(struct root *root)
{
	char *path;
	int error;

	if (root->folder)
		return 0;
	if (asprintf(&path, "%s/", root->to) < 0)
		return ENOMEM;
	error = local_folder_open(path, &root->folder);
	if (!error)
		root->folder->alone = true;
	free(path);
	return error;
}

static int try_root(struct search *s, struct root *root, const char *rest)
{
	char *path;
	int error;

	s->mapped = true;
	if (asprintf(&path, "%s%s", root->to, rest) < 0)
		return fail_memory();
	rest = skip_slashes(rest);
	if (!*rest)
		return try(s, NULL, NULL, path);
	error = open_root(root);
	if (error)
		return miss(s, path, error);
	return try(s, root->folder, rest, path);
}

/* A relative name is meant from the descriptor's folder; no link is looked at. */
static char *absolute_name(const struct folder *own, const char *name)
{
	char *absolute = malloc(strlen(own->real) + strlen(name) + 2), *end;
	size_t length;

	if (!absolute || *name == '/')
		return absolute ? strcpy(absolute, name) : NULL;
	end = stpcpy(absolute, strcmp(own->real, "/") ? own->real : "");
	for (; *name; name = skip_slashes(name + length)) {
		length = strcspn(name, "/");
		if (is_part(name, ".."))
			while (end > absolute && *--end != '/')
				;
		else if (!is_part(name, "."))
			end = stpncpy(stpcpy(end, "/"), name, length);
	}
	strcpy(end, end == absolute ? "/" : "");
	return absolute;
}

static int try_rewritten(struct search *s, const char *name)
{
	char *absolute = absolute_name(s->ref->folder, name);
	const char *rest;
	struct root *root;
	int r = 0;

	if (!absolute)
		return fail_memory();
	root = find_root(s->roots, absolute, &rest);
	if (root)
		r = try_root(s, root, rest);
	free(absolute);
	return r;
}

/* In ../<folder>/, if the folder is given and is one. */
static int try_sibling(struct search *s, const char *name)
{
	const char *base = file_base_name(name), *end = base, *folder;
	char *relative;
	int r;

	while (end > name && end[-1] == '/')
		end--;
	for (folder = end; folder > name && folder[-1] != '/'; folder--)
		;
	if (folder == end || is_part(folder, ".") || is_part(folder, ".."))
		return 0;
	if (asprintf(&relative, "../%.*s/%s", (int)(end - folder), folder,
		     base) < 0)
		return fail_memory();
	r = try_as_is(s, relative, file_beside(s->ref->from, relative));
	free(relative);
	return r;
}

static int try_name(struct search *s, const char *name)
{
	const char *from = s->ref->from, *base = file_base_name(name);
	int r;

	r = try_as_is(s, name, file_beside(from, name));
	if (!r)
		r = try_rewritten(s, name);
	if (r || s->link || is_found(s) || base == name || !*base)
		return r;
	r = try_as_is(s, base, file_beside(from, base));
	return r || s->link ? r : try_sibling(s, name);
}

static int search(struct search *s)
{
	int r;

	r = try_name(s, s->ref->name);
	return r || s->link || !s->ref->raw ? r : try_name(s, s->ref->raw);
}

static int tell_link(const struct search *s, const char *absolute)
{
	const struct reference *ref = s->ref;

	return fail(EXIT_DEVICE,
		    "%s:%u: %s \"%s\" is not opened: a symbolic link at %s leads out of the descriptor's folder and those beside it (see --map-root %s=FILE%s)",
		    ref->from, ref->line, ref->what, ref->name, s->link,
		    absolute, ref->option);
}

/* Leaves the last part of @absolute away. */
static void print_way_out(const struct search *s, char *absolute, FILE *f)
{
	char *slash = strrchr(absolute, '/');

	if (!s->outside || s->mapped) {
		fprintf(f, " (see --map-root%s)", s->ref->option);
		return;
	}
	slash[slash == absolute] = '\0';
	fprintf(f, " (as it stands it leads out of the descriptor's folder and those beside it: see --map-root %s=FOLDER%s)",
		absolute, s->ref->option);
}

static int tell_missing(const struct search *s, char *absolute)
{
	const struct reference *ref = s->ref;
	const int error = s->error ? s->error : ENOENT;
	char *text = NULL;
	unsigned int i;
	size_t size;
	FILE *f;
	int r;

	f = open_memstream(&text, &size);
	if (!f)
		return fail_memory();
	for (i = 0; i < s->nr_tried; i++)
		fprintf(f, "%s%s", !i ? ", tried " :
			i + 1 < s->nr_tried ? ", " : " and ", s->tried[i]);
	if (s->nr_tried)
		fprintf(f, ": %s", strerror(error));
	print_way_out(s, absolute, f);
	if (fclose(f))
		r = fail_memory();
	else
		r = fail(s->error ? exit_code_of(error) : EXIT_DEVICE,
			 "%s:%u: %s \"%s\" not found%s", ref->from, ref->line,
			 ref->what, ref->name, text);
	free(text);
	return r;
}

static int tell(const struct search *s)
{
	char *absolute = absolute_name(s->ref->folder, s->ref->name);
	int r;

	if (!absolute)
		return fail_memory();
	r = s->link ? tell_link(s, absolute) : tell_missing(s, absolute);
	free(absolute);
	return r;
}

/**
 * locate() - find a file that a descriptor names
 * @ref: the file
 * @roots: folders that are elsewhere on this machine
 * @how: what to fail for
 * @located: set to it, for located_free(), on failure too; its file's fd is -1
 *           if it was not found
 *
 * Nobody has checked the name, so it means nothing outside of the descriptor's
 * folder, of those beside it, and of the roots.  A relative one starts from the
 * descriptor's folder.  An absolute one is that of another host, more often than
 * not.  It is tried as it stands, below the root that replaces most of it, and,
 * as it may have been copied here together with the descriptor, in the
 * descriptor's folder and in its own one next to that.
 *
 * What is found is not opened.
 *
 * Return: 0, or an exit code after a message.
 */
int locate(const struct reference *ref, const struct roots *roots,
	   enum locate_how how, struct located *located)
{
	struct search s = { .ref = ref, .roots = roots, .located = located };
	unsigned int i;
	int r;

	*located = (struct located){ .file.fd = -1 };
	r = search(&s);
	if (!r && !is_found(&s) && (how == LOCATE_OR_FAIL ||
				    (how == LOCATE_IF_THERE && s.link)))
		r = tell(&s);
	for (i = 0; i < s.nr_tried; i++)
		free(s.tried[i]);
	free(s.link);
	return r;
}

/**
 * locate_given() - the same for a file that the user has named
 * @path: the file
 * @located: set to it, for located_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int locate_given(const char *path, struct located *located)
{
	int error;

	*located = (struct located){ .file.fd = -1 };
	error = file_look(path, &located->file);
	return error ? fail(exit_code_of(error), "%s: %s", path,
			    strerror(error)) : 0;
}

/**
 * located_folder() - open the folder that a file was found in
 * @located: the file: if it is a link, the folder is that of the link
 * @folder: set to it, for folder_put(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int located_folder(const struct located *located, struct folder **folder)
{
	const char *path = located->file.path;
	char *name;
	int error;

	if (!located->top) {
		error = local_folder_of(path, folder);
	} else if (!strchr(located->below, '/')) {
		*folder = folder_get(located->top);
		error = 0;
	} else {
		name = file_beside(located->below, "");
		error = name ? folder_enter(located->top, name, folder) :
			ENOMEM;
		free(name);
	}
	if (error)
		return fail(exit_code_of(error), "%s: cannot open its folder: %s",
			    path, strerror(error));
	if (!(*folder)->path)
		(*folder)->path = file_beside(path, "");
	if ((*folder)->path)
		return 0;
	folder_put(*folder);
	return fail_memory();
}

/**
 * located_free() - be done with what locate() has found
 * @located: it
 */
void located_free(struct located *located)
{
	file_forget(&located->file);
	folder_put(located->top);
	free(located->below);
}

/**
 * roots_free() - free a list of roots
 * @roots: the list, whose names are the caller's
 */
void roots_free(struct roots *roots)
{
	size_t i;

	for (i = 0; i < roots->nr; i++)
		folder_put(roots->list[i].folder);
	free(roots->list);
}
