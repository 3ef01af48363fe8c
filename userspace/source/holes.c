// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place that asks a file system for holes.  The answer may be another
 * machine's, so it counts only where it can be: what lies before the place that
 * was asked for, or fails, is no hole, and is read.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/holes.h"

/* A file has no holes, nor data, past its end: there it is too short. */
static bool reaches(int fd, u64 end)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_size >= 0 && (u64)st.st_size >= end;
}

/* The first byte from @at on that may be data, @end if there is none before. */
static u64 find_data(int fd, u64 at, u64 end)
{
	const off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO && reaches(fd, end) ? end : at;
	if ((u64)data <= at || !reaches(fd, (u64)data + 1))
		return at;
	return min_t(u64, (u64)data, end);
}

/* The first byte of a hole behind the data at @data, @end if there is none. */
static u64 find_hole(int fd, u64 data, u64 end)
{
	const off_t hole = lseek(fd, (off_t)data, SEEK_HOLE);

	return hole < 0 || (u64)hole <= data ? end : min_t(u64, (u64)hole, end);
}

/**
 * holes_look() - is a place of a file in a hole, and how far does that go?
 * @fd: the file
 * @at: the place, a multiple of @align
 * @end: byte to look no further than, past @at
 * @align: a power of two: so many bytes with any data in them are all data
 *
 * Return: what begins at @at; it ends past @at, at @end at the latest.
 */
struct stretch holes_look(int fd, u64 at, u64 end, u32 align)
{
	const u64 mask = ~((u64)align - 1);
	const u64 data = find_data(fd, at, end);
	u64 hole = data == end ? end : data & mask;

	if (hole > at)
		return (struct stretch){ .end = hole, .is_hole = true };
	hole = find_hole(fd, data, end);
	if (hole < end)
		hole = min_t(u64, end, (hole + align - 1) & mask);
	return (struct stretch){ .end = hole };
}

/**
 * holes_look_once() - as holes_look(), but what was answered is not asked again
 * @seen: what was
 * @fd: the file, which does not change meanwhile
 * @bytes: its length, past @at
 * @at: the place, a multiple of @align
 * @align: as for holes_look(), each time the same
 *
 * To look for the next hole takes some file systems as long as it is away, and there
 * are files that a disk's grains lie all over.
 *
 * Return: what @at is in; it ends past @at, at @bytes at the latest.
 */
struct stretch holes_look_once(struct holes_seen *seen, int fd, u64 bytes,
			       u64 at, u32 align)
{
	struct hole_seen *s = &seen->files[(unsigned int)fd % HOLES_FILES];

	if (s->fd == fd && at >= s->start && at < s->stretch.end)
		return s->stretch;
	*s = (struct hole_seen){
		.fd = fd,
		.start = at,
		.stretch = holes_look(fd, at, bytes, align),
	};
	return s->stretch;
}
