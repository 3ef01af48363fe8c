// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/copies.h"
#include "cli/luns.h"
#include "cli/options.h"
#include "cli/reading.h"
#include "cli/verbs.h"
#include "restore/file-copy.h"
#include "source/folder.h"
#include "source/source.h"
#include "source/tree.h"
#include "util/message.h"
#include "util/signals.h"
#include "vmdk/locks.h"

/**
 * struct copying - files on their way
 * @o: the command line
 * @copies: where they go
 * @top: name of the folder that is being copied, for messages
 * @to: that of its copy
 * @folders: the folders made for it that are not done, the topmost first
 * @nr_folders: their number
 * @failed: how many files could not be copied
 * @code: what the first of them has the tool exit with
 */
struct copying {
	struct options *o;
	struct copies copies;
	const char *top;
	const char *to;
	int folders[TREE_MAX_DEPTH + 1];
	unsigned int nr_folders;
	size_t failed;
	int code;
};

/* What is wrong with a file of several does not keep the others. */
static void note_failure(struct copying *c, int r)
{
	c->failed++;
	if (!c->code)
		c->code = r;
}

/* Trouble with the copy, not with what is copied, ends it all. */
static int open_source(struct copying *c, const struct file_found *found,
		       struct source *source)
{
	int r;

	r = source_open(&c->o->log, found, source);
	return r ? r : lock_check(source, c->o->image.live);
}

/* @to: the folder that the copy is in, @name: its name from there */
static int copy_to(struct copying *c, const struct source *source,
		   const char *to, const char *name, int fd)
{
	char *path;
	int r;

	if (asprintf(&path, "%s/%s", to, name) < 0)
		return fail_memory();
	r = file_copy(&c->o->log, source, path, fd, reading_is_shown(c->o));
	free(path);
	return r;
}

static int copy_found(struct copying *c, const struct file_found *found,
		      char *path, const char *to, const char *name, int fd)
{
	struct source source = SOURCE_CLOSED(path);
	int r;

	r = open_source(c, found, &source);
	if (r)
		note_failure(c, r);
	else
		r = copy_to(c, &source, to, name, fd);
	source_close(&source);
	return r;
}

static int innermost(const struct copying *c)
{
	return c->folders[c->nr_folders - 1];
}

static int make_failed(const char *path)
{
	return fail(exit_code_of(errno), "%s: cannot be made here: %m", path);
}

/* A file that cannot be read leaves nothing, either. */
static int copy_file(struct copying *c, const struct tree_entry *entry,
		     char *path)
{
	const size_t failed = c->failed;
	int fd, r;

	fd = openat(innermost(c), entry->name,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return make_failed(path);
	r = copy_found(c, &entry->found, path, c->to, entry->below, fd);
	close(fd);
	if (c->failed > failed) {
		unlinkat(innermost(c), entry->name, 0);
		return r == EXIT_MEMORY ? r : 0;
	}
	return r;
}

static int copy_folder(struct copying *c, const struct tree_entry *entry,
		       const char *path)
{
	int fd;

	if (mkdirat(innermost(c), entry->name, 0700))
		return make_failed(path);
	fd = openat(innermost(c), entry->name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return make_failed(path);
	c->folders[c->nr_folders++] = fd;
	return 0;
}

/*
 * Up first, no further than to where the copy begins, and then down: no folder
 * that a link in between leads to is gone up from.
 */
static bool stays_inside(const char *link, unsigned int depth)
{
	for (; !strncmp(link, "../", 3) || !strncmp(link, "./", 2);
	     link += strspn(link, "/")) {
		if (link[1] == '.' && !depth--)
			return false;
		link += 1 + (link[1] == '.');
	}
	if (!strcmp(link, ".."))
		return depth;
	for (; *link; link += strspn(link, "/")) {
		const size_t length = strcspn(link, "/");

		if (!length || (length == 2 && !strncmp(link, "..", 2)))
			return false;
		link += length;
	}
	return true;
}

static int copy_link(struct copying *c, const struct tree_entry *entry,
		     const char *path)
{
	if (!*entry->link || !stays_inside(entry->link, entry->depth)) {
		warn("%s: a link to \"%s\", out of what is copied: left out",
		     path, entry->link);
		return 0;
	}
	return symlinkat(entry->link, innermost(c), entry->name) ?
	       make_failed(path) : 0;
}

static void note_partial(struct copying *c, const char *path)
{
	c->code = fail(EXIT_DEVICE,
		       "%s: its entries are not as many as it says, so some may be missing in the copy",
		       path);
}

static int copy_entry(void *data, const struct tree_entry *entry)
{
	struct copying *c = data;
	char *path;
	int r = 0;

	if (signals_waiting())
		return fail(EXIT_DEVICE, "interrupted");
	if (asprintf(&path, "%s/%s", c->top, entry->below) < 0)
		return fail_memory();
	switch (entry->kind) {
	case TREE_FILE:
		r = copy_file(c, entry, path);
		break;
	case TREE_FOLDER:
		r = copy_folder(c, entry, path);
		if (!r && entry->is_partial)
			note_partial(c, path);
		break;
	case TREE_LINK:
		r = copy_link(c, entry, path);
		break;
	case TREE_UNKNOWN:
		note_failure(c, fail(exit_code_of(entry->error),
				     "%s: cannot be looked at: %s", path,
				     strerror(entry->error)));
		break;
	}
	free(path);
	return r;
}

static void keep_time(int fd, const struct stat *st)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT }, st->st_mtim,
	};

	if (futimens(fd, times))
		warn("a folder's time cannot be set: %m");
}

static int leave_folder(void *data, const struct tree_entry *entry)
{
	struct copying *c = data;

	keep_time(innermost(c), &entry->found.st);
	close(innermost(c));
	c->nr_folders--;
	return 0;
}

static int copy_tree(struct copying *c, struct folder *folder,
		     const char *path, const char *name)
{
	static const struct tree_ops ops = {
		.entry = copy_entry,
		.leave = leave_folder,
	};
	char *to;
	int r;

	if (!(c->o->given & OPT_RECURSIVE))
		return fail(EXIT_USAGE,
			    "%s: is a folder: --recursive copies it with all that is in it",
			    path);
	r = copies_folder(&c->copies, name, &c->folders[0]);
	if (r)
		return r;
	c->nr_folders = 1;
	c->top = folder->real;
	if (asprintf(&to, "%s/%s", c->copies.path, name) < 0)
		to = NULL;
	c->to = to;
	r = to ? tree_walk(folder, &ops, c) : fail_memory();
	if (!r && !folder_is_whole(folder))
		note_partial(c, folder->real);
	free(to);
	while (c->nr_folders)
		close(c->folders[--c->nr_folders]);
	return r;
}

static int copy_one(struct copying *c, const struct file_found *found,
		    const char *name)
{
	int fd, r;

	r = copies_file(&c->copies, name, &fd);
	if (r)
		return r;
	r = copy_found(c, found, found->path, c->copies.path, name, fd);
	close(fd);
	return r;
}

/* A name ends in no slash, but what is typed may. */
static char *last_part(const char *path)
{
	size_t end = strlen(path), begin;

	while (end && path[end - 1] == '/')
		end--;
	for (begin = end; begin && !strchr("/] ", path[begin - 1]); begin--)
		;
	return strndup(path + begin, end - begin);
}

/* Return: what the copy of @path is to be called, or NULL after a message. */
static char *name_of(const struct folder *folder, const char *path)
{
	char *name = last_part(folder ? folder->real : path);

	if (!name)
		fail_memory();
	return name;
}

static int copy_source(struct copying *c, const char *path, const char *name)
{
	struct folder *folder;
	struct located located;
	char *own = NULL;
	int r;

	r = locate_any(&c->o->image.roots, path, &folder, &located);
	if (!r && !name) {
		own = name_of(folder, located.file.path);
		name = own;
		r = name ? 0 : EXIT_MEMORY;
	}
	if (!r)
		r = folder ? copy_tree(c, folder, path, name) :
			     copy_one(c, &located.file, name);
	free(own);
	folder_put(folder);
	located_free(&located);
	return r;
}

/* Into a folder that is there, or as what is not there yet. */
static int open_dest(struct copying *c, const char **name)
{
	struct options *o = c->o;
	char *dest = o->operands[o->nr_operands - 1], *slash;
	const bool force = o->given & OPT_FORCE;
	struct stat st;

	*name = NULL;
	if (!stat(dest, &st) && S_ISDIR(st.st_mode))
		return copies_open(dest, force, &c->copies);
	if (o->nr_operands > 3)
		return fail(EXIT_USAGE,
			    "%s: is no folder, expected one, for several SOURCEs",
			    dest);
	while (strlen(dest) > 1 && dest[strlen(dest) - 1] == '/')
		dest[strlen(dest) - 1] = '\0';
	slash = strrchr(dest, '/');
	*name = slash ? slash + 1 : dest;
	if (!slash)
		return copies_open(".", force, &c->copies);
	*slash = '\0';
	return copies_open(slash == dest ? "/" : dest, force, &c->copies);
}

static int copy_all(struct copying *c)
{
	struct options *o = c->o;
	const char *name;
	int i, r;

	r = open_dest(c, &name);
	c->copies.luns = o->datastores;
	for (i = 1; i < o->nr_operands - 1 && !r; i++)
		r = copy_source(c, o->operands[i], name);
	if (!r)
		r = image_check_unchanged(&o->image);
	if (!r)
		r = copies_finish(&c->copies);
	return r;
}

/**
 * cmd_cp() - copy files out of a datastore
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_cp(struct options *o)
{
	struct copying c = { .o = o, .copies.fd = -1 };
	sigset_t signals, all;
	int r;

	o->is_checked = true;
	r = luns_needed(o);
	if (!r)
		r = signals_hold_questions(&all);
	if (r)
		return r;
	r = signals_hold(&signals);
	if (!r) {
		r = copy_all(&c);
		copies_close(&c.copies);
		signals_release(&signals);
	}
	signals_release(&all);
	if (!r && c.failed)
		r = fail(c.code,
			 "%zu %s could not be copied: all others are there",
			 c.failed, c.failed == 1 ? "file" : "files");
	else if (!r && c.code)
		r = fail(c.code, "what was found is copied");
	return r;
}
