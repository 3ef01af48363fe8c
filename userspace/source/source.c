// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/layout.h"
#include "source/source.h"
#include "source/splice.h"
#include "source/stored.h"
#include "util/message.h"

static int measure(struct source *source, const struct stat *st)
{
	u64 bytes = st->st_size < 0 ? 0 : (u64)st->st_size;

	source->is_block = S_ISBLK(st->st_mode);
	if (source->is_block && ioctl(source->fd, BLKGETSIZE64, &bytes))
		return fail(exit_code_of(errno), "%s: cannot tell its size: %m",
			    source->path);
	source->sectors = bytes / SESPARSE_SECTOR_SIZE;
	return 0;
}

static int map(const struct log *log, const struct file_found *found,
	       struct source *source)
{
	int r;

	if (!S_ISREG(found->st.st_mode))
		return fail(EXIT_DEVICE, "%s: is %s, expected a file",
			    source->path, S_ISDIR(found->st.st_mode) ?
			    "a directory" : "no file");
	r = found->stored->ops->map(found->stored, source->path,
				    &source->layout);
	if (r)
		return r;
	source->stored = stored_get(found->stored);
	source->sectors = source->layout->bytes / SESPARSE_SECTOR_SIZE;
	step(log, "%s: file of %llu sectors in %zu runs of its datastore",
	     source->path, source->sectors, source->layout->nr_runs);
	return 0;
}

/**
 * source_open() - open what is to be read
 * @log: how much to tell
 * @found: the file or block device, of this machine or a datastore, or NULL: what
 *         has @path for its name, which is then the user's
 * @source: SOURCE_CLOSED(); the rest is set, for source_close(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int source_open(const struct log *log, const struct file_found *found,
		struct source *source)
{
	struct stat st;
	int r;

	if (found && found->stored)
		return map(log, found, source);
	r = found ? file_open_found(found, &source->fd, &st) :
	    file_open(source->path, &source->fd, &st);
	if (!r)
		r = measure(source, &st);
	if (!r)
		step(log, "%s: %s of %llu sectors", source->path,
		     source->is_block ? "block device" : "file",
		     source->sectors);
	return r;
}

/**
 * source_peek() - open a file that need not be readable
 * @found: it
 * @source: as for source_open(); its length is not set
 *
 * Return: 0, or not: without a message, but for damage to a datastore.
 */
int source_peek(const struct file_found *found, struct source *source)
{
	if (!found->stored)
		return file_peek(found, &source->fd);
	source->stored = stored_get(found->stored);
	return found->stored->ops->map(found->stored, source->path,
				       &source->layout);
}

/**
 * source_open_direct() - have it open for direct I/O as well, if it has that
 * @log: how much to tell
 * @source: it, open; the devices of a datastore see to themselves
 */
void source_open_direct(const struct log *log, struct source *source)
{
	if (source->splice) {
		source_open_direct(log, splice_beneath(source));
		return;
	}
	if (source->fd < 0)
		return;
	direct_open(source->fd, O_RDONLY, &source->direct);
	if (source->direct.fd < 0)
		debug(log, "%s: has no direct I/O", source->path);
}

static size_t min_bytes(u64 a, u64 b)
{
	return (size_t)(a < b ? a : b);
}

/* Reads all of the range; the layout reaches so far. */
static int read_pieces(const struct layout *layout, char *buf, size_t bytes,
		       u64 at)
{
	struct layout_piece piece;
	int error = 0;
	size_t part;

	for (; bytes && !error; buf += part, at += part, bytes -= part) {
		layout_look(layout, at, &piece);
		part = min_bytes(bytes, piece.end - at);
		if (piece.device)
			error = source_read(piece.device, buf, part,
					    piece.at + (at - piece.start));
		else
			memset(buf, 0, part);
	}
	return error;
}

/**
 * source_read_some() - read as much of a range as a source has
 * @source: the source, open
 * @buf: where to put it
 * @bytes: how much
 * @at: first byte
 * @done: set to how much there was; less than @bytes only at the source's end
 *
 * Return: 0, or an errno.
 */
int source_read_some(const struct source *source, void *buf, size_t bytes,
		     u64 at, size_t *done)
{
	const struct layout *layout = source->layout;
	int error;

	if (!layout)
		return bytes_read_some(source->fd, buf, bytes, at, done);
	*done = 0;
	if (at >= layout->bytes)
		return 0;
	bytes = min_bytes(bytes, layout->bytes - at);
	error = read_pieces(layout, buf, bytes, at);
	if (!error)
		*done = bytes;
	return error;
}

/**
 * source_read() - read a range
 * @source: the source, open
 * @buf: where to put it
 * @bytes: how much
 * @at: first byte
 *
 * Return: 0, or an errno: ENODATA if the source ends before.
 */
int source_read(const struct source *source, void *buf, size_t bytes, u64 at)
{
	size_t done;
	int error = source_read_some(source, buf, bytes, at, &done);

	return !error && done < bytes ? ENODATA : error;
}

/* Of a LUN all is data that isn't a hole; files that are spliced may have some. */
static struct stretch piece_stretch(const struct layout *layout, u64 at, u64 end,
				    u32 align)
{
	struct layout_piece piece;
	struct stretch stretch;

	layout_look(layout, at, &piece);
	stretch = (struct stretch){ .end = piece.end, .is_hole = !piece.device };
	if (!layout->is_spliced || !piece.device)
		return stretch;
	end = min_t(u64, end, piece.end) - at;
	at -= piece.start;
	stretch = source_stretch(piece.device, piece.at + at,
				 piece.at + at + end, align);
	stretch.end += piece.start - piece.at;
	return stretch;
}

static struct stretch layout_stretch(const struct layout *layout, u64 at,
				     u64 end, u32 align)
{
	struct stretch stretch, next;

	if (at >= layout->bytes)
		return (struct stretch){ .end = end };
	stretch = piece_stretch(layout, at, end, align);
	while (stretch.end < end && stretch.end < layout->bytes) {
		next = piece_stretch(layout, stretch.end, end, align);
		if (next.is_hole != stretch.is_hole)
			break;
		stretch.end = next.end;
	}
	if (stretch.end > end || stretch.end == layout->bytes)
		stretch.end = end;
	return stretch;
}

/**
 * source_stretch() - is a place of a source in a hole, and how far does that go?
 * @source: the source, open
 * @at: the place, a multiple of @align
 * @end: byte to look no further than, past @at
 * @align: a power of two: so many bytes with any data in them are all data
 *
 * A block device has none, and blocks of a datastore are no smaller than @align.
 *
 * Return: what begins at @at; it ends past @at, at @end at the latest.
 */
struct stretch source_stretch(const struct source *source, u64 at, u64 end,
			      u32 align)
{
	if (source->layout)
		return layout_stretch(source->layout, at, end, align);
	if (source->is_block)
		return (struct stretch){ .end = end };
	return holes_look(source->fd, at, end, align);
}

/**
 * source_place() - where the bytes from a place on are to be read
 * @source: the source, open
 * @at: the first of them, of a sector
 * @end: byte to look no further than, past @at
 * @min_hole: so few bytes are not worth asking a file system for holes
 * @seen: what it has answered already; NULL: it is not asked
 *
 * Return: it; it has some bytes, of whole sectors.
 */
struct source_place source_place(const struct source *source, u64 at, u64 end,
				 u64 min_hole, struct holes_seen *seen)
{
	struct source_place place = { source, at, end - at };
	const u64 bytes = source->sectors * SESPARSE_SECTOR_SIZE;
	struct layout_piece piece;
	struct stretch stretch;

	if (source->layout && at < source->layout->bytes) {
		layout_look(source->layout, at, &piece);
		place.source = piece.device;
		place.at = piece.device ? piece.at + (at - piece.start) : 0;
		place.bytes = min_bytes(end, piece.end) - at;
		if (source->layout->is_spliced && piece.device)
			place = source_place(piece.device, place.at,
					     place.at + place.bytes, min_hole,
					     seen);
	} else if (seen && !source->layout && !source->is_block &&
		   end - at >= min_hole && at < bytes) {
		stretch = holes_look_once(seen, source->fd, bytes, at,
					  SESPARSE_SECTOR_SIZE);
		if (stretch.is_hole)
			place.source = NULL;
		place.bytes = min_bytes(stretch.end, end) - at;
	}
	return place;
}

/**
 * source_stat() - fstat() of a source
 * @source: the source, open
 * @st: filled in
 *
 * Return: 0, or an errno.
 */
int source_stat(const struct source *source, struct stat *st)
{
	if (source->stored) {
		*st = source->stored->st;
		return 0;
	}
	return fstat(source->fd, st) ? errno : 0;
}

/**
 * source_drop_cache() - have reads come from the medium, which others may write to
 * @source: the source, open
 */
void source_drop_cache(const struct source *source)
{
	unsigned int i;

	if (source->fd >= 0)
		posix_fadvise(source->fd, 0, 0, POSIX_FADV_DONTNEED);
	for (i = 0; source->layout && i < source->layout->nr_devices; i++)
		source_drop_cache(source->layout->devices[i]);
}

/**
 * source_close() - close what source_open() opened
 * @source: it; its @path is the caller's
 */
void source_close(struct source *source)
{
	while (source->splice)
		splice_undo(source);
	direct_close(&source->direct);
	layout_free(source->layout);
	stored_put(source->stored);
	source->layout = NULL;
	source->stored = NULL;
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}
