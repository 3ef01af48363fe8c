// SPDX-License-Identifier: GPL-2.0-only
#include "restore/copy.h"
#include "restore/transfer.h"
#include "util/message.h"
#include "util/progress.h"
#include "util/signals.h"

/*
 * To ask whether a signal waits takes longer than a small block does: so many are
 * taken in between.
 */
#define SMALL_BYTES (64 * 1024)
#define SMALL_UNASKED 16

/**
 * transfer_init() - get what it takes to have blocks on their way
 * @c: what is copied
 * @ops: what is done with the blocks
 * @data: for that
 * @from: first byte of the disk
 * @t: filled in, for transfer_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int transfer_init(const struct copy *c, const struct transfer_ops *ops,
		  void *data, u64 from, struct transfer *t)
{
	*t = (struct transfer){
		.ops = ops,
		.data = data,
		.salvage = c->salvage,
		.bad = c->bad,
		.progress = c->progress,
		.cursor = from,
	};
	return queue_open(c->log, &t->queue);
}

/**
 * transfer_add() - have something read or written for a block
 * @t: the transfer
 * @slot: the block
 * @request: what; gets the block as its owner
 */
void transfer_add(struct transfer *t, struct slot *slot,
		  struct request *request)
{
	request->owner = slot;
	slot->pending++;
	queue_add(t->queue, request);
}

/* The last used is the next, so that no more memory is touched than it takes. */
static void release(struct transfer *t, struct slot *slot)
{
	slot->next_free = t->free;
	t->free = slot;
}

/* One that has failed stays busy: it is not done. */
static int advance(struct transfer *t, struct slot *slot)
{
	int r;

	while (!slot->pending) {
		r = t->ops->ready(t, slot);
		if (r)
			return r;
		slot->stage++;
		if (!slot->pending) {
			slot->is_busy = false;
			t->bytes -= slot->gather.step.bytes;
			release(t, slot);
			break;
		}
	}
	return 0;
}

static void begin(struct transfer *t, struct slot *slot)
{
	struct gather *g = &slot->gather;
	size_t i;

	t->free = slot->next_free;
	t->bytes += g->step.bytes;
	t->small = g->step.bytes < SMALL_BYTES ? t->small + 1 : 0;
	slot->is_busy = true;
	slot->stage = 0;
	slot->pending = 0;
	gather_prepare(g);
	for (i = 0; i < g->nr_requests; i++)
		transfer_add(t, slot, &g->requests[i]);
	if (t->ops->begin)
		t->ops->begin(t, slot);
}

/* Have one free that has no memory yet. */
static int add_slot(struct transfer *t)
{
	struct slot *slot = &t->slots[t->nr_slots++];
	int r = gather_init(&slot->gather);

	if (!r)
		release(t, slot);
	return r;
}

static int heed_signals(struct transfer *t)
{
	if (t->small % SMALL_UNASKED)
		return 0;
	if (signals_waiting())
		return fail(EXIT_DEVICE, "interrupted");
	/* Zeros may take long without getting it further. */
	progress_answer(t->progress);
	return 0;
}

static int start(struct transfer *t, bool *is_last)
{
	struct slot *slot;
	bool is_block = false;
	int r = heed_signals(t);

	if (!r && !t->free)
		r = add_slot(t);
	if (r)
		return r;
	slot = t->free;
	r = t->ops->next(t, slot, &is_block, is_last);
	if (!is_block)
		t->small = 0;
	if (r || !is_block)
		return r;
	begin(t, slot);
	return advance(t, slot);
}

/* The next block may be one of the largest. */
static bool has_room(const struct transfer *t)
{
	return t->bytes + PLAN_BLOCK_BYTES <= TRANSFER_BYTES &&
	       (t->free || t->nr_slots < TRANSFER_SLOTS);
}

/* A slot with a request that failed never gets ready, and is not done. */
static int settle(struct transfer *t, struct request *request)
{
	struct slot *slot = request->owner;
	int r = 0;

	if (request->error && (request == &slot->other || request->write))
		return t->ops->fail(t, request);
	if (request->error && (!t->salvage || queue_is_lost(t->queue)))
		return gather_fail(&slot->gather, request);
	if (request->error)
		r = gather_salvage(&slot->gather, request, t->bad);
	if (r)
		return r;
	slot->pending--;
	return advance(t, slot);
}

/**
 * transfer_run() - take step after step until there is none left
 * @t: the transfer
 *
 * After a failure, and a signal, the blocks that are on their way get there,
 * all that can.
 *
 * Return: 0, or an exit code after a message.
 */
int transfer_run(struct transfer *t)
{
	struct request *request;
	bool is_last = false;
	int r = 0, other;

	for (;;) {
		if (has_room(t) && !is_last && !r) {
			r = start(t, &is_last);
			continue;
		}
		request = queue_wait(t->queue);
		if (!request)
			return r;
		/* The first failure is told; a full disk fails all at once. */
		if (r && request->error)
			continue;
		other = settle(t, request);
		if (!r)
			r = other;
	}
}

/**
 * transfer_done() - how far all is done
 * @t: the transfer
 *
 * Return: the first byte that may not be.
 */
u64 transfer_done(const struct transfer *t)
{
	const struct slot *slot;
	u64 done = t->cursor;

	for (slot = t->slots; slot < t->slots + t->nr_slots; slot++)
		if (slot->is_busy)
			done = min_t(u64, done, slot->gather.step.start);
	return done;
}

/**
 * transfer_is_lost() - may the kernel still read from or write to blocks' memory?
 * @t: the transfer, ended
 *
 * Return: true if so: that memory must not be used for anything else.
 */
bool transfer_is_lost(const struct transfer *t)
{
	return t->queue && queue_is_lost(t->queue);
}

/**
 * transfer_free() - free what transfer_init() got
 * @t: it; all 0 does nothing
 */
void transfer_free(struct transfer *t)
{
	size_t i;

	for (i = 0; i < t->nr_slots && !transfer_is_lost(t); i++)
		gather_free(&t->slots[i].gather);
	queue_close(t->queue);
}
