// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "dm-sesparse/format.h"
#include "restore/gather.h"
#include "source/bytes.h"
#include "source/direct.h"
#include "source/source.h"
#include "util/message.h"
#include "util/signals.h"

/**
 * gather_init() - get the memory that a block takes
 * @g: filled in, for gather_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int gather_init(struct gather *g)
{
	memset(g, 0, sizeof(*g));
	g->step.fragments = calloc(PLAN_MAX_FRAGMENTS,
				   sizeof(*g->step.fragments));
	g->requests = calloc(PLAN_MAX_FRAGMENTS, sizeof(*g->requests));
	g->iov = calloc(PLAN_MAX_FRAGMENTS, sizeof(*g->iov));
	g->buffer = aligned_alloc(DIRECT_MEMORY_ALIGN, PLAN_BLOCK_BYTES);
	return g->step.fragments && g->requests && g->iov && g->buffer ?
	       0 : fail_memory();
}

/* By where they are: those of one file together, in the order of the file. */
static int compare(const void *a, const void *b)
{
	const struct fragment *x = a, *y = b;

	if (x->source != y->source)
		return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void blank(struct gather *g, size_t from, size_t to)
{
	size_t bytes;

	memset(g->buffer + from, 0, to - from);
	for (; from < to; from += bytes) {
		bytes = min_t(size_t, to - from, PLAN_ALIGN - from % PLAN_ALIGN);
		g->blank[from / PLAN_ALIGN] += (unsigned short)bytes;
	}
}

static void fill_gaps(struct gather *g)
{
	const struct step *step = &g->step;
	const struct fragment *f = step->fragments;
	size_t at = 0;

	memset(g->blank, 0, sizeof(g->blank));
	for (; f < step->fragments + step->nr_fragments; f++) {
		blank(g, at, f->offset);
		at = f->offset + f->bytes;
	}
	blank(g, at, (size_t)step->bytes);
}

/**
 * gather_prepare() - make the reads of a block
 * @g: the block, its step set
 *
 * What is scattered over the disk may lie side by side in the file: that is one
 * read, whatever its order.
 */
void gather_prepare(struct gather *g)
{
	const struct fragment *f = g->step.fragments;
	struct request *r = g->requests;
	struct iovec *iov = g->iov;
	size_t i;
	int fd;

	fill_gaps(g);
	qsort(g->step.fragments, g->step.nr_fragments, sizeof(*f), compare);
	for (i = 0; i < g->step.nr_fragments; i++, f++, iov++) {
		iov->iov_base = g->buffer + f->offset;
		iov->iov_len = f->bytes;
		fd = direct_takes(&f->source->direct, iov->iov_base, f->at,
				  f->bytes) ?
		     f->source->direct.fd : f->source->fd;
		if (i && r->fd == fd && r->at + r->left == f->at) {
			r->left += f->bytes;
			r->nr_iov++;
			continue;
		}
		r += i != 0;
		*r = (struct request){
			.fd = fd,
			.buffered = f->source->fd,
			.at = f->at,
			.left = f->bytes,
			.iov = iov,
			.nr_iov = 1,
		};
	}
	g->nr_requests = (size_t)(r - g->requests) +
			 (g->step.nr_fragments != 0);
}

static const struct source *source_of(const struct gather *g,
				      const struct request *request)
{
	size_t i;

	for (i = 0; i + 1 < g->step.nr_fragments; i++)
		if (g->step.fragments[i].source->fd == request->buffered)
			break;
	return g->step.fragments[i].source;
}

/**
 * gather_fail() - say that a read failed
 * @g: the block
 * @request: one of its reads
 *
 * Return: an exit code.
 */
int gather_fail(const struct gather *g, const struct request *request)
{
	const char *path = source_of(g, request)->path;

	if (request->error == ENODATA)
		return fail(EXIT_DEVICE,
			    "%s: ends at byte %llu, expected %zu more (truncated?)",
			    path, request->at, request->left);
	return fail(EXIT_DEVICE,
		    "%s: cannot read at byte %llu: %s (--salvage goes on)",
		    path, request->at, strerror(request->error));
}

/*
 * What cannot be read is zeros, and in @bad.  The page cache would lose all of a
 * page for one sector.
 */
static int salvage_sector(struct gather *g, const struct source *source,
			  char *to, size_t bytes, u64 at, struct ranges *bad)
{
	const size_t offset = (size_t)(to - g->buffer);
	const u64 disk = g->step.start + offset;
	const int fd = direct_takes(&source->direct, to, at, bytes) ?
		       source->direct.fd : source->fd;

	if (!bytes_read(fd, to, bytes, at))
		return 0;
	blank(g, offset, offset + bytes);
	return ranges_add(bad, disk, disk + bytes);
}

static int salvage_piece(struct gather *g, const struct source *source,
			 const struct iovec *iov, u64 at, struct ranges *bad)
{
	size_t done, bytes;
	int r = 0;

	for (done = 0; done < iov->iov_len && !r; done += bytes) {
		/* Each may take its time to fail. */
		if (signals_waiting())
			return fail(EXIT_DEVICE, "interrupted");
		bytes = min_t(size_t, iov->iov_len - done, SESPARSE_SECTOR_SIZE);
		r = salvage_sector(g, source, (char *)iov->iov_base + done, bytes,
				   at + done, bad);
	}
	return r;
}

/**
 * gather_salvage() - read sector by sector what could not be read at once
 * @g: the block
 * @request: one of its reads, that has failed
 * @bad: the bytes of the disk that could not be read, and are zeros now, are
 *       added to it
 *
 * Return: 0, or an exit code after a message.
 */
int gather_salvage(struct gather *g, struct request *request,
		   struct ranges *bad)
{
	const struct source *source = source_of(g, request);
	int r = 0;

	warn("%s: cannot read all of %zu bytes at byte %llu: %s", source->path,
	     request->left, request->at, strerror(request->error));
	for (; request->nr_iov && !r; request->iov++, request->nr_iov--) {
		r = salvage_piece(g, source, request->iov, request->at, bad);
		request->at += request->iov->iov_len;
	}
	return r;
}

/**
 * gather_blank() - how much of a part of a block comes from no source
 * @g: the block, read
 * @from: first byte of the part, a multiple of PLAN_ALIGN
 * @to: byte after its last, likewise, or the block's end
 *
 * Return: bytes, which are zeros.
 */
size_t gather_blank(const struct gather *g, size_t from, size_t to)
{
	size_t bytes = 0;

	for (; from < to; from += PLAN_ALIGN)
		bytes += g->blank[from / PLAN_ALIGN];
	return bytes;
}

/**
 * gather_free() - free what gather_init() got
 * @g: it
 */
void gather_free(struct gather *g)
{
	free(g->buffer);
	free(g->iov);
	free(g->requests);
	free(g->step.fragments);
	memset(g, 0, sizeof(*g));
}
