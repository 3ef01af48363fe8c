// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "restore/copy.h"
#include "restore/plan.h"
#include "restore/target.h"
#include "restore/transfer.h"
#include "restore/zeros.h"
#include "source/direct.h"
#include "source/holes.h"
#include "util/message.h"
#include "util/progress.h"
#include "util/ranges.h"

/**
 * struct comparing - a target being read back
 * @copy: what it must hold
 * @transfer: the blocks
 * @plan: where the next one is; past the transfer's cursor while zeros are left
 * @buffers: what the target holds, PLAN_BLOCK_BYTES for each slot
 * @unread: what could not be read this time, and so is not compared
 * @is_begun: zeros are no difference, nor is one told
 * @differs: some of it is wrong
 * @at: the first byte that is
 */
struct comparing {
	const struct copy *copy;
	struct transfer transfer;
	struct plan plan;
	char *buffers;
	struct ranges unread;
	bool is_begun;
	bool differs;
	u64 at;
};

/* Where zeros must be, a file's holes need not be looked at. */
static u64 skip_hole(const struct target *target, u64 from, u64 to)
{
	struct stretch stretch;

	if (target->is_block)
		return from;
	stretch = holes_look(target->fd, from, to, PLAN_ALIGN);
	return stretch.is_hole ? stretch.end : from;
}

/* A block of the zeros that are left, if there is one to be looked at. */
static void take_zeros(struct comparing *v, struct step *step, bool *is_block)
{
	const u64 end = v->plan.at;
	u64 start = skip_hole(v->copy->target, v->transfer.cursor, end);

	v->transfer.cursor = start;
	if (start == end)
		return;
	plan_zero_block(start, end, step);
	v->transfer.cursor += step->bytes;
	*is_block = true;
}

/* What has not been written yet need not be read. */
static bool is_left_out(const struct comparing *v, const struct step *step)
{
	const u64 end = step->start + step->bytes;

	return v->is_begun && skip_hole(v->copy->target, step->start, end) == end;
}

static int next(struct transfer *t, struct slot *slot, bool *is_block,
		bool *is_last)
{
	struct comparing *v = t->data;
	struct step *step = &slot->gather.step;

	if (t->cursor == v->plan.at) {
		*is_last = !plan_next(&v->plan, step);
		if (*is_last)
			return 0;
		t->cursor = step->start;
		*is_block = !step->is_zero && !is_left_out(v, step);
		if (!step->is_zero)
			t->cursor = v->plan.at;
		if (t->cursor == v->plan.at)
			return 0;
	}
	if (!*is_block)
		take_zeros(v, step, is_block);
	return 0;
}

static char *buffer_of(const struct comparing *v, const struct slot *slot)
{
	return v->buffers + (slot - v->transfer.slots) * PLAN_BLOCK_BYTES;
}

static void begin(struct transfer *t, struct slot *slot)
{
	const struct comparing *v = t->data;
	const struct target *target = v->copy->target;
	const struct step *step = &slot->gather.step;

	slot->other_iov = (struct iovec){
		.iov_base = buffer_of(v, slot),
		.iov_len = (size_t)step->bytes,
	};
	target_request(target, &slot->other_iov, step->start, false,
		       &slot->other);
	transfer_add(t, slot, &slot->other);
}

/* Written, or still zeros: does each piece of a block look as if? */
static bool looks_begun(const char *a, const char *b, size_t size)
{
	size_t at, bytes;

	for (at = 0; at < size; at += bytes) {
		bytes = min_t(size_t, size - at, PLAN_ALIGN);
		if (memcmp(a + at, b + at, bytes) && !zeros_are(b + at, bytes))
			return false;
	}
	return true;
}

/* Make zeros of what lies in @ranges. */
static void blank(char *buffer, const struct step *step,
		  const struct ranges *ranges)
{
	const u64 end = step->start + step->bytes;
	size_t i = ranges_find(ranges, step->start);
	u64 from, to;

	for (; i < ranges->nr && ranges->list[i].start < end; i++) {
		from = max_t(u64, ranges->list[i].start, step->start);
		to = min_t(u64, ranges->list[i].end, end);
		if (from < to)
			memset(buffer + (from - step->start), 0,
			       (size_t)(to - from));
	}
}

/*
 * What could not be read when it was written is zeros in the target, whether it
 * can be read by now or not.
 */
static int ready(struct transfer *t, struct slot *slot)
{
	struct comparing *v = t->data;
	const struct step *step = &slot->gather.step;
	char *a = slot->gather.buffer, *b = buffer_of(v, slot);
	const size_t size = (size_t)step->bytes;
	u64 at = step->start;

	blank(a, step, v->copy->bad);
	blank(a, step, &v->unread);
	blank(b, step, &v->unread);
	if (!memcmp(a, b, size) || (v->is_begun && looks_begun(a, b, size))) {
		progress_add(v->copy->progress, step->bytes);
		return 0;
	}
	for (; *a == *b; a++, b++)
		at++;
	if (!v->differs || at < v->at)
		v->at = at;
	v->differs = true;
	return EXIT_DEVICE;
}

static int fail_read(struct transfer *t, const struct request *request)
{
	const struct comparing *v = t->data;

	return fail(EXIT_DEVICE, "%s: cannot read back at byte %llu: %s",
		    v->copy->target->path, request->at,
		    request->error == ENODATA ? "it ends there" :
		    strerror(request->error));
}

static const struct transfer_ops ops = {
	.next = next,
	.begin = begin,
	.ready = ready,
	.fail = fail_read,
};

static int compare(struct comparing *v, u64 from, u64 to)
{
	const struct copy *c = v->copy;
	int r;

	target_drop_cache(c->target);
	plan_start(&v->plan, c->disk, c->only, from, to);
	v->buffers = aligned_alloc(DIRECT_MEMORY_ALIGN,
				   TRANSFER_SLOTS * PLAN_BLOCK_BYTES);
	r = v->buffers ? transfer_init(c, &ops, v, from, &v->transfer) :
			 fail_memory();
	v->transfer.bad = &v->unread;
	if (!r)
		r = transfer_run(&v->transfer);
	if (!transfer_is_lost(&v->transfer))
		free(v->buffers);
	transfer_free(&v->transfer);
	ranges_free(&v->unread);
	return r;
}

/**
 * copy_compare() - read a target back and compare it with the disk
 * @c: what was copied
 * @from: byte to begin at; a step begins there
 * @to: byte to end before, likewise
 *
 * Return: 0, or an exit code after a message.
 */
int copy_compare(const struct copy *c, u64 from, u64 to)
{
	struct comparing v = { .copy = c };
	int r = compare(&v, from, to);

	if (v.differs)
		fail(EXIT_DEVICE,
		     "%s: differs from the disk at byte %llu, expected what the disk holds",
		     c->target->path, v.at);
	return r;
}

/* Sets *@is_begun to false if what is there is neither zeros nor the disk's. */
static int look_begun(const struct copy *c, u64 from, u64 to, bool *is_begun)
{
	struct comparing v = { .copy = c, .is_begun = true };
	int r = compare(&v, from, to);

	if (v.differs)
		*is_begun = false;
	return v.differs ? 0 : r;
}

/**
 * copy_find_begun() - is what a target holds only what this copy has written?
 * @c: the copy, begun before, of which nothing is known to be done
 * @bytes: the disk's length
 * @is_begun: set to whether it is: all that a file has data of, or all that a
 *            device is known by
 *
 * Return: 0, or an exit code after a message.
 */
int copy_find_begun(const struct copy *c, u64 bytes, bool *is_begun)
{
	struct ranges places = { 0 };
	size_t i;
	int r;

	/* A file is made as long as the disk, or nothing was done to it yet. */
	*is_begun = c->target->is_block || !c->target->bytes ||
		    c->target->bytes == bytes;
	if (!c->target->is_block)
		return *is_begun && c->target->bytes ?
		       look_begun(c, 0, bytes, is_begun) : 0;
	r = target_find_known(c->target, &places);
	for (i = 0; i < places.nr && !r && *is_begun; i++) {
		if (places.list[i].end > bytes)
			*is_begun = false;
		else
			r = look_begun(c, places.list[i].start,
				       places.list[i].end, is_begun);
	}
	ranges_free(&places);
	return r;
}
