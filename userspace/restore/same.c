// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the maps say is zeros is not read.
 */
#include <string.h>

#include "disk/disk.h"
#include "restore/same.h"
#include "restore/stream.h"
#include "restore/zeros.h"
#include "util/message.h"
#include "util/progress.h"

/**
 * struct side - one of two disks
 * @stream: it
 * @left: what was read of it last, and has not been compared yet
 * @ended: nothing follows; it counts as zeros from there on
 */
struct side {
	struct stream *stream;
	struct stretch_read left;
	bool ended;
};

static int fill(struct side *s)
{
	int r;

	if (s->left.bytes || s->ended)
		return 0;
	r = stream_next(s->stream, &s->left);
	s->ended = !r && !s->left.bytes;
	return r;
}

static void advance(struct side *s, u64 bytes)
{
	if (s->ended)
		return;
	s->left.start += bytes;
	s->left.bytes -= bytes;
	if (s->left.data)
		s->left.data += bytes;
}

static bool are_same(const char *a, const char *b, size_t size)
{
	if (a && b)
		return !memcmp(a, b, size);
	return zeros_are(a ? a : b, size);
}

static u64 find_difference(const char *a, const char *b)
{
	u64 at = 0;

	while ((a ? a[at] : 0) == (b ? b[at] : 0))
		at++;
	return at;
}

/* How far both go on as one thing; the one that has ended goes on for good. */
static u64 common(const struct side *a, const struct side *b)
{
	return a->ended ? b->left.bytes : b->ended ? a->left.bytes :
	       min_t(u64, a->left.bytes, b->left.bytes);
}

static int compare(struct side *a, struct side *b, struct progress *progress,
		   struct difference *d)
{
	const char *x, *y;
	u64 at = 0, bytes;
	int r;

	for (;; at += bytes) {
		r = fill(a);
		if (!r)
			r = fill(b);
		if (r || (a->ended && b->ended))
			return r;
		bytes = common(a, b);
		x = a->left.data;
		y = b->left.data;
		if ((x || y) && !are_same(x, y, (size_t)bytes)) {
			d->differ = true;
			d->at = at + find_difference(x, y);
			return 0;
		}
		advance(a, bytes);
		advance(b, bytes);
		progress_add(progress, bytes);
	}
}

/**
 * disks_compare() - find where two disks differ first
 * @log: how much to tell
 * @a: one of them
 * @b: the other one; the shorter one counts as zeros behind its end
 * @progress: of the longer one
 * @difference: set to that, if they differ
 *
 * Return: 0, or an exit code after a message.
 */
int disks_compare(const struct log *log, const struct disk *a,
		  const struct disk *b, struct progress *progress,
		  struct difference *difference)
{
	struct side x = { 0 }, y = { 0 };
	int r;

	*difference = (struct difference){ 0 };
	r = stream_open(log, a, NULL, &x.stream);
	if (!r)
		r = stream_open(log, b, NULL, &y.stream);
	if (!r)
		r = compare(&x, &y, progress, difference);
	stream_close(x.stream);
	stream_close(y.stream);
	return r;
}

static void sum_zeros(struct sha256 *s, u64 bytes, struct progress *progress)
{
	static const char zeros[1 << 20];
	u64 some;

	for (; bytes; bytes -= some) {
		some = min_t(u64, bytes, sizeof(zeros));
		sha256_add(s, zeros, (size_t)some);
		progress_add(progress, some);
	}
}

/**
 * disk_sum() - SHA-256 of all bytes of a disk
 * @log: how much to tell
 * @disk: the disk
 * @bad: what cannot be read counts as zeros, and is added to this; NULL: it is an
 *       error
 * @progress: of the disk
 * @sum: set to hexadecimal digits
 *
 * Return: 0, or an exit code after a message.
 */
int disk_sum(const struct log *log, const struct disk *disk, struct ranges *bad,
	     struct progress *progress, char sum[SHA256_TEXT])
{
	struct stretch_read stretch;
	struct stream *stream;
	struct sha256 s;
	int r;

	sha256_start(&s);
	r = stream_open(log, disk, bad, &stream);
	while (!r) {
		r = stream_next(stream, &stretch);
		if (r || !stretch.bytes)
			break;
		if (stretch.data) {
			sha256_add(&s, stretch.data, (size_t)stretch.bytes);
			progress_add(progress, stretch.bytes);
		} else {
			sum_zeros(&s, stretch.bytes, progress);
		}
	}
	stream_close(stream);
	sha256_end(&s, sum);
	return r;
}
