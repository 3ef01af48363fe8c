// SPDX-License-Identifier: GPL-2.0-only
#include "cli/disks.h"
#include "cli/restoring.h"
#include "util/message.h"
#include "util/progress.h"
#include "util/signals.h"

/* What is looked at again, of what an interrupted restore has written. */
#define RECHECK_BYTES (16ULL << 20)

/* A device's name may be another's by now: does it hold what was written? */
static int recheck(struct restoring *p)
{
	const u64 at = p->resume.position;
	const u64 from = at > RECHECK_BYTES ? at - RECHECK_BYTES : 0;
	int r;

	r = restoring_verify(p, NULL, 0, min_t(u64, at, RECHECK_BYTES), false);
	if (!r)
		r = restoring_verify(p, NULL, from - from % RECHECK_BYTES, at,
				     false);
	if (r && !signals_waiting())
		note("%s: is not what the restore was begun to, or was written to since: remove %s and restore %s to begin again",
		     p->target.path, p->resume.path, p->resume.anew);
	return r;
}

/*
 * One that was begun before, but of which nothing counts, may go over what it has
 * left, and over nothing else.
 */
static int check_target(struct restoring *p)
{
	struct progress progress;
	const struct copy copy = restoring_copy_of(p, &progress);
	bool is_begun = false;
	int r = 0;

	if (p->resume.text) {
		progress_begin(&progress, false, "compared", p->bytes);
		r = copy_find_begun(&copy, p->bytes, &is_begun);
	}
	return r || is_begun ? r : target_check_empty(&p->target, p->bytes);
}

/*
 * The target is only touched once it is sure that it can be written down: where
 * nothing is done, all is checked again.
 */
static int begin(struct restoring *p)
{
	const struct state_point point = { .bad = &p->bad };
	bool is_saved = false;
	int r = 0;

	if (!restoring_given(p, OPT_FORCE))
		r = check_target(p);
	if (!r && p->state) {
		r = state_save(&p->resume, &point);
		is_saved = !r;
	}
	if (!r)
		r = target_prepare(&p->target, p->bytes);
	if (r && is_saved && !p->resume.text)
		state_remove(&p->resume);
	if (!r && is_saved)
		p->may_go = false;
	return r;
}

static int check_written(const struct restoring *p)
{
	return restoring_given(p, OPT_FORCE) ? 0 :
	       state_check_written(&p->resume, &p->target);
}

static int go_on(struct restoring *p)
{
	size_t i;
	int r;

	p->may_go = false;
	r = check_written(p);
	for (i = 0; i < p->resume.bad.nr && !r; i++)
		r = ranges_add(&p->bad, p->resume.bad.list[i].start,
			       p->resume.bad.list[i].end);
	p->zeros = p->resume.zeros;
	if (!r && (p->zeros.data > p->all.data ||
		   p->zeros.gaps > p->all.gaps + ranges_bytes(&p->bad)))
		r = fail(EXIT_DEVICE,
			 "%s: damaged: found %llu bytes of data and %llu of gaps that are zeros, more than there are: remove the file and restore %s to begin again",
			 p->resume.path, p->zeros.data, p->zeros.gaps,
			 p->resume.anew);
	if (!r)
		r = recheck(p);
	return r || p->parts || restoring_was_there(p) ? r :
	       target_empty_rest(&p->target, p->resume.position, p->bytes);
}

/* What is there counts, so it has to be there, and of the disk's length. */
static int check_kept(const struct restoring *p)
{
	const struct target *t = &p->target;

	if (t->is_new)
		return fail(EXIT_DEVICE,
			    "%s: is not there, expected what holds %s: restore without --since first",
			    t->path, p->options->since);
	if (!t->is_block && t->bytes != p->bytes)
		return fail(EXIT_DEVICE,
			    "%s: has %llu bytes, expected the %llu of %s: restore without --since first",
			    t->path, t->bytes, p->bytes, p->options->since);
	return 0;
}

/* Without a file that says so, whoever says so has to insist. */
static int begin_since(struct restoring *p, enum state_found found)
{
	const struct state_point point = { .bad = &p->bad };
	struct progress progress;
	const struct copy copy = restoring_copy_of(p, &progress);
	int r;

	if (found == STATE_UNKNOWN && !restoring_given(p, OPT_FORCE))
		return fail(EXIT_USAGE,
			    "--since: %s is not there, so nothing tells that %s holds %s: name the --state that the restore of that has left, or give --force, which looks at samples only",
			    p->state, p->target.path, p->options->since);
	r = check_written(p);
	if (r)
		return r;
	progress_begin(&progress, false, "compared", p->bytes);
	r = since_check_target(&p->since, &copy);
	if (r && !signals_waiting())
		note("%s: does not hold %s: restore without --since to have all of the disk written",
		     p->target.path, p->options->since);
	return r ? r : state_save(&p->resume, &point);
}

static int take_since(struct restoring *p)
{
	enum state_found found = STATE_UNKNOWN;
	int r;

	p->target.is_kept = true;
	r = check_kept(p);
	if (!r)
		r = state_check_since(&p->resume, &p->image, &p->disk,
				      &p->since,
				      restoring_given(p, OPT_SALVAGE),
				      &p->target, &found);
	if (r)
		return r;
	p->may_go = false;
	if (found == STATE_BEGUN || found == STATE_NEW)
		return go_on(p);
	return begin_since(p, found);
}

/**
 * restoring_open_target() - open the target, and see that it may be written to
 * @p: the disk, read; set are its target and how far it has got
 *
 * From here on only what is left of the disk is written.
 *
 * Return: 0, or an exit code after a message.
 */
int restoring_open_target(struct restoring *p)
{
	int r = 0;

	if (p->state)
		r = state_open(p->state, &p->resume);
	if (!r)
		r = target_open(&p->options->log, p->path,
				&p->image, p->options->is_thick, &p->target);
	p->may_go = true;
	if (!r && p->options->since)
		return take_since(p);
	if (!r && p->state)
		r = state_check(&p->resume, &p->image, &p->disk,
				restoring_given(p, OPT_SALVAGE), &p->target);
	if (!r)
		r = p->resume.position ? go_on(p) : begin(p);
	return r;
}
