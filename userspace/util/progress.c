// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <time.h>

#include "util/human.h"
#include "util/progress.h"
#include "util/signals.h"

#define SECOND_NS 1000000000ULL

/* Often enough to be seen moving. */
#define INTERVAL_NS (SECOND_NS / 4)

/* To see whether somebody has asked takes longer than to copy fewer bytes. */
#define UNASKED_BYTES (64 * 1024)

/* What is done by then is nothing to wait for. */
#define PATIENCE_NS SECOND_NS

/**
 * progress_now() - what time it is
 *
 * Return: ns from some moment on.
 */
u64 progress_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * SECOND_NS + (u64)ts.tv_nsec;
}

/**
 * progress_begin() - begin to tell how far something has got
 * @p: filled in
 * @is_shown: tell it at all
 * @what: what is being done, such as "copied"
 * @total: bytes to do
 */
void progress_begin(struct progress *p, bool is_shown, const char *what,
		    u64 total)
{
	*p = (struct progress){
		.is_shown = is_shown,
		.what = what,
		.total = total,
		.begin = progress_now(),
	};
}

/**
 * progress_be_patient() - say nothing, unasked, of what is done within a second
 * @p: what has just begun
 */
void progress_be_patient(struct progress *p)
{
	p->patience = PATIENCE_NS;
}

/*
 * A shorter line must not leave the end of a longer one behind; what is said
 * next goes over it where @end is a carriage return.
 */
static void show(struct progress *p, u64 now, char end)
{
	const double seconds = (double)(now - p->begin) / (double)SECOND_NS;
	const double rate = seconds > 0 ? (double)p->done / seconds : 0;
	char done[HUMAN_SIZE], total[HUMAN_SIZE], speed[HUMAN_SIZE];
	char left[32] = "";
	u64 rest;
	int width;

	if (rate >= 1) {
		rest = (u64)((double)(p->total - p->done) / rate);
		snprintf(left, sizeof(left), ", %llu:%02llu:%02llu left",
			 rest / 3600, rest / 60 % 60, rest % 60);
	}
	width = fprintf(stderr, "%s of %s %s (%u %%), %s/s%s",
			human_size(p->done, done), human_size(p->total, total),
			p->what, p->total ? (unsigned int)
			((double)p->done * 100 / (double)p->total) : 100,
			human_size((u64)rate, speed), left);
	fprintf(stderr, "%*s%c", p->width > width ? p->width - width : 0, "",
		end);
	p->width = end == '\r' ? width : 0;
	p->told = now;
}

/**
 * progress_answer() - tell how far it is if somebody has asked by SIGUSR1
 * @p: what is on its way
 */
void progress_answer(struct progress *p)
{
	p->unasked = 0;
	if (signals_asked())
		show(p, progress_now(), '\n');
}

/**
 * progress_add() - more is done
 * @p: what has got further
 * @bytes: by how much
 */
void progress_add(struct progress *p, u64 bytes)
{
	u64 now;

	p->done = min_t(u64, p->total, p->done + bytes);
	p->unasked += bytes;
	if (p->unasked >= UNASKED_BYTES)
		progress_answer(p);
	if (!p->is_shown)
		return;
	now = progress_now();
	if (now - p->told >= INTERVAL_NS && now - p->begin >= p->patience)
		show(p, now, '\r');
}

/**
 * progress_end() - end it
 * @p: what has come to an end
 * @is_done: all is done, and the line stays
 *
 * Return: how long it took, in ns.
 */
u64 progress_end(struct progress *p, bool is_done)
{
	const u64 now = progress_now();

	if (p->is_shown && is_done && (p->told || !p->patience)) {
		show(p, now, '\r');
		fputc('\n', stderr);
	}
	return now - p->begin;
}
