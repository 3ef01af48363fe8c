// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request is cut into fragments, each in one place of a file or device, and those
 * that lie side by side there are read by one call, whatever their order on the disk.
 * All that this takes is on the stack, and what it looks at does not change: no
 * thread waits for another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "export/read.h"
#include "source/bytes.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"

/* As many as there are grains in 1 MiB. */
#define MAX_FRAGMENTS 256

/**
 * struct fragment - a part of what is asked for, that is kept in one place
 * @source: what holds it
 * @at: its first byte there
 * @to: where it goes
 * @bytes: its length
 */
struct fragment {
	const struct source *source;
	u64 at;
	char *to;
	size_t bytes;
};

/**
 * struct run - fragments that lie side by side
 * @source: what holds them
 * @at: their first byte there; moves on as bytes are read
 * @left: bytes to read
 * @iov: where they go, used up as they are read
 * @nr_iov: how many pieces that are
 */
struct run {
	const struct source *source;
	u64 at;
	size_t left;
	struct iovec *iov;
	unsigned int nr_iov;
};

/**
 * struct batch - a part of a request, as much as there is room for
 * @fragments: what it is made of, but for zeros
 * @nr: their number
 * @runs: the same, joined
 * @nr_runs: their number
 * @iov: the memory of all runs
 */
struct batch {
	struct fragment fragments[MAX_FRAGMENTS];
	unsigned int nr;
	struct run runs[MAX_FRAGMENTS];
	unsigned int nr_runs;
	struct iovec iov[MAX_FRAGMENTS];
};

/**
 * struct request - what is asked for
 * @disk: the disk
 * @at: first byte of it that has not been cut into fragments
 * @end: byte after the last
 * @to: where that first byte goes; NULL: nothing is to be read, only to be near
 */
struct request {
	const struct disk *disk;
	u64 at;
	u64 end;
	char *to;
};

static void move_on(struct request *r, u64 bytes)
{
	r->at += bytes;
	if (r->to)
		r->to += bytes;
}

static void add_zeros(struct request *r, u64 bytes)
{
	if (r->to)
		memset(r->to, 0, (size_t)bytes);
	move_on(r, bytes);
}

/* Adds the @bytes at @at of @source, or as much of them as there is room for. */
static void add_data(struct batch *b, struct request *r,
		     const struct source *source, u64 at, u64 bytes)
{
	const u64 end = at + bytes;
	struct source_place place;

	for (; at < end && b->nr < MAX_FRAGMENTS; at += place.bytes) {
		/* A file system need not be asked for holes: it knows when it reads. */
		place = source_place(source, at, end, 0, NULL);
		if (!place.source) {
			add_zeros(r, place.bytes);
			continue;
		}
		b->fragments[b->nr++] = (struct fragment){
			.source = place.source,
			.at = place.at,
			.to = r->to,
			.bytes = (size_t)place.bytes,
		};
		move_on(r, place.bytes);
	}
}

static int fail_range(const struct disk *disk, const struct disk_range *range)
{
	return fail(EXIT_DEVICE,
		    "%s: the %llu bytes of the disk at byte %llu cannot be read: what tells where they are is corrupt, or what holds them is missing",
		    disk->chain->links[range->depth]->path,
		    range->sectors * SESPARSE_SECTOR_SIZE,
		    range->start * SESPARSE_SECTOR_SIZE);
}

/* Cut the next part of @r into fragments. */
static int fill(struct batch *b, struct request *r)
{
	const u64 last = DIV_ROUND_UP_ULL(r->end, SESPARSE_SECTOR_SIZE);
	struct disk_range range;
	u64 within, bytes;

	b->nr = 0;
	while (r->at < r->end && b->nr < MAX_FRAGMENTS) {
		disk_look_until(r->disk, r->at / SESPARSE_SECTOR_SIZE, last,
				&range);
		within = r->at % SESPARSE_SECTOR_SIZE;
		bytes = min_t(u64, range.sectors * SESPARSE_SECTOR_SIZE - within,
			      r->end - r->at);
		if (range.kind == DISK_ERROR)
			return fail_range(r->disk, &range);
		if (range.kind == DISK_DATA)
			add_data(b, r, range.source,
				 range.at * SESPARSE_SECTOR_SIZE + within,
				 bytes);
		else
			add_zeros(r, bytes);
	}
	return 0;
}

/* By where they are: those of one file together, in the order of the file. */
static int compare(const void *a, const void *b)
{
	const struct fragment *x = a, *y = b;

	if (x->source != y->source)
		return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* What was written in order is in order. */
static void sort(struct batch *b)
{
	unsigned int i;

	for (i = 1; i < b->nr; i++)
		if (compare(&b->fragments[i - 1], &b->fragments[i]) > 0)
			break;
	if (i < b->nr)
		qsort(b->fragments, b->nr, sizeof(*b->fragments), compare);
}

static void join(struct batch *b)
{
	const struct fragment *f = b->fragments;
	struct run *run = NULL;
	unsigned int i;

	sort(b);
	b->nr_runs = 0;
	for (i = 0; i < b->nr; i++, f++) {
		b->iov[i] = (struct iovec){ f->to, f->bytes };
		if (run && run->source == f->source &&
		    run->at + run->left == f->at) {
			run->left += f->bytes;
			run->nr_iov++;
			continue;
		}
		run = &b->runs[b->nr_runs++];
		*run = (struct run){
			.source = f->source,
			.at = f->at,
			.left = f->bytes,
			.iov = &b->iov[i],
			.nr_iov = 1,
		};
	}
}

/* Read what of a run can be read without waiting; true if that is all of it. */
static bool read_at_once(struct run *run)
{
	const ssize_t n = preadv2(run->source->fd, run->iov, (int)run->nr_iov,
				  (off_t)run->at, RWF_NOWAIT);

	/* What fails, or can't be believed, is for the read that waits to tell. */
	if (n <= 0 || (size_t)n > run->left)
		return false;
	run->at += (size_t)n;
	run->left -= (size_t)n;
	bytes_advance(&run->iov, &run->nr_iov, (size_t)n);
	return !run->left;
}

/* Have the kernel begin to read it: without success it is read all the same. */
static void want(const struct run *run)
{
	posix_fadvise(run->source->fd, (off_t)run->at, (off_t)run->left,
		      POSIX_FADV_WILLNEED);
}

static int read_run(struct run *run)
{
	const int error = bytes_read_vector(run->source->fd, run->iov,
					    run->nr_iov, run->at);

	if (error == ENODATA)
		return fail(EXIT_DEVICE,
			    "%s: ends before byte %llu (truncated?)",
			    run->source->path, run->at + run->left);
	if (error)
		return fail(exit_code_of(error),
			    "%s: cannot read %zu bytes at byte %llu: %s",
			    run->source->path, run->left, run->at,
			    strerror(error));
	return 0;
}

/*
 * What is in memory already is taken; the rest is on its way, all at the same time,
 * before any of it is waited for.
 */
static int read_runs(struct batch *b)
{
	unsigned int i, left = 0;
	int r = 0;

	if (b->nr_runs == 1)
		return read_run(b->runs);
	for (i = 0; i < b->nr_runs; i++)
		if (!read_at_once(&b->runs[i]))
			b->runs[left++] = b->runs[i];
	for (i = 0; i < left && left > 1; i++)
		want(&b->runs[i]);
	for (i = 0; i < left && !r; i++)
		r = read_run(&b->runs[i]);
	return r;
}

/**
 * read_part() - read a part of a disk
 * @disk: the disk
 * @buf: where to put it
 * @bytes: how much
 * @at: first byte, of any alignment; all lies within the disk
 *
 * Takes no lock; any number may read at once.
 *
 * Return: 0, or an exit code after a message: then nothing in @buf counts.
 */
int read_part(const struct disk *disk, void *buf, size_t bytes, u64 at)
{
	struct request request = {
		.disk = disk,
		.at = at,
		.end = at + bytes,
		.to = buf,
	};
	struct batch batch;
	int r = 0;

	while (request.at < request.end && !r) {
		r = fill(&batch, &request);
		if (r)
			break;
		join(&batch);
		r = read_runs(&batch);
	}
	return r;
}

/**
 * read_ahead() - have a part of a disk read soon
 * @disk: the disk
 * @bytes: how much
 * @at: first byte, of any alignment; all lies within the disk
 *
 * Return: 0, or an exit code after a message.
 */
int read_ahead(const struct disk *disk, size_t bytes, u64 at)
{
	struct request request = { .disk = disk, .at = at, .end = at + bytes };
	struct batch batch;
	unsigned int i;
	int r = 0;

	while (request.at < request.end && !r) {
		r = fill(&batch, &request);
		if (r)
			break;
		join(&batch);
		for (i = 0; i < batch.nr_runs; i++)
			want(&batch.runs[i]);
	}
	return r;
}
