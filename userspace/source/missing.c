// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/missing.h"
#include "util/message.h"

/* A link to what is not there; @path is what was to be opened because of it. */
static bool explain_link(const char *path, const char *link)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (lstat(link, &st) || !S_ISLNK(st.st_mode) || !stat(link, &st))
		return false;
	if (errno != ENOENT && errno != ENOTDIR)
		return false;
	n = readlink(link, target, sizeof(target));
	if (n < 0 || (size_t)n == sizeof(target))
		return false;
	fail(EXIT_DEVICE,
	     "%s: %s%sis a symbolic link to \"%.*s\", which does not exist: mount or make what it leads to, or name something else",
	     path, link == path ? "" : link, link == path ? "" : " ", (int)n,
	     target);
	return true;
}

/* The outermost of the folders that is not there. */
static bool explain_folder(const char *path, char *copy)
{
	struct stat st;
	char *slash;

	for (slash = strchr(copy + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (explain_link(path, copy))
			return true;
		if (stat(copy, &st)) {
			if (errno != ENOENT)
				return false;
			fail(EXIT_DEVICE,
			     "%s: there is no folder %s: mount or make it, or mend the name",
			     path, copy);
			return true;
		}
		if (!S_ISDIR(st.st_mode)) {
			fail(EXIT_DEVICE,
			     "%s: %s is a file, expected a folder: mend the name",
			     path, copy);
			return true;
		}
		*slash = '/';
	}
	return false;
}

/**
 * missing_fail() - say why a file that was named is not there, or can't be made
 * @path: its name
 * @what: what was to be done with it, such as "cannot create", or NULL
 * @error: the errno of doing that
 *
 * A link that leads nowhere and a folder that is missing are named.
 *
 * Return: what to exit with.
 */
int missing_fail(const char *path, const char *what, int error)
{
	bool told = false;
	char *copy;

	/* With O_EXCL, a link that leads nowhere is something that exists. */
	if (*path && (error == ENOENT || error == ENOTDIR || error == EEXIST)) {
		copy = strdup(path);
		if (!copy)
			return fail_memory();
		told = explain_link(path, path) || explain_folder(path, copy);
		free(copy);
	}
	return told ? EXIT_DEVICE :
	       fail(exit_code_of(error), "%s: %s%s%s", path, what ? what : "",
		    what ? ": " : "", strerror(error));
}
