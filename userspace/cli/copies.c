// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/copies.h"
#include "host/in-use.h"
#include "host/lock.h"
#include "source/file.h"
#include "source/missing.h"
#include "source/source.h"
#include "util/message.h"
#include "vmfs/datastore.h"

/**
 * copies_open() - begin to make files
 * @path: the folder that they are to be in
 * @force: files that are there may be replaced
 * @c: filled in, for copies_close(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int copies_open(const char *path, bool force, struct copies *c)
{
	*c = (struct copies){ .path = path, .force = force };
	c->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->fd < 0 ? missing_fail(path, "cannot open", errno) : 0;
}

static int fail_there(const struct copies *c, const char *name, bool is_folder)
{
	if (is_folder)
		return fail(EXIT_BUSY,
			    "%s/%s: is there already, and a folder: give another DEST, or remove it first",
			    c->path, name);
	return fail(EXIT_BUSY, "%s/%s: is there already: --force replaces it",
		    c->path, name);
}

/* An image of a LUN that is read from is not replaced. */
static bool is_lun(const struct datastores *luns, const struct stat *st)
{
	const struct source *device;
	struct stat other;
	size_t i;

	for (i = 0; luns && (device = datastores_device(luns, i)); i++)
		if (!source_stat(device, &other) &&
		    other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return true;
	return false;
}

/*
 * A device's node or the like is not what a copy is to take the place of, nor a
 * link that leads to one, such as /dev/disk/by-id/... or /dev/stdout.
 */
static int check_replaceable(const struct copies *c, const char *name,
			     const struct stat *st)
{
	const bool is_link = S_ISLNK(st->st_mode);
	struct stat to = *st;

	if (is_link && fstatat(c->fd, name, &to, 0))
		return 0; /* to nothing */
	if (!S_ISREG(to.st_mode))
		return fail(EXIT_BUSY,
			    "%s/%s: is there already, and %s: give another DEST",
			    c->path, name,
			    is_link ? "a link to no file" : "no file");
	if (is_lun(c->luns, &to))
		return fail(EXIT_BUSY,
			    "%s/%s: is %sthe LUN that is copied from: give another DEST",
			    c->path, name, is_link ? "a link to " : "");
	return 0;
}

static int check_free(const struct copies *c, const char *name, bool is_file)
{
	struct stat st;
	int r;

	if (fstatat(c->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 :
		       fail(exit_code_of(errno), "%s/%s: %m", c->path, name);
	if (is_file && !S_ISDIR(st.st_mode)) {
		r = check_replaceable(c, name, &st);
		if (r || c->force)
			return r;
	}
	return fail_there(c, name, !is_file || S_ISDIR(st.st_mode));
}

/* As restore does with what it is to write to; the lock is kept. */
static int take(const char *path, int *fd)
{
	struct stat st;
	int r;

	r = file_open_writable(path, fd, &st);
	if (!r)
		r = in_use_check(path, &st);
	return r ? r : lock_take(path, *fd);
}

static void let_go(struct copy_made *made)
{
	if (made->there >= 0)
		close(made->there);
	made->there = -1;
}

/*
 * See that a name can be given, and keep others from using what has it.  This is
 * done first, to say so at once, and again in the end: by then the name may be
 * another's, and a loop device asks for no lock.
 */
static int hold(const struct copies *c, struct copy_made *made)
{
	struct stat st;
	char *path;
	int r;

	let_go(made);
	r = check_free(c, made->name, !made->is_folder);
	if (r || fstatat(c->fd, made->name, &st, 0))
		return r; /* nothing has it, or a link to nothing */
	if (asprintf(&path, "%s/%s", c->path, made->name) < 0)
		return fail_memory();
	r = take(path, &made->there);
	free(path);
	return r;
}

static void drop(struct copy_made *made)
{
	let_go(made);
	free(made->name);
}

static int add(struct copies *c, const char *name, struct copy_made **made)
{
	struct copy_made *list;
	unsigned long long random;
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (!strcmp(c->list[i].name, name))
			return fail(EXIT_USAGE,
				    "%s: two of what is to be copied are called that, expected other names: copy them one by one",
				    name);
	list = reallocarray(c->list, c->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	c->list = list;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return fail(EXIT_DEVICE, "no random number to be had: %m");
	*made = &list[c->nr];
	snprintf((*made)->made, COPY_NAME_SIZE, ".sesparsesetup-%016llx",
		 random);
	(*made)->there = -1;
	(*made)->name = strdup(name);
	return (*made)->name ? 0 : fail_memory();
}

static int begin(struct copies *c, const char *name, bool is_folder,
		 struct copy_made **made)
{
	int r = add(c, name, made);

	if (r)
		return r;
	(*made)->is_folder = is_folder;
	r = hold(c, *made);
	if (r)
		drop(*made);
	return r;
}

static int fail_making(const struct copies *c, struct copy_made *made)
{
	const int error = errno;

	drop(made);
	return fail(exit_code_of(error), "%s: cannot make anything in it: %s",
		    c->path, strerror(error));
}

/**
 * copies_file() - make a file
 * @c: where
 * @name: what it is to be called
 * @fd: set to it, open, which is the caller's
 *
 * Return: 0, or an exit code after a message.
 */
int copies_file(struct copies *c, const char *name, int *fd)
{
	struct copy_made *made;
	int r = begin(c, name, false, &made);

	if (r)
		return r;
	/* What is in a datastore is not for everybody's eyes. */
	*fd = openat(c->fd, made->made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		     0600);
	if (*fd < 0)
		return fail_making(c, made);
	c->nr++;
	return 0;
}

/**
 * copies_folder() - make a folder
 * @c: where
 * @name: what it is to be called
 * @fd: set to it, open, which is the caller's
 *
 * Return: 0, or an exit code after a message.
 */
int copies_folder(struct copies *c, const char *name, int *fd)
{
	struct copy_made *made;
	int r = begin(c, name, true, &made);

	if (r)
		return r;
	if (mkdirat(c->fd, made->made, 0700))
		return fail_making(c, made);
	c->nr++;
	*fd = openat(c->fd, made->made,
		     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd < 0 ? fail(exit_code_of(errno), "%s: cannot open: %m",
			      made->name) : 0;
}

static int give_name(const struct copies *c, struct copy_made *made)
{
	int r;

	if (!renameat2(c->fd, made->made, c->fd, made->name, RENAME_NOREPLACE))
		return 0;
	/* EINVAL: some file systems have no such renaming. */
	if (errno == EEXIST || errno == EINVAL) {
		r = hold(c, made);
		if (r)
			return r;
		if (!renameat(c->fd, made->made, c->fd, made->name))
			return 0;
	}
	return fail(exit_code_of(errno), "%s/%s: cannot be given its name: %m",
		    c->path, made->name);
}

/**
 * copies_finish() - give all that was made its name
 * @c: what was made
 *
 * Return: 0, or an exit code after a message.
 */
int copies_finish(struct copies *c)
{
	size_t i;
	int r = 0;

	/* If one cannot have it, none has. */
	for (i = 0; i < c->nr && !r; i++)
		r = hold(c, &c->list[i]);
	while (c->nr && !r) {
		r = give_name(c, &c->list[c->nr - 1]);
		if (!r)
			drop(&c->list[--c->nr]);
	}
	if (!r && fsync(c->fd) && errno != EINVAL)
		r = fail(exit_code_of(errno), "%s: cannot flush: %m", c->path);
	return r;
}

/* All that was made in a folder of ours; it is as deep as folders are walked. */
static int empty(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int inner, error = 0;

	if (!dir) {
		error = errno;
		close(fd);
		return error;
	}
	while (!error && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dirfd(dir), entry->d_name, 0))
			continue;
		inner = openat(dirfd(dir), entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		error = inner < 0 ? errno : empty(inner);
		if (!error &&
		    unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR))
			error = errno;
	}
	closedir(dir);
	return error;
}

static int remove_made(const struct copies *c, const char *name)
{
	int fd, error;

	if (!unlinkat(c->fd, name, 0))
		return 0;
	fd = openat(c->fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	error = fd < 0 ? errno : empty(fd);
	if (!error && unlinkat(c->fd, name, AT_REMOVEDIR))
		error = errno;
	return error;
}

/**
 * copies_close() - be done: what has not got its name goes
 * @c: what was made
 */
void copies_close(struct copies *c)
{
	int error;

	for (; c->nr; c->nr--) {
		error = remove_made(c, c->list[c->nr - 1].made);
		if (error)
			warn("%s/%s: cannot be removed: %s", c->path,
			     c->list[c->nr - 1].made, strerror(error));
		drop(&c->list[c->nr - 1]);
	}
	free(c->list);
	c->list = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
