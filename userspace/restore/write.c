// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "restore/copy.h"
#include "restore/plan.h"
#include "restore/state.h"
#include "restore/target.h"
#include "restore/transfer.h"
#include "source/direct.h"
#include "util/message.h"
#include "util/progress.h"

/* How much work is lost, at the most, when the tool is killed. */
#define SAVE_INTERVAL_NS 2000000000ULL

/**
 * struct copying - a disk on its way
 * @copy: what is asked for
 * @transfer: its blocks
 * @plan: where the next one is; past the transfer's cursor while zeros are left
 * @saved: when it was written down last how far it has got
 * @lost: a flush has failed, which the kernel tells of once: the next one would
 *        succeed, but not write what that one did not
 */
struct copying {
	const struct copy *copy;
	struct transfer transfer;
	struct plan plan;
	u64 saved;
	bool lost;
};

/* First how far it is, then flush: what gets done meanwhile does not count. */
static int save(struct copying *c)
{
	const u64 done = transfer_done(&c->transfer);
	int r;

	if (c->lost || transfer_is_lost(&c->transfer))
		return EXIT_DEVICE;
	r = target_flush(c->copy->target);
	c->lost = r;
	if (!r && c->copy->resume)
		r = state_save(c->copy->resume, done, c->copy->bad);
	c->saved = progress_now();
	return r;
}

/* Make some of the zeros from the cursor on. */
static int make_zeros(struct copying *c)
{
	struct target *target = c->copy->target;
	u64 bytes = c->plan.at - c->transfer.cursor;
	int r = 0;

	if (!target_zeroes_for_free(target)) {
		r = target_zero(c->copy->log, target, c->transfer.cursor,
				&bytes);
		if (!r && !target_zeroes_quickly(target))
			progress_add(c->copy->progress, bytes);
	}
	if (!r)
		c->transfer.cursor += bytes;
	return r;
}

static int next(struct transfer *t, struct slot *slot, bool *is_block,
		bool *is_last)
{
	struct copying *c = t->data;
	int r = 0;

	if (c->copy->resume && progress_now() - c->saved >= SAVE_INTERVAL_NS)
		r = save(c);
	if (r || t->cursor < c->plan.at)
		return r ? r : make_zeros(c);
	*is_last = !plan_next(&c->plan, &slot->gather.step);
	if (*is_last)
		return 0;
	if (slot->gather.step.is_zero)
		return make_zeros(c);
	*is_block = true;
	t->cursor = c->plan.at;
	return 0;
}

static int ready(struct transfer *t, struct slot *slot)
{
	struct copying *c = t->data;
	const struct target *target = c->copy->target;
	const struct step *step = &slot->gather.step;

	if (slot->stage) {
		progress_add(c->copy->progress, step->bytes);
		return 0;
	}
	slot->other_iov = (struct iovec){
		.iov_base = slot->gather.buffer,
		.iov_len = (size_t)step->bytes,
	};
	target_request(target, &slot->other_iov, step->start, true,
		       &slot->other);
	transfer_add(t, slot, &slot->other);
	return 0;
}

static int fail_write(struct transfer *t, const struct request *request)
{
	const struct copying *c = t->data;

	return fail(exit_code_of(request->error),
		    "%s: cannot write at byte %llu: %s", c->copy->target->path,
		    request->at, strerror(request->error));
}

static const struct transfer_ops ops = {
	.next = next,
	.ready = ready,
	.fail = fail_write,
};

/**
 * copy_write() - write a disk to its target
 * @c: what to copy, and where to
 * @from: byte to begin at; a step begins there
 * @to: byte to end before
 *
 * Also after a failure, what is done is flushed and written down.
 *
 * Return: 0, or an exit code after a message.
 */
int copy_write(const struct copy *c, u64 from, u64 to)
{
	struct copying copying = {
		.copy = c,
		.saved = progress_now(),
	};
	int r, other;

	plan_start(&copying.plan, c->disk, from, to);
	r = transfer_init(c, &ops, &copying, from, &copying.transfer);
	if (!r) {
		r = transfer_run(&copying.transfer);
		other = save(&copying);
		r = r ? r : other;
	}
	transfer_free(&copying.transfer);
	return r;
}
