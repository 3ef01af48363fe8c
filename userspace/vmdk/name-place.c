// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "source/folder.h"
#include "source/local-folder.h"
#include "vmdk/name-place.h"

static const char *skip_slashes(const char *name)
{
	return name + strspn(name, "/");
}

/**
 * name_below() - what a name has that a folder's has not
 * @root: the folder's name
 * @name: the name
 *
 * Return: what follows @root in @name, if its folders are @name's first ones, or
 * NULL; slashes are left in front of it.
 */
const char *name_below(const char *root, const char *name)
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

/**
 * name_leads_out() - does a name lead out of where it starts by itself?
 * @name: relative
 *
 * Return: true if so, that is, if it does where none of its folders is a link.
 */
bool name_leads_out(const char *name)
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
	const char *rest = name_below(path, name);
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
	rest = name_below(above, name);
	if (rest && (is_real || is_above(own, above)))
		error = place_beside(own, rest, place);
	free(above);
	return error;
}

/**
 * place_find() - where a name that nobody has checked may be looked up
 * @own: the folder of the descriptor that has it
 * @name: the name
 * @place: set to it on success; its folder is for folder_put()
 *
 * The name means only what is in that folder or in one beside it, by whichever of
 * their names.
 *
 * Return: 0, or an errno; EXDEV if it means no such place.
 */
int place_find(struct folder *own, const char *name, struct place *place)
{
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

/**
 * place_look() - look up what is in a place
 * @own: the folder of the descriptor that names it
 * @place: the place
 * @found: set on success, all but its path
 *
 * A link right in the descriptor's folder is as good as the name that it holds.
 *
 * Return: 0, or an errno; EXDEV if a link leads out.
 */
int place_look(struct folder *own, const struct place *place,
	       struct file_found *found)
{
	int error = folder_look(place->top, place->below, found);
	char text[PATH_MAX];
	struct place next;

	if (error != EXDEV || place->top != own || strchr(place->below, '/') ||
	    folder_read_link(own, place->below, text, sizeof(text)) ||
	    place_find(own, text, &next))
		return error;
	error = folder_look(next.top, next.below, found);
	folder_put(next.top);
	return error;
}

/**
 * name_absolute() - make a name an absolute one
 * @own: the folder of the descriptor that has it, where a relative one starts
 * @name: the name; whether any of its folders is a link makes no difference
 *
 * Return: it, to be freed by the caller, or NULL without memory.
 */
char *name_absolute(const struct folder *own, const char *name)
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
