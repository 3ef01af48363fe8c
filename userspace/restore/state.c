// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file is replaced as a whole, so that at any time there is the old one or
 * the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "restore/plan.h"
#include "restore/state.h"
#include "restore/target.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

static const char magic[] =
	"# How far sesparsesetup restore has got; --resume goes on from here.\n";

/**
 * state_open() - read how far a restore has got
 * @path: the file; it need not be there
 * @r: filled in, for state_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int state_open(const char *path, struct state *r)
{
	char line[sizeof(magic)];
	size_t room = 0;
	ssize_t n = 0;
	FILE *f;
	int ret;

	*r = (struct state){ .path = path };
	f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return 0;
	if (!f)
		return fail(exit_code_of(errno), "%s: cannot open: %m", path);
	/* Another file may be of any length, and one line. */
	if (fgets(line, sizeof(line), f) && !strcmp(line, magic))
		n = getdelim(&r->text, &room, '\0', f);
	ret = ferror(f) ? fail(exit_code_of(errno), "%s: cannot read: %m",
			       path) : 0;
	fclose(f);
	if (ret || n > 0)
		return ret;
	return fail(EXIT_USAGE,
		    "--resume %s: is no file that a restore has left: name one that is, or a new one",
		    path);
}

/* A name of any bytes, in one line. */
static void print_name(FILE *f, const char *path)
{
	char *absolute = realpath(path, NULL);
	const char *c = absolute ? absolute : path;

	for (; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == '%' || *c == 0x7f)
			fprintf(f, "%%%02x", (unsigned char)*c);
		else
			fputc(*c, f);
	fputc('\n', f);
	free(absolute);
}

static void print_source(FILE *f, const struct source *s)
{
	struct stat st = { 0 };

	fprintf(f, "extent of %llu sectors", s->sectors);
	if (!s->is_block && !fstat(s->fd, &st))
		fprintf(f, ", changed at %lld.%09ld",
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	fputs(": ", f);
	print_name(f, s->path);
}

static int make_identity(struct state *r, bool salvage,
			 const struct image *image, const struct target *t)
{
	const struct descriptor *d;
	size_t length, i;
	FILE *f = open_memstream(&r->identity, &length);

	if (!f)
		return fail_memory();
	for (i = 0; i < image->chain.nr_links; i++) {
		d = image->chain.links[i];
		fprintf(f, "disk of %llu sectors, CID %08x: ", d->capacity,
			d->cid);
		print_name(f, d->path);
	}
	for (i = 0; i < image->sources.nr; i++)
		print_source(f, image->sources.list[i]);
	fprintf(f, "corrupt entries: %s\n",
		salvage ? "salvaged" : "refused");
	if (t->is_block)
		fprintf(f, "to a block device of %llu bytes: ", t->bytes);
	else
		fputs("to a file: ", f);
	print_name(f, t->path);
	return fclose(f) ? fail_memory() : 0;
}

/* Where the two first differ, line by line. */
static int fail_identity(const struct state *r, const char *found)
{
	const char *wanted = r->identity;
	size_t line = 2, a, b;

	for (;;) {
		a = strcspn(found, "\n");
		b = strcspn(wanted, "\n");
		if (a != b || memcmp(found, wanted, a) || !*found || !*wanted)
			break;
		found += a + 1;
		wanted += b + 1;
		line++;
	}
	return fail(EXIT_DEVICE,
		    "%s:%zu: the restore that was begun has \"%.*s\", this one \"%.*s\", expected the same: remove the file to begin again",
		    r->path, line, (int)a, found, (int)b, wanted);
}

static int parse_position(struct state *r, const char *text, u64 bytes)
{
	u64 start, end;
	int n = 0;

	while (sscanf(text, "unreadable: %llu to %llu%n", &start, &end, &n) == 2 &&
	       text[n] == '\n' && start < end && end <= bytes) {
		if (ranges_add(&r->bad, start, end))
			return EXIT_MEMORY;
		text += n + 1;
	}
	n = 0;
	if (sscanf(text, "restored: %llu bytes%n", &r->position, &n) == 1 &&
	    !strcmp(text + n, "\n") && r->position <= bytes &&
	    (r->position % PLAN_ALIGN == 0 || r->position == bytes))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: damaged: found \"%.40s\", expected how far the restore has got: remove the file to begin again",
		    r->path, text);
}

/* The name of what is to take the file's place. */
static int name_new(const struct state *r, char **new)
{
	if (asprintf(new, "%s.new", r->path) >= 0)
		return 0;
	*new = NULL;
	return fail_memory();
}

static bool is_target(const char *path, const struct target *t)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == t->st.st_dev &&
	       st.st_ino == t->st.st_ino;
}

/* What is written to one of the names would not be there in the end. */
static int check_apart(const struct state *r, const struct target *t)
{
	char *new;
	int ret;

	ret = name_new(r, &new);
	if (!ret && (is_target(r->path, t) || is_target(new, t)))
		ret = fail(EXIT_USAGE,
			   "--resume %s: this or %s is the target, expected a file of its own",
			   r->path, new);
	free(new);
	return ret;
}

/**
 * state_check() - check that this is the restore that was begun
 * @r: what state_open() read, if there was anything; completed
 * @salvage: what is corrupt or cannot be read is left out
 * @image: the disk
 * @t: the target
 *
 * Return: 0, or an exit code after a message.
 */
int state_check(struct state *r, bool salvage,
		 const struct image *image, const struct target *t)
{
	const u64 bytes = image->chain.links[0]->capacity * SESPARSE_SECTOR_SIZE;
	const char *text;
	size_t length;
	int ret;

	ret = check_apart(r, t);
	if (ret)
		return ret;
	if (make_identity(r, salvage, image, t))
		return EXIT_MEMORY;
	if (!r->text)
		return 0;
	text = r->text;
	length = strlen(r->identity);
	if (strncmp(text, r->identity, length))
		return fail_identity(r, text);
	if (!t->is_block && t->bytes != bytes)
		return fail(EXIT_DEVICE,
			    "%s: has %llu bytes, but the restore that was begun made it %llu, expected them equal: remove %s to begin again",
			    t->path, t->bytes, bytes, r->path);
	return parse_position(r, text + length, bytes);
}

static int write_all(const struct state *r, u64 position,
		     const struct ranges *bad, FILE *f)
{
	size_t i;
	int error;

	fputs(magic, f);
	fputs(r->identity, f);
	for (i = 0; i < bad->nr; i++)
		fprintf(f, "unreadable: %llu to %llu\n", bad->list[i].start,
			bad->list[i].end);
	fprintf(f, "restored: %llu bytes\n", position);
	error = fflush(f) || ferror(f) || fsync(fileno(f)) ? errno : 0;
	if (fclose(f) && !error)
		error = errno;
	errno = error;
	return error ? -1 : 0;
}

/* A new name is not in the folder for good before that is flushed. */
static int flush_folder(const char *path)
{
	const char *base = file_base_name(path);
	char *folder = base == path ? strdup(".") :
		       strndup(path, (size_t)(base - path));
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int r = fd < 0 ? -1 : fsync(fd);

	/* Some filesystems cannot, and need not. */
	if (r && errno == EINVAL)
		r = 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return r;
}

/* Not through a link, which in a folder such as /tmp may be anybody's. */
static FILE *open_new(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
		      O_CLOEXEC, 0666);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

/**
 * state_save() - write down how far the restore has got
 * @r: after state_check()
 * @position: all before this byte of the disk is written and flushed
 * @bad: what of it could not be read
 *
 * Return: 0, or an exit code after a message.
 */
int state_save(const struct state *r, u64 position, const struct ranges *bad)
{
	char *new;
	FILE *f;
	int ret;

	ret = name_new(r, &new);
	if (ret)
		return ret;
	f = open_new(new);
	if (!f || write_all(r, position, bad, f) || rename(new, r->path) ||
	    flush_folder(r->path)) {
		ret = fail(exit_code_of(errno), "%s: cannot write: %m",
			   r->path);
		unlink(new);
	}
	free(new);
	return ret;
}

/**
 * state_remove() - the restore is complete
 * @r: after state_check()
 *
 * Return: 0, or an exit code after a message.
 */
int state_remove(const struct state *r)
{
	if (!unlink(r->path) || errno == ENOENT)
		return 0;
	return fail(exit_code_of(errno), "%s: cannot remove: %m", r->path);
}

/**
 * state_free() - free what state_open() and state_check() made
 * @r: it
 */
void state_free(struct state *r)
{
	free(r->text);
	free(r->identity);
	ranges_free(&r->bad);
}
