// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "restore/copy.h"
#include "restore/plan.h"
#include "restore/state.h"
#include "restore/target.h"
#include "restore/transfer.h"
#include "restore/zeros.h"
#include "source/direct.h"
#include "util/message.h"
#include "util/progress.h"

/* How much work is lost, at the most, when the tool is killed. */
#define SAVE_INTERVAL_NS 2000000000ULL

/**
 * struct found - zeros that a block was found to have
 * @start: the block's first byte of the disk
 * @zeros: how many
 */
struct found {
	u64 start;
	struct zeros_found zeros;
};

/**
 * struct copying - a disk on its way
 * @copy: what is asked for
 * @transfer: its blocks
 * @plan: where the next one is; past the transfer's cursor while zeros are left
 * @found: zeros of blocks since it was last written down how far it has got
 * @nr_found: their number
 * @room: how many there is memory for
 * @saved: when it was written down last how far it has got
 * @lost: a flush has failed, which the kernel tells of once: the next one would
 *        succeed, but not write what that one did not
 */
struct copying {
	const struct copy *copy;
	struct transfer transfer;
	struct plan plan;
	struct found *found;
	size_t nr_found;
	size_t room;
	u64 saved;
	bool lost;
};

/* Those before @done are so for good; of the others, the restore may go on. */
static void settle_zeros(struct copying *c, u64 done)
{
	struct found *f = c->found, *kept = c->found;

	for (; f < c->found + c->nr_found; f++) {
		if (f->start >= done) {
			*kept++ = *f;
			continue;
		}
		c->copy->zeros->data += f->zeros.data;
		c->copy->zeros->gaps += f->zeros.gaps;
	}
	c->nr_found = (size_t)(kept - c->found);
}

/* Make room for one more; those that are settled need none. */
static int make_room(struct copying *c)
{
	struct found *list;
	size_t room;

	settle_zeros(c, transfer_done(&c->transfer));
	if (c->nr_found < c->room / 2)
		return 0;
	room = c->room ? 2 * c->room : 64;
	list = reallocarray(c->found, room, sizeof(*list));
	if (!list)
		return fail_memory();
	c->found = list;
	c->room = room;
	return 0;
}

static int note_zeros(struct copying *c, const struct found *found)
{
	int r = 0;

	if (!found->zeros.data && !found->zeros.gaps)
		return 0;
	if (c->nr_found == c->room)
		r = make_room(c);
	if (!r)
		c->found[c->nr_found++] = *found;
	return r;
}

/* First how far it is, then flush: what gets done meanwhile does not count. */
static int save(struct copying *c)
{
	struct state_point point = {
		.position = transfer_done(&c->transfer),
		.bad = c->copy->bad,
	};
	int r;

	if (c->lost || transfer_is_lost(&c->transfer))
		return EXIT_DEVICE;
	settle_zeros(c, point.position);
	point.zeros = *c->copy->zeros;
	r = target_flush(c->copy->target);
	c->lost = r;
	if (!r && c->copy->resume)
		r = state_save(c->copy->resume, &point);
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

/* The zeros that are left, or some: written as data are, or else made. */
static int take_zeros(struct copying *c, struct step *step, bool *is_block)
{
	if (!target_is_thick(c->copy->target))
		return make_zeros(c);
	plan_zero_block(c->transfer.cursor, c->plan.at, step);
	c->transfer.cursor += step->bytes;
	*is_block = true;
	return 0;
}

static int next(struct transfer *t, struct slot *slot, bool *is_block,
		bool *is_last)
{
	struct step *step = &slot->gather.step;
	struct copying *c = t->data;
	int r = 0;

	if (c->copy->resume && progress_now() - c->saved >= SAVE_INTERVAL_NS)
		r = save(c);
	if (r || t->cursor < c->plan.at)
		return r ? r : take_zeros(c, step, is_block);
	*is_last = !plan_next(&c->plan, step);
	/* What lies between the parts that are copied is as it should be. */
	t->cursor = *is_last ? c->plan.to : step->start;
	if (*is_last)
		return 0;
	if (step->is_zero)
		return take_zeros(c, step, is_block);
	*is_block = true;
	t->cursor = c->plan.at;
	return 0;
}

/* Zeros that were read: a hole stays one, else they are made as others are. */
static int skip_zeros(struct copying *c, u64 start, u64 bytes)
{
	struct target *target = c->copy->target;
	u64 some;
	int r = 0;

	if (target_zeroes_for_free(target))
		return 0;
	for (; bytes && !r; start += some, bytes -= some) {
		some = bytes;
		r = target_zero(c->copy->log, target, start, &some);
	}
	return r;
}

static void write_part(struct copying *c, struct slot *slot, size_t nr,
		       size_t from, size_t to)
{
	struct gather *g = &slot->gather;

	g->iov[nr] = (struct iovec){
		.iov_base = g->buffer + from,
		.iov_len = to - from,
	};
	target_request(c->copy->target, &g->iov[nr], g->step.start + from, true,
		       &g->requests[nr]);
	transfer_add(&c->transfer, slot, &g->requests[nr]);
}

static int skip_part(struct copying *c, const struct gather *g, size_t from,
		     size_t to, struct zeros_found *zeros)
{
	const size_t blank = gather_blank(g, from, to);

	zeros->gaps += blank;
	zeros->data += to - from - blank;
	return skip_zeros(c, g->step.start + from, to - from);
}

/* What is not zeros is written. */
static int write_block(struct copying *c, struct slot *slot)
{
	const struct gather *g = &slot->gather;
	const struct zeros_block block = {
		.bytes = g->buffer,
		.size = (size_t)g->step.bytes,
		.blank = g->blank,
	};
	struct found found = { .start = g->step.start };
	struct zeros_run runs[ZEROS_MAX_RUNS];
	size_t at = 0, nr, i;
	int r = 0;

	nr = zeros_cut(&block, target_least_zeros(c->copy->target), runs);
	for (i = 0; i < nr && !r; at = runs[i++].end)
		if (runs[i].is_zero)
			r = skip_part(c, g, at, runs[i].end, &found.zeros);
		else
			write_part(c, slot, i, at, runs[i].end);
	return r ? r : note_zeros(c, &found);
}

static int ready(struct transfer *t, struct slot *slot)
{
	struct copying *c = t->data;
	int r = 0;

	if (!slot->stage)
		r = write_block(c, slot);
	if (!r && !slot->pending)
		progress_add(c->copy->progress, slot->gather.step.bytes);
	return r;
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

	plan_start(&copying.plan, c->disk, c->only, from, to);
	r = transfer_init(c, &ops, &copying, from, &copying.transfer);
	if (!r) {
		r = transfer_run(&copying.transfer);
		other = save(&copying);
		r = r ? r : other;
	}
	transfer_free(&copying.transfer);
	free(copying.found);
	return r;
}
