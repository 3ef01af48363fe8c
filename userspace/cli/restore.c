// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/reading.h"
#include "cli/restoring.h"
#include "cli/verbs.h"
#include "cli/vm-targets.h"
#include "source/missing.h"
#include "util/json.h"
#include "util/message.h"
#include "util/progress.h"
#include "util/signals.h"
#include "vmdk/vmx.h"

/* What was read where a file is no more, or while it changed, is nothing to go on from. */
static int check_read(struct restoring *p)
{
	const struct state_point nothing = { .bad = &p->bad };
	int r = image_check_unchanged(&p->options->image);

	if (!r)
		r = image_check_files(&p->options->image, &p->image);
	if (r && p->state && !state_save(&p->resume, &nothing))
		note("%s: what is written counts for nothing: restore with --force to begin again",
		     p->resume.path);
	return r;
}

static int copy(struct restoring *p)
{
	const u64 from = p->resume.position;
	struct progress progress;
	const struct copy copy = restoring_copy_of(p, &progress);
	struct estimate rest = p->all;
	int r = 0, other;

	if (restoring_was_there(p)) /* nor is that to be written down once more */
		return 0;
	if (from)
		r = estimate_take(&p->disk, p->parts, from, p->bytes, &rest);
	if (r)
		return r;
	progress_begin(&progress, reading_is_shown(p->options), "copied",
		       rest.data + rest.gaps +
		       (target_zeroes_quickly(&p->target) ? 0 : rest.zeros));
	r = copy_write(&copy, from, p->bytes);
	p->copied = rest.data + rest.gaps;
	p->copied_ns = progress_end(&progress, !r);
	other = check_read(p);
	if (r && !other && !p->may_go && p->resume.is_saved)
		note("%s: the same command goes on from where this one got to",
		     p->resume.path);
	if (!r && !other)
		p->may_go = false;
	return r ? r : other;
}

static void note_anew(const struct restoring *p)
{
	if (p->state && !signals_waiting())
		note("%s: remove it and restore %s to have all of %s written again",
		     p->resume.path, p->resume.anew, p->target.path);
}

/* Going on from where all is written would not mend what is wrong there. */
static int verify_all(struct restoring *p)
{
	int r = restoring_verify(p, p->parts, 0, p->bytes,
				 reading_is_shown(p->options));

	if (r)
		note_anew(p);
	return r;
}

/* All this time nobody has kept others from the file, nor from its name. */
static int check_there(struct restoring *p)
{
	const int r = target_check_there(&p->target, p->bytes);

	if (r)
		note_anew(p);
	if (r && !p->state)
		p->may_go = true;
	return r;
}

/* There is nothing to go on with, and what says so is not OPT_RESUME's to remove. */
static bool is_kept_state(const struct restoring *p)
{
	return restoring_was_there(p) && state_stays(&p->resume);
}

/* Of a VM's disk that is done it stays until all of them are. */
static int finish_state(struct restoring *p)
{
	const struct state_point point = {
		.position = p->bytes,
		.bad = &p->bad,
		.zeros = p->zeros,
	};

	if (!p->state)
		return 0;
	if (restoring_given(p, OPT_STATE))
		return state_finish(&p->resume, &p->target, &point);
	return p->subject->name || is_kept_state(p) ? 0 :
	       state_remove(&p->resume);
}

static void tell_nothing_to_do(const struct restoring *p)
{
	const char *path = p->target.path, *state = p->resume.path;

	if (!restoring_was_there(p) || p->options->since)
		return;
	if (restoring_given(p, OPT_STATE))
		warn("%s: holds all of the disk already, as %s has it, and is not written to: --verify compares it, with %s removed --force writes it again",
		     path, state, state);
	else if (is_kept_state(p))
		warn("%s: nothing to resume: %s holds all of the disk already, as this file of --state has it, which stays: --verify compares it, with %s removed --force writes it again",
		     state, path, state);
}

static int restore(struct restoring *p)
{
	int r;

	r = restoring_open_target(p);
	if (!r)
		tell_nothing_to_do(p);
	if (!r)
		r = copy(p);
	if (!r && restoring_given(p, OPT_VERIFY))
		r = verify_all(p);
	if (!r)
		r = check_there(p);
	if (!r)
		r = finish_state(p);
	return r ? r : restoring_report(p);
}

/* What becomes of a VM's disk is a file in the folder that was named. */
static int name_files(struct restoring *p)
{
	const char *disk = p->subject->name;
	const int r = restoring_name_target(p->options, disk, &p->path);

	return r ? r : restoring_name_state(p->options, disk, &p->state);
}

static int restore_disk(struct options *o, const struct subject *subject)
{
	struct restoring p = {
		.options = o,
		.subject = subject,
		.target.fd = -1,
		.target.direct.fd = -1,
	};
	sigset_t signals;
	int r;

	r = name_files(&p);
	if (!r)
		r = restoring_read(&p);
	if (!r)
		r = signals_hold(&signals);
	if (r)
		goto out;
	r = restore(&p);
	target_close(&p.target, r && p.may_go);
	if (fflush(stdout) && !r)
		r = fail(EXIT_DEVICE, "cannot write the output: %m");
	signals_release(&signals);
out:
	ranges_free(&p.bad);
	state_free(&p.resume);
	since_free(&p.since);
	disk_free(&p.disk);
	image_free(&p.image);
	free(p.state);
	free(p.path);
	return r;
}

static const struct disks_options how = {
	.each = restore_disk,
	.key = "restore",
};

/* Set @made if it was not there. */
static int make_folder(const char *path, bool *made)
{
	struct stat st;

	*made = !mkdir(path, 0777);
	if (*made)
		return 0;
	if (errno != EEXIST || stat(path, &st))
		return missing_fail(path, "cannot create", errno);
	if (S_ISDIR(st.st_mode))
		return 0;
	return fail(EXIT_USAGE,
		    "%s: is no folder, expected one, in which each of the VM's disks becomes a file: give the descriptor of the disk that is to be written there",
		    path);
}

/* All disks are there: how far each has got is of no use any more. */
static int remove_states(const struct options *o, const struct vmx *vmx)
{
	struct state state;
	char *name;
	size_t i;
	int r = 0;

	for (i = 0; i < vmx->nr && o->given & OPT_RESUME && !r; i++) {
		state = (struct state){ 0 };
		r = restoring_name_state(o, vmx->disks[i].name, &name);
		if (!r)
			r = state_open(name, &state);
		if (!r && !state_stays(&state))
			r = state_remove(&state);
		state_free(&state);
		free(name);
	}
	return r;
}

static int restore_vm(struct options *o, const struct vmx *vmx)
{
	const char *folder = o->operands[2];
	bool made = false;
	int r;

	if (o->since)
		return fail(EXIT_USAGE,
			    "--since: %s is a VM, expected a disk: give the descriptors of its disks one by one",
			    vmx->path);
	r = vmx_check_disks(vmx);
	if (!r)
		r = vm_targets_check(o, vmx);
	if (!r)
		r = make_folder(folder, &made);
	if (r)
		return r;
	r = disks_of_vm(o, &how, vmx);
	if (!r)
		return remove_states(o, vmx);
	/* It stays if anything is in it. */
	if (made)
		rmdir(folder);
	return r;
}

static int restore_named(struct options *o)
{
	const struct log silent = { 0 }; /* it is opened once more */
	struct json j = { 0 };
	struct subject s = { .path = o->operands[1], .j = &j };
	struct vmx *vmx;
	int r;

	s.image = o->image;
	r = vmx_find(&silent, &o->image.roots, o->operands[1], &vmx);
	if (!r)
		r = vmx ? restore_vm(o, vmx) : restore_disk(o, &s);
	vmx_free(vmx);
	return r;
}

/**
 * cmd_restore() - write a disk, or each of a VM's, to a file or block device
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_restore(struct options *o)
{
	sigset_t signals;
	int r;

	if (o->since && !(o->given & OPT_STATE))
		return fail(EXIT_USAGE,
			    "--since: expected --state FILE with it, which says what %s holds",
			    o->operands[2]);
	if (o->given & OPT_RESUME && o->given & OPT_STATE)
		return fail(EXIT_USAGE,
			    "--state: expected no --resume with it, for which it does, too");
	/* A file that may get no longer is an error to be told. */
	signal(SIGXFSZ, SIG_IGN);
	o->image.must_open = true;
	o->is_checked = true;
	/* How far it is may be asked before there is an answer, and between disks. */
	r = signals_hold_questions(&signals);
	if (r)
		return r;
	r = restore_named(o);
	signals_release(&signals);
	return r;
}
