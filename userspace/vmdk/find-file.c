// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/file.h"
#include "source/folder.h"
#include "source/local-folder.h"
#include "source/missing.h"
#include "util/message.h"
#include "vmdk/find-file.h"
#include "vmdk/lun-name.h"
#include "vmdk/name-place.h"
#include "vmdk/rivals.h"

/* Four places for each of two names. */
#define MAX_PLACES 8

/**
 * struct search - a file being looked for
 * @ref: the file
 * @roots: folders that are elsewhere
 * @how: what to fail for
 * @located: set to it once it is found
 * @own: what the descriptor's folder has of its last part, while what the folder
 *       that the name has is looked into, too
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
	enum locate_how how;
	struct located *located;
	struct located own;
	char *tried[MAX_PLACES];
	unsigned int nr_tried;
	bool mapped;
	bool outside;
	char *link;
	int error;
};

static bool is_found(const struct search *s)
{
	return file_is_found(&s->located->file);
}

static bool was_tried(const struct search *s, const char *path)
{
	unsigned int i;

	for (i = 0; i < s->nr_tried; i++)
		if (!strcmp(s->tried[i], path))
			return true;
	return false;
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
	if (was_tried(s, path))
		free(path);
	else
		s->tried[s->nr_tried++] = path;
	return 0;
}

/* Takes @path. */
static int keep(struct search *s, const struct place *place, char *path,
		const struct file_found *found)
{
	struct located *located = s->located;

	located->file = *found;
	located->file.path = path;
	if (!place)
		return 0;
	located->top = folder_get(place->top);
	located->below = strdup(place->below);
	return located->below ? 0 : fail_memory();
}

/* What the user has named needs no place. */
static int try_given(struct search *s, char *path)
{
	struct file_found found;
	int error = file_look(path, &found);

	free(found.path);
	found.path = NULL;
	if (!error)
		return keep(s, NULL, path, &found);
	file_forget(&found);
	return miss(s, path, error);
}

/* Takes @path, which is what messages call it. */
static int try(struct search *s, const struct place *place, char *path)
{
	struct file_found found = { .fd = -1 };
	int error;

	if (is_found(s) || was_tried(s, path)) {
		free(path);
		return 0;
	}
	if (name_leads_out(place->below)) {
		s->outside = true;
		free(path);
		return 0;
	}
	error = place_look(s->ref->folder, place, &found);
	return error ? miss(s, path, error) : keep(s, place, path, &found);
}

/* Look where @name leads by itself; it is @path for messages. */
static int try_as_is(struct search *s, const char *name, char *path)
{
	struct place place;
	int error, r;

	if (!path)
		return fail_memory();
	error = place_find(s->ref->folder, name, &place);
	if (error == EXDEV) {
		s->outside = true;
		free(path);
		return 0;
	}
	if (error)
		return miss(s, path, error);
	r = try(s, &place, path);
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
		rest = name_below(root->from, name);
		if (!rest || (best && rest <= *best_rest))
			continue;
		best = root;
		*best_rest = rest;
	}
	return best;
}

static int open_root_on_lun(const struct datastores *luns, struct root *root)
{
	struct lun_name name;
	int error;

	if (lun_name_parse(luns, root->to, &name))
		return EUCLEAN;
	error = folder_enter(name.root, *name.below ? name.below : ".",
			     &root->folder);
	if (!error)
		root->folder->alone = true;
	return error;
}

/* What is right in it has nothing beside it: that would be outside. */
static int open_root(const struct roots *roots, struct root *root)
{
	char *path;
	int error;

	if (root->folder)
		return 0;
	if (roots->luns && lun_name_is(root->to))
		return open_root_on_lun(roots->luns, root);
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
	struct place place = { .below = rest + strspn(rest, "/") };
	char *path;
	int error;

	s->mapped = true;
	if (is_found(s))
		return 0;
	if (asprintf(&path, "%s%s", root->to, rest) < 0)
		return fail_memory();
	if (!*place.below)
		return try_given(s, path);
	error = open_root(s->roots, root);
	if (error)
		return miss(s, path, error);
	place.top = root->folder;
	return try(s, &place, path);
}

static int try_rewritten(struct search *s, const char *name)
{
	char *absolute = name_absolute(s->ref->folder, name);
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
	if (folder == end || !strncmp(folder, "./", 2) ||
	    !strncmp(folder, "../", 3))
		return 0;
	if (asprintf(&relative, "../%.*s/%s", (int)(end - folder), folder,
		     base) < 0)
		return fail_memory();
	r = try_as_is(s, relative, file_beside(s->ref->from, relative));
	free(relative);
	return r;
}

static const struct located nothing = { .file.fd = -1 };

/* What the descriptor's folder has it is, if it has anything. */
static void take_own(struct search *s)
{
	*s->located = s->own;
	s->own = nothing;
}

/* Of what is in two places one is meant, or neither. */
static int choose(struct search *s)
{
	const struct file_found *chosen;
	struct located literal = *s->located;
	int r;

	*s->located = nothing;
	r = rivals_choose(s->ref, s->how, &literal.file, &s->own.file, &chosen);
	if (!r && chosen == &s->own.file)
		take_own(s);
	if (!r && chosen == &literal.file)
		*s->located = literal;
	else
		located_free(&literal);
	s->located->has_rival = !r && chosen;
	located_free(&s->own);
	s->own = nothing;
	return r;
}

/* By its last part, and by that and the folder before it. */
static int try_parts(struct search *s, const char *name)
{
	const char *from = s->ref->from, *base = file_base_name(name);
	int r;

	r = try_as_is(s, base, file_beside(from, base));
	if (r || s->link)
		return r;
	s->own = *s->located;
	*s->located = nothing;
	r = try_sibling(s, name);
	if (r || !file_is_found(&s->own.file))
		return r;
	if (is_found(s))
		return choose(s);
	free(s->link); /* that one is not to be had */
	s->link = NULL;
	take_own(s);
	return 0;
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
	return try_parts(s, name);
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
		    "%s:%u: %s \"%s\" is not opened: a symbolic link at %s leads out of the folders that it may be in (see --map-root %s=FILE%s)",
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
	char *absolute = name_absolute(s->ref->folder, s->ref->name);
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
 * descriptor's folder and in its own one next to that: see rivals_choose() for
 * files in both.
 *
 * What is found is not opened.
 *
 * Return: 0, or an exit code after a message.
 */
int locate(const struct reference *ref, const struct roots *roots,
	   enum locate_how how, struct located *located)
{
	struct search s = {
		.ref = ref,
		.roots = roots,
		.how = how,
		.located = located,
		.own = nothing,
	};
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
	located_free(&s.own);
	return r;
}

/* In a datastore a folder beneath its topmost one is as good as that one. */
static int locate_on_luns(const struct datastores *luns, const char *path,
			  struct located *located)
{
	struct lun_name name;
	int r, error;

	r = lun_name_parse(luns, path, &name);
	if (r)
		return r;
	if (*path == '/')
		located->file.path = strdup(path);
	else if (asprintf(&located->file.path, "%s/%s", name.root->real,
			  name.below) < 0)
		located->file.path = NULL;
	located->below = strdup(name.below);
	if (!located->file.path || !located->below)
		return fail_memory();
	located->top = folder_get(name.root);
	error = folder_look(located->top, *name.below ? name.below : ".",
			    &located->file);
	if (error == EXDEV)
		return fail(EXIT_DEVICE, "%s: leads out of its datastore", path);
	if (error == ENOENT || error == ENOTDIR)
		return fail(EXIT_DEVICE,
			    "%s: %s: 'ls --lun' shows what the datastore has",
			    path, strerror(error));
	return error ? fail(exit_code_of(error), "%s: %s", path,
			    strerror(error)) : 0;
}

/**
 * locate_given() - the same for a file that the user has named
 * @roots: where his files are
 * @path: the file
 * @located: set to it, for located_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int locate_given(const struct roots *roots, const char *path,
		 struct located *located)
{
	int error;

	*located = (struct located){ .file.fd = -1 };
	if (roots->luns)
		return locate_on_luns(roots->luns, path, located);
	error = file_look(path, &located->file);
	if (error == ENOENT && lun_name_is(path))
		return fail(EXIT_DEVICE,
			    "%s: no such file on this machine: name the LUN of its datastore with --lun",
			    path);
	return error ? missing_fail(path, NULL, error) : 0;
}

/* Of a datastore the topmost folder has no name to be found by. */
static int enter_top(const struct datastores *luns, const char *path,
		     struct folder **folder)
{
	struct lun_name name;
	int r;

	r = lun_name_parse(luns, path, &name);
	if (!r && !*name.below)
		*folder = folder_get(name.root);
	return r;
}

static int enter_located(const struct located *located, struct folder **folder)
{
	const char *path = located->file.path;
	int error;

	error = located->top ?
		folder_enter(located->top, located->below, folder) :
		local_folder_open(path, folder);
	return error ? fail(exit_code_of(error), "%s: cannot be opened: %s",
			    path, strerror(error)) : 0;
}

/**
 * locate_any() - locate_given() of what may be a folder
 * @roots: where his files are
 * @path: the file or folder
 * @folder: set to it, for folder_put(), or to NULL: it is none
 * @located: set to it, for located_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int locate_any(const struct roots *roots, const char *path,
	       struct folder **folder, struct located *located)
{
	int r = 0;

	*folder = NULL;
	*located = (struct located){ .file.fd = -1 };
	if (roots->luns)
		r = enter_top(roots->luns, path, folder);
	if (r || *folder)
		return r;
	r = locate_given(roots, path, located);
	if (!r && S_ISDIR(located->file.st.st_mode))
		r = enter_located(located, folder);
	return r;
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

	for (i = 0; i < roots->nr; i++) {
		folder_put(roots->list[i].folder);
		free(roots->list[i].made);
	}
	free(roots->list);
	*roots = (struct roots){ 0 };
}
