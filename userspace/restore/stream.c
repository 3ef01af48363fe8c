// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks are read in whatever order they come, and handed out in the order of the
 * disk: a ring of them, the oldest of which is waited for.
 */
#include <stdlib.h>

#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "restore/gather.h"
#include "restore/plan.h"
#include "restore/stream.h"
#include "source/queue.h"
#include "util/message.h"
#include "util/ranges.h"

/* Blocks that are on their way, or wait for their turn, at a time. */
#define STREAM_SLOTS 16

/**
 * struct ahead - a step that was taken
 * @gather: it, and what reads it
 * @pending: reads that are not done
 */
struct ahead {
	struct gather gather;
	size_t pending;
};

/**
 * struct stream - a disk being read
 * @plan: where the next step is
 * @bad: where to add what could not be read, or NULL: that is an error
 * @queue: reads
 * @slots: steps, a ring
 * @first: number of the oldest that was not handed out; it is in the slot of that
 *         number modulo STREAM_SLOTS
 * @next: number of the next one that is taken
 * @given: the one before @first is with the caller
 */
struct stream {
	struct plan plan;
	struct ranges *bad;
	struct queue *queue;
	struct ahead slots[STREAM_SLOTS];
	u64 first;
	u64 next;
	bool given;
};

/**
 * stream_open() - begin to read a disk
 * @log: how much to tell
 * @disk: the disk, which must outlive the stream
 * @bad: what cannot be read is zeros, and added to this; NULL: it is an error
 * @stream: set to it, for stream_close(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int stream_open(const struct log *log, const struct disk *disk,
		struct ranges *bad, struct stream **stream)
{
	struct stream *s = calloc(1, sizeof(*s));
	size_t i;
	int r;

	*stream = s;
	if (!s)
		return fail_memory();
	s->bad = bad;
	plan_start(&s->plan, disk, NULL, 0,
		   disk->capacity * SESPARSE_SECTOR_SIZE);
	r = queue_open(log, &s->queue);
	for (i = 0; i < STREAM_SLOTS && !r; i++)
		r = gather_init(&s->slots[i].gather);
	return r;
}

static struct ahead *slot_of(struct stream *s, u64 number)
{
	return &s->slots[number % STREAM_SLOTS];
}

/* Take steps as long as there is room, but for that of what is with the caller. */
static void read_ahead(struct stream *s)
{
	struct ahead *a;
	size_t i;

	while (s->next - s->first + s->given < STREAM_SLOTS) {
		a = slot_of(s, s->next);
		if (!plan_next(&s->plan, &a->gather.step))
			return;
		s->next++;
		a->pending = 0;
		if (a->gather.step.is_zero)
			continue;
		gather_prepare(&a->gather);
		a->pending = a->gather.nr_requests;
		for (i = 0; i < a->gather.nr_requests; i++) {
			a->gather.requests[i].owner = a;
			queue_add(s->queue, &a->gather.requests[i]);
		}
	}
}

static int settle(struct stream *s, struct request *request)
{
	struct ahead *a = request->owner;
	int r = 0;

	if (request->error && (!s->bad || queue_is_lost(s->queue)))
		return gather_fail(&a->gather, request);
	if (request->error)
		r = gather_salvage(&a->gather, request, s->bad);
	a->pending--;
	return r;
}

/**
 * stream_next() - the next stretch of the disk
 * @s: the stream
 * @stretch: set to it, good until the next call; of no bytes: the disk has ended
 *
 * Return: 0, or an exit code after a message, and then there is no next.
 */
int stream_next(struct stream *s, struct stretch_read *stretch)
{
	const struct step *step;
	struct ahead *a;
	int r = 0;

	s->given = false;
	read_ahead(s);
	*stretch = (struct stretch_read){ 0 };
	if (s->first == s->next)
		return 0;
	a = slot_of(s, s->first);
	while (a->pending && !r)
		r = settle(s, queue_wait(s->queue));
	if (r)
		return r;
	s->first++;
	s->given = true;
	step = &a->gather.step;
	*stretch = (struct stretch_read){
		.start = step->start,
		.bytes = step->bytes,
		.data = step->is_zero ? NULL : a->gather.buffer,
	};
	return 0;
}

/**
 * stream_close() - be done with a stream, read to its end or not
 * @s: it, or NULL
 */
void stream_close(struct stream *s)
{
	size_t i;

	if (!s)
		return;
	/* Their memory is the kernel's until they are done. */
	while (s->queue && !queue_is_lost(s->queue) && queue_wait(s->queue))
		;
	for (i = 0; i < STREAM_SLOTS && !(s->queue && queue_is_lost(s->queue));
	     i++)
		gather_free(&s->slots[i].gather);
	queue_close(s->queue);
	free(s);
}
