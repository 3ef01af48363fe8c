// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "restore/copy.h"
#include "restore/plan.h"
#include "restore/target.h"
#include "restore/transfer.h"
#include "source/direct.h"
#include "source/holes.h"
#include "util/message.h"
#include "util/progress.h"

/**
 * struct comparing - a target being read back
 * @copy: what it must hold
 * @transfer: the blocks
 * @plan: where the next one is; past the transfer's cursor while zeros are left
 * @buffers: what the target holds, PLAN_BLOCK_BYTES for each slot
 * @differs: some of it is wrong
 * @at: the first byte that is
 */
struct comparing {
	const struct copy *copy;
	struct transfer transfer;
	struct plan plan;
	char *buffers;
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
	step->start = start;
	step->bytes = min_t(u64, end - start,
			    PLAN_BLOCK_BYTES - start % PLAN_BLOCK_BYTES);
	step->nr_fragments = 0;
	v->transfer.cursor += step->bytes;
	*is_block = true;
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
		*is_block = !step->is_zero;
		if (*is_block)
			t->cursor = v->plan.at;
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

static int ready(struct transfer *t, struct slot *slot)
{
	struct comparing *v = t->data;
	const struct step *step = &slot->gather.step;
	const char *a = slot->gather.buffer, *b = buffer_of(v, slot);
	u64 at = step->start;

	if (!memcmp(a, b, (size_t)step->bytes)) {
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
	int r;

	target_drop_cache(c->target);
	plan_start(&v.plan, c->disk, from, to);
	v.buffers = aligned_alloc(DIRECT_MEMORY_ALIGN,
				  TRANSFER_SLOTS * PLAN_BLOCK_BYTES);
	r = v.buffers ? transfer_init(c, &ops, &v, from, &v.transfer) :
			fail_memory();
	if (!r)
		r = transfer_run(&v.transfer);
	if (v.differs)
		fail(EXIT_DEVICE,
		     "%s: differs from the disk at byte %llu, expected what the disk holds",
		     c->target->path, v.at);
	if (!transfer_is_lost(&v.transfer))
		free(v.buffers);
	transfer_free(&v.transfer);
	return r;
}
