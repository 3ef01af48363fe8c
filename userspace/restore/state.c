// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file is replaced as a whole, so that at any time there is the old one or
 * the new one; and never if it is not the one that was read or written here.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "restore/fingerprint.h"
#include "restore/plan.h"
#include "restore/since.h"
#include "restore/state.h"
#include "restore/target.h"
#include "source/bytes.h"
#include "source/file.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

static const char magic[] =
	"# How far sesparsesetup restore has got; --resume goes on from here.\n";
#define MAGIC_BYTES (sizeof(magic) - 1)

/* Of more than any disk has unreadable places that are worth a restore. */
#define MAX_BYTES (64U << 20)

static int fail_foreign(const char *path)
{
	return fail(EXIT_USAGE,
		    "%s: is no file that a restore has left: name one that is, or a new one",
		    path);
}

/* Another file may be of any length; what is NUL ends the text. */
static int read_text(struct state *r, int fd, u64 bytes)
{
	int error;

	if (bytes < MAGIC_BYTES || bytes > MAX_BYTES)
		return fail_foreign(r->path);
	r->text = calloc(1, bytes + 1);
	if (!r->text)
		return fail_memory();
	error = bytes_read(fd, r->text, bytes, 0);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s", r->path,
			    strerror(error));
	return strncmp(r->text, magic, MAGIC_BYTES) ? fail_foreign(r->path) : 0;
}

static int read_file(struct state *r)
{
	int fd, ret;

	ret = file_open(r->path, &fd, &r->st);
	if (ret)
		return ret;
	if (S_ISREG(r->st.st_mode) && r->st.st_size >= 0)
		ret = read_text(r, fd, (u64)r->st.st_size);
	else
		ret = fail_foreign(r->path);
	close(fd);
	return ret;
}

/**
 * state_open() - read how far a restore has got
 * @path: the file; it need not be there
 * @r: filled in, for state_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int state_open(const char *path, struct state *r)
{
	struct stat st;

	*r = (struct state){ .path = path };
	if (lstat(path, &st) && errno == ENOENT) {
		r->file = strdup(path);
		return r->file ? 0 : fail_memory();
	}
	/* What is replaced is the file, not a link to it. */
	r->file = realpath(path, NULL);
	if (!r->file)
		return fail(exit_code_of(errno), "%s: cannot open: %m", path);
	return read_file(r);
}

/*
 * Take @before and a number off the beginning of @text.  Not by sscanf(), which
 * measures all that follows each time.
 */
static bool take_number(const char **text, const char *before, u64 *number)
{
	const size_t length = strlen(before);
	char *end;

	if (strncmp(*text, before, length) || !isdigit((*text)[length]))
		return false;
	errno = 0;
	*number = strtoull(*text + length, &end, 10);
	*text = end;
	return !errno;
}

static bool take_word(const char **text, const char *word)
{
	const size_t length = strlen(word);

	if (strncmp(*text, word, length))
		return false;
	*text += length;
	return true;
}

static bool parse_zeros(struct state *r, const char **text, u64 bytes)
{
	struct zeros_found *z = &r->zeros;

	return take_number(text, "zeros found: ", &z->data) &&
	       take_number(text, " bytes of data, ", &z->gaps) &&
	       take_word(text, " of gaps\n") && z->data <= bytes &&
	       z->gaps <= bytes - z->data;
}

static u64 end_of(const struct ranges *ranges)
{
	return ranges->nr ? ranges->list[ranges->nr - 1].end : 0;
}

/*
 * Set @valid to whether all that is said to be unreadable could be.  It stands there in
 * the order of the disk; in any other, each would make room among all before it.
 */
static int parse_unreadable(struct state *r, const char **text, u64 bytes,
			    bool *valid)
{
	const char *next = *text;
	u64 start, end;

	*valid = true;
	while (take_number(&next, "unreadable: ", &start)) {
		*valid = take_number(&next, " to ", &end) &&
			 take_word(&next, "\n") && start < end &&
			 end <= bytes && start >= end_of(&r->bad);
		if (!*valid)
			return 0;
		if (ranges_add(&r->bad, start, end))
			return EXIT_MEMORY;
		*text = next;
	}
	return 0;
}

/* The line that is behind all others, if there is one. */
static const char written_key[] = "written at ";

/* In the place of that time where nobody keeps it. */
#define WRITTEN_UNKNOWN "an unknown time"

static bool parse_written(struct state *r, const char *text)
{
	if (!*text)
		return true;
	if (!take_word(&text, written_key))
		return false;
	r->written = text;
	return text[strcspn(text, "\n")] && !text[strcspn(text, "\n") + 1];
}

static int parse_position(struct state *r, const char *text, u64 bytes)
{
	const char *next;
	bool valid;
	int ret;

	ret = parse_unreadable(r, &text, bytes, &valid);
	if (ret)
		return ret;
	next = text;
	valid = valid && parse_zeros(r, &next, bytes);
	if (valid)
		text = next;
	if (valid && take_number(&next, "restored: ", &r->position) &&
	    take_word(&next, " bytes\n") && parse_written(r, next) &&
	    r->position <= bytes &&
	    r->zeros.data + r->zeros.gaps <= r->position &&
	    end_of(&r->bad) <= r->position &&
	    (r->position % PLAN_ALIGN == 0 || r->position == bytes))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: damaged: found \"%.*s\", expected how far the restore has got: remove the file and restore %s to begin again",
		    r->path, (int)min_t(size_t, strcspn(text, "\n"), 40), text,
		    r->anew);
}

/* What is written to one of the names would not be there in the end. */
static int check_apart(const struct state *r, const struct target *t)
{
	struct stat st;

	if (stat(r->file, &st) || st.st_dev != t->st.st_dev ||
	    st.st_ino != t->st.st_ino)
		return 0;
	return fail(EXIT_USAGE,
		    "%s: this is the target, expected a file of its own",
		    r->path);
}

/*
 * A kill may come between a file's being cut and its being as long as before, or
 * before anything was done to it: then it is looked at as if it were new.
 */
static int check_length(const struct state *r, const struct target *t, u64 bytes)
{
	if (t->is_block || t->bytes == bytes || t->bytes == r->position ||
	    !r->position)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: has %llu bytes, but the restore that was begun made it %llu, expected them equal: remove %s and restore %s to begin again",
		    t->path, t->bytes, bytes, r->path, r->anew);
}

/* The line that says that a target holds an older disk where it is not written yet. */
static const char onto_key[] = "onto the older disk ";

/* Of such a target only the restore that makes it so can go on. */
static int check_not_onto(const struct state *r, const char *rest)
{
	if (strncmp(rest, onto_key, strlen(onto_key)))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: a restore onto an older disk was begun there, expected one of all of it, or that it is gone on with: run its command again first, or remove the file and restore %s to begin again",
		    r->path, r->anew);
}

/**
 * state_check() - check that this is the restore that was begun
 * @r: what state_open() read, if there was anything; completed
 * @image: the disk's files
 * @disk: what they read as
 * @salvage: what is corrupt or cannot be read is left out
 * @t: the target
 *
 * Return: 0, or an exit code after a message.
 */
int state_check(struct state *r, const struct image *image,
		const struct disk *disk, bool salvage, const struct target *t)
{
	const u64 bytes = image->chain.links[0]->capacity * SESPARSE_SECTOR_SIZE;
	const char *text;
	int ret;

	r->anew = "with --force";
	ret = check_apart(r, t);
	if (!ret)
		ret = fingerprint_make(image, 0, disk, t, salvage, &r->identity);
	if (ret || !r->text)
		return ret;
	text = fingerprint_compare(r->path, 2, r->text + MAGIC_BYTES,
				   r->identity, r->anew);
	if (!text)
		return EXIT_DEVICE;
	ret = check_not_onto(r, text);
	if (!ret)
		ret = parse_position(r, text, bytes);
	return ret ? ret : check_length(r, t, bytes);
}

/* Of two fingerprints: that of the disk, and of the older one that is there. */
static int identify(struct state *r, const char *new, const char *old)
{
	r->whole = strlen(new);
	return asprintf(&r->identity, "%s%s%016llx\n", new, onto_key,
			fingerprint_hash(old)) < 0 ? fail_memory() : 0;
}

static int fail_unfinished(const struct state *r, u64 bytes)
{
	return fail(EXIT_DEVICE,
		    "%s: that restore has got to byte %llu of %llu, expected all of it: run its command again first",
		    r->path, r->position, bytes);
}

/* What is written down of a whole disk, new or old, whose position follows in @rest. */
static int take_whole(struct state *r, const char *rest, u64 bytes,
		      const struct target *t)
{
	int ret;

	ret = check_not_onto(r, rest);
	if (!ret)
		ret = parse_position(r, rest, bytes);
	if (!ret && r->position < bytes)
		ret = fail_unfinished(r, bytes);
	if (!ret && !t->is_block && !r->written)
		ret = fail(EXIT_DEVICE,
			   "%s: that restore has not come to its end, expected when it wrote to %s last: run its command again first",
			   r->path, t->path);
	r->zeros = (struct zeros_found){ 0 };
	return ret;
}

static int find_since(struct state *r, const char *new, const char *old,
		      const struct target *t, u64 bytes,
		      enum state_found *found)
{
	const char *text = r->text + MAGIC_BYTES, *rest;
	int ret;

	if (fingerprint_fits(text, r->identity, &rest)) {
		*found = STATE_BEGUN;
		return parse_position(r, rest, bytes);
	}
	if (fingerprint_fits(text, new, &rest)) {
		*found = STATE_NEW;
		return take_whole(r, rest, bytes, t);
	}
	rest = fingerprint_compare(r->path, 2, text, old, r->anew);
	if (!rest)
		return EXIT_DEVICE;
	*found = STATE_OLD;
	ret = take_whole(r, rest, bytes, t);
	r->position = 0;
	if (!ret && r->bad.nr)
		ret = fail(EXIT_DEVICE,
			   "%s: %llu bytes of the older disk could not be read, expected all of it in the target: restore without --since",
			   r->path, ranges_bytes(&r->bad));
	return ret;
}

/**
 * state_check_since() - find out what a target holds that has an older disk
 * @r: what state_open() read, if there was anything; completed
 * @image: the newer disk's files
 * @disk: what they read as
 * @since: the older disk
 * @salvage: what is corrupt or cannot be read is left out
 * @t: the target
 * @found: set to what it holds
 *
 * Return: 0, or an exit code after a message.
 */
int state_check_since(struct state *r, const struct image *image,
		      const struct disk *disk, const struct since *since,
		      bool salvage, const struct target *t,
		      enum state_found *found)
{
	const u64 bytes = disk->capacity * SESPARSE_SECTOR_SIZE;
	char *new = NULL, *old = NULL;
	int ret;

	/* With --since, what changed is all that would be written. */
	r->anew = "without --since, with --force,";
	*found = STATE_UNKNOWN;
	ret = check_apart(r, t);
	if (!ret)
		ret = fingerprint_make(image, 0, disk, t, salvage, &new);
	if (!ret)
		ret = fingerprint_make(image, since->depth, &since->changed.old,
				       t, salvage, &old);
	if (!ret)
		ret = identify(r, new, old);
	if (!ret && r->text)
		ret = find_since(r, new, old, t, bytes, found);
	free(old);
	free(new);
	return ret;
}

/* Room for the times of a file. */
#define TIMES_SIZE 80

/*
 * When it was written to last, and when anything of it was: whoever sets the one back
 * changes the other.  Files of older versions have only the one.
 */
static int times_of(const struct target *t, char text[TIMES_SIZE])
{
	struct stat st;

	if (fstat(t->fd, &st))
		return fail(exit_code_of(errno), "%s: %m", t->path);
	snprintf(text, TIMES_SIZE, "%lld.%09ld, changed at %lld.%09ld",
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
		 (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return 0;
}

/**
 * state_check_written() - refuse a file that was written to since its restore
 * @r: after state_check() or state_check_since()
 * @t: the target
 *
 * Of a block device nobody knows, nor of a file that does not hold all of a disk.
 *
 * Return: 0, or an exit code after a message.
 */
int state_check_written(const struct state *r, const struct target *t)
{
	char now[TIMES_SIZE];
	size_t length;
	int ret;

	if (t->is_block || !r->written)
		return 0;
	ret = times_of(t, now);
	if (ret)
		return ret;
	length = strcspn(r->written, "\n");
	if (!memchr(r->written, ',', length))
		now[strcspn(now, ",")] = '\0';
	if (length == strlen(now) && !memcmp(r->written, now, length))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: was written to at %s, expected %.*s, when its restore did last, so it may hold something else by now: remove %s and restore %s to begin again (--force, the file kept, looks at samples only)",
		    t->path, now, (int)min_t(size_t, length, TIMES_SIZE),
		    r->written, r->path, r->anew);
}

/**
 * state_finish() - write down that the target holds all of the disk
 * @r: after state_check() or state_check_since()
 * @t: the target, flushed and not to be written to any more
 * @p: what could not be read, and the disk's length as position
 *
 * Return: 0, or an exit code after a message.
 */
int state_finish(struct state *r, const struct target *t,
		 const struct state_point *p)
{
	struct state_point last = *p;
	char written[TIMES_SIZE];
	int ret = 0;

	if (r->whole)
		r->identity[r->whole] = '\0';
	last.written = WRITTEN_UNKNOWN;
	if (!t->is_block) {
		ret = times_of(t, written);
		last.written = written;
	}
	return ret ? ret : state_save(r, &last);
}

/**
 * state_stays() - was a file left to tell what its target holds?
 * @r: what state_open() read
 *
 * Return: true if state_finish() has written it; false if it is to go once the
 * restore that it is of is complete, and if there is none.
 */
bool state_stays(const struct state *r)
{
	const char *last = r->text ? strstr(r->text, "\nrestored: ") : NULL;

	return last && strstr(last, written_key);
}

/* Return: 0, or an errno. */
static int write_all(const struct state *r, const struct state_point *p, FILE *f)
{
	const struct ranges *bad = p->bad;
	size_t i;

	errno = 0;
	fputs(magic, f);
	fputs(r->identity, f);
	/* What lies behind is read again, and may be readable by then. */
	for (i = 0; i < bad->nr && bad->list[i].start < p->position; i++)
		fprintf(f, "unreadable: %llu to %llu\n", bad->list[i].start,
			min_t(u64, bad->list[i].end, p->position));
	fprintf(f, "zeros found: %llu bytes of data, %llu of gaps\n",
		p->zeros.data, p->zeros.gaps);
	fprintf(f, "restored: %llu bytes\n", p->position);
	if (p->written)
		fprintf(f, "%s%s\n", written_key, p->written);
	if (fflush(f) || ferror(f))
		return errno ? errno : EIO;
	return fsync(fileno(f)) ? errno : 0;
}

/* A file that nobody else has made, nor can have put there for us to follow. */
static FILE *open_new(char *name)
{
	int fd = mkostemp(name, O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f && fd >= 0) {
		unlink(name);
		close(fd);
	}
	return f;
}

/* Where there was nothing there must be nothing still. */
static int rename_to_nothing(const char *from, const char *to)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	/* Not every file system can do that; that there is nothing was seen. */
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	return rename(from, to) ? errno : 0;
}

/* Return: 0, or an errno: EEXIST if it is another file than was left there. */
static int put_in_place(const struct state *r, const char *new)
{
	if (file_is(r->file, &r->st))
		return rename(new, r->file) ? errno : 0;
	if (errno != ENOENT)
		return errno ? errno : EEXIST;
	return rename_to_nothing(new, r->file);
}

static int save_as(struct state *r, const struct state_point *p, char *new)
{
	FILE *f = open_new(new);
	struct stat st;
	int error;

	if (!f)
		return errno;
	error = write_all(r, p, f);
	if (!error && fstat(fileno(f), &st))
		error = errno;
	if (!error)
		error = put_in_place(r, new);
	if (!error)
		r->st = st;
	else
		file_unlink(new, fileno(f));
	if (fclose(f) && !error)
		error = errno;
	return error ? error : file_flush_folder(r->file);
}

/**
 * state_save() - write down how far the restore has got
 * @r: after state_check()
 * @p: that
 *
 * Return: 0, or an exit code after a message.
 */
int state_save(struct state *r, const struct state_point *p)
{
	char *new;
	int error;

	r->is_saved = false;
	if (asprintf(&new, "%s.XXXXXX", r->file) < 0)
		return fail_memory();
	error = save_as(r, p, new);
	r->is_saved = !error;
	free(new);
	if (error == EEXIST)
		return fail(EXIT_BUSY,
			    "%s: is another file than was read or written here, and left alone: name a new one",
			    r->path);
	return error ? fail(exit_code_of(error), "%s: cannot write: %s",
			    r->path, strerror(error)) : 0;
}

/**
 * state_remove() - the restore is complete
 * @r: after state_check()
 *
 * Were the file to come back after a crash, it would say so, too.
 *
 * Return: 0, or an exit code after a message.
 */
int state_remove(const struct state *r)
{
	if (!file_is(r->file, &r->st))
		return errno == ENOENT ? 0 :
		       fail(EXIT_BUSY,
			    "%s: is another file than was written here, and left alone",
			    r->path);
	if (!unlink(r->file))
		return 0;
	return fail(exit_code_of(errno), "%s: cannot remove: %m", r->path);
}

/**
 * state_free() - free what state_open() and state_check() made
 * @r: it
 */
void state_free(struct state *r)
{
	free(r->file);
	free(r->text);
	free(r->identity);
	ranges_free(&r->bad);
}
