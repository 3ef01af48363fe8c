// SPDX-License-Identifier: GPL-2.0-only
/*
 * openat2() resolves a name so that it cannot leave a folder.  Where the kernel
 * or a sandbox does not have it, the same is done here, one part at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "source/open-below.h"

/* As many as the kernel follows in one name. */
#define MAX_LINKS 40

/**
 * struct walk - a name that is being resolved
 * @top: the folder that it must not leave
 * @at: what it has led to so far
 * @is_folder: @at is one
 * @done: the parts that have led there from @top: no link, no "..", none empty
 * @rest: those to come
 * @links: how many links there were
 */
struct walk {
	int top;
	int at;
	bool is_folder;
	char done[PATH_MAX];
	char rest[PATH_MAX];
	unsigned int links;
};

static void stand_at(struct walk *w, int fd)
{
	if (w->at >= 0)
		close(w->at);
	w->at = fd;
}

static int start(struct walk *w)
{
	int fd = openat(w->top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	stand_at(w, fd);
	w->is_folder = true;
	return 0;
}

/* Cut the first part, and the slashes behind it, off @rest. */
static void take_part(char *rest, char part[NAME_MAX + 1])
{
	size_t length = strcspn(rest, "/");
	size_t skip = length + strspn(rest + length, "/");

	memcpy(part, rest, length);
	part[length] = '\0';
	memmove(rest, rest + skip, strlen(rest + skip) + 1);
}

/*
 * The way back is gone from @top again: a folder that somebody moves meanwhile
 * has a parent that may be anywhere.
 */
static int go_back(struct walk *w)
{
	char again[PATH_MAX], part[NAME_MAX + 1], *slash = strrchr(w->done, '/');
	int r, fd;

	if (!*w->done)
		return EXDEV;
	*(slash ? slash : w->done) = '\0';
	strcpy(again, w->done);
	r = start(w);
	while (!r && *again) {
		take_part(again, part);
		fd = openat(w->at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW |
			    O_CLOEXEC);
		if (fd < 0)
			return errno;
		stand_at(w, fd);
	}
	return r;
}

/* Those of /proc are not followed: they lead to where no name does. */
static int follow_link(struct walk *w, int link, bool more)
{
	char text[PATH_MAX], rest[PATH_MAX];
	struct statfs fs;
	ssize_t n;

	if (fstatfs(link, &fs))
		return errno;
	if (fs.f_type == PROC_SUPER_MAGIC || ++w->links > MAX_LINKS)
		return ELOOP;
	n = readlinkat(link, "", text, sizeof(text));
	if (n < 0)
		return errno;
	if (!n)
		return ENOENT;
	if (*text == '/')
		return EXDEV;
	if ((size_t)n >= sizeof(text) ||
	    (size_t)snprintf(rest, sizeof(rest), "%.*s%s%s", (int)n, text,
			     more ? "/" : "", w->rest) >= sizeof(rest))
		return ENAMETOOLONG;
	strcpy(w->rest, rest);
	return 0;
}

static int keep_part(struct walk *w, const char *part)
{
	const size_t length = strlen(w->done);
	const size_t room = sizeof(w->done) - length;

	return (size_t)snprintf(w->done + length, room, "%s%s",
				length ? "/" : "", part) < room ? 0 :
	       ENAMETOOLONG;
}

/* @more: there was a slash behind it, so it has to be a folder. */
static int go_to(struct walk *w, const char *part, bool more)
{
	struct stat st;
	int fd, r;

	fd = openat(w->at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fstat(fd, &st)) {
		r = errno;
	} else if (S_ISLNK(st.st_mode)) {
		r = follow_link(w, fd, more);
	} else if (more && !S_ISDIR(st.st_mode)) {
		r = ENOTDIR;
	} else {
		r = keep_part(w, part);
		if (!r) {
			stand_at(w, fd);
			w->is_folder = S_ISDIR(st.st_mode);
			return 0;
		}
	}
	close(fd);
	return r;
}

static int step(struct walk *w)
{
	const size_t length = strcspn(w->rest, "/");
	const bool more = w->rest[length] == '/';
	char part[NAME_MAX + 1];

	if (length > NAME_MAX)
		return ENAMETOOLONG;
	take_part(w->rest, part);
	if (!strcmp(part, "."))
		return 0;
	if (!strcmp(part, ".."))
		return go_back(w);
	return go_to(w, part, more);
}

static int walk(int folder, const char *name, int flags)
{
	struct walk w = { .top = folder, .at = -1 };
	int r;

	if (!*name)
		return -ENOENT;
	if (strlen(name) >= sizeof(w.rest))
		return -ENAMETOOLONG;
	if (*name == '/')
		return -EXDEV;
	strcpy(w.rest, name);
	r = start(&w);
	while (!r && *w.rest)
		r = step(&w);
	if (!r && flags & O_DIRECTORY && !w.is_folder)
		r = ENOTDIR;
	if (!r)
		return w.at;
	stand_at(&w, -1);
	return -r;
}

/**
 * open_below() - look a name up that must not lead out of a folder
 * @folder: the folder, which O_PATH is enough for
 * @name: relative; no ".." and no link in it may lead out, not even back in again,
 *        and none may be absolute or one of those of /proc
 * @flags: O_DIRECTORY or 0
 *
 * What is found is not opened, so it makes no difference what it is.
 *
 * Return: an O_PATH descriptor of it, or a negative errno; -EXDEV if the name
 * leads out.
 */
int open_below(int folder, const char *name, int flags)
{
	const struct open_how how = {
		.flags = (unsigned int)flags | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));
	if (fd >= 0)
		return (int)fd;
	/*
	 * EPERM is how old sandboxes say that they don't know it.  EAGAIN means
	 * that things are being moved, which the walk does not mind.
	 */
	if (errno == ENOSYS || errno == EPERM || errno == EAGAIN)
		return walk(folder, name, flags);
	return -errno;
}
