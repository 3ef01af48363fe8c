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
#include "cli/verbs.h"
#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "restore/copy.h"
#include "restore/estimate.h"
#include "restore/since.h"
#include "restore/state.h"
#include "restore/target.h"
#include "source/missing.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "util/progress.h"
#include "util/signals.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"
#include "vmdk/newer.h"
#include "vmdk/point.h"
#include "vmdk/vmx.h"

/* What is looked at again, of what an interrupted restore has written. */
#define RECHECK_BYTES (16ULL << 20)

/**
 * struct restoring - a disk about to be written
 * @options: the command line
 * @subject: the disk that it names
 * @path: of the target
 * @state: what OPT_RESUME or OPT_STATE is for it, or NULL
 * @image: the disk's files
 * @disk: what it reads as
 * @since: of OPT_SINCE: what changed since the older disk
 * @parts: the parts of it that are written; NULL: all of it
 * @bytes: its length
 * @target: where it goes
 * @resume: how far it has got; without @state all 0
 * @bad: bytes of it that could not be read, and are zeros in the target
 * @zeros: bytes of it that were found to be zeros, and so not written
 * @corrupt: how many of them corrupt entries are to blame for
 * @all: what there is to copy
 * @copied: bytes of blocks written this time
 * @copied_ns: how long that took
 * @may_go: nothing in the target is of use: a file made for it goes
 */
struct restoring {
	struct options *options;
	const struct subject *subject;
	char *path;
	char *state;
	struct image image;
	struct disk disk;
	struct since since;
	const struct ranges *parts;
	u64 bytes;
	struct target target;
	struct state resume;
	struct ranges bad;
	struct zeros_found zeros;
	u64 corrupt;
	struct estimate all;
	u64 copied;
	u64 copied_ns;
	bool may_go;
};

static bool given(const struct restoring *p, u64 option)
{
	return p->options->given & option;
}

/* Does the target hold all of the disk already, by what a file of it says? */
static bool was_there(const struct restoring *p)
{
	return p->resume.position == p->bytes;
}

static struct copy copy_of(struct restoring *p, struct progress *progress)
{
	return (struct copy){
		.log = &p->options->log,
		.disk = &p->disk,
		.only = p->parts,
		.target = &p->target,
		.salvage = given(p, OPT_SALVAGE),
		.bad = &p->bad,
		.zeros = &p->zeros,
		.resume = p->state ? &p->resume : NULL,
		.progress = progress,
	};
}

/* That the newest snapshot is another one is how the pass before the last is. */
static int read_since(struct restoring *p)
{
	const struct options *o = p->options;
	size_t depth;
	int r;

	newer_warn_parents(&p->image.chain);
	r = point_find(&o->log, o->since, &p->subject->image, &p->image.chain,
		       &depth);
	if (!r)
		r = since_read(&o->log, &p->image.chain, depth,
			       given(p, OPT_SALVAGE), &p->since);
	p->parts = &p->since.parts;
	return r;
}

static int read_disk(struct restoring *p)
{
	struct options *o = p->options;
	int r;

	r = image_read(&o->log, p->subject->path, &p->subject->image,
		       &p->image);
	if (!r && !p->options->since)
		r = newer_warn(&p->image.chain);
	if (r)
		return r;
	sources_open_direct(&o->log, &p->image.sources);
	r = disk_read(&o->log, &p->image.chain, given(p, OPT_SALVAGE),
		      &p->disk);
	if (r)
		return r;
	p->bytes = p->disk.capacity * SESPARSE_SECTOR_SIZE;
	if (o->since)
		r = read_since(p);
	if (!r)
		r = estimate_take(&p->disk, p->parts, 0, p->bytes, &p->all);
	if (!r && given(p, OPT_SALVAGE))
		r = estimate_find_bad(&p->disk, &p->bad);
	p->corrupt = ranges_bytes(&p->bad);
	return r;
}

static int verify(struct restoring *p, const struct ranges *only, u64 from,
		  u64 to, bool is_shown)
{
	struct progress progress;
	struct copy copy = copy_of(p, &progress);
	struct estimate part;
	int r;

	copy.only = only;
	r = estimate_take(&p->disk, only, from, to, &part);
	if (r)
		return r;
	progress_begin(&progress, is_shown, "compared", part.data + part.gaps +
		       (target_zeroes_for_free(&p->target) ? 0 : part.zeros));
	r = copy_compare(&copy, from, to);
	progress_end(&progress, !r);
	return r;
}

/* A device's name may be another's by now: does it hold what was written? */
static int recheck(struct restoring *p)
{
	const u64 at = p->resume.position;
	const u64 from = at > RECHECK_BYTES ? at - RECHECK_BYTES : 0;
	int r;

	r = verify(p, NULL, 0, min_t(u64, at, RECHECK_BYTES), false);
	if (!r)
		r = verify(p, NULL, from - from % RECHECK_BYTES, at,
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
	const struct copy copy = copy_of(p, &progress);
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

	if (!given(p, OPT_FORCE))
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
	return given(p, OPT_FORCE) ? 0 :
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
	return r || p->parts || was_there(p) ? r :
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
	const struct copy copy = copy_of(p, &progress);
	int r;

	if (found == STATE_UNKNOWN && !given(p, OPT_FORCE))
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
				      &p->since, given(p, OPT_SALVAGE),
				      &p->target, &found);
	if (r)
		return r;
	p->may_go = false;
	if (found == STATE_BEGUN || found == STATE_NEW)
		return go_on(p);
	return begin_since(p, found);
}

static int open_target(struct restoring *p)
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
				given(p, OPT_SALVAGE), &p->target);
	if (!r)
		r = p->resume.position ? go_on(p) : begin(p);
	return r;
}

/* What was read where a file is no more is nothing to go on from. */
static int check_read(struct restoring *p)
{
	const struct state_point nothing = { .bad = &p->bad };
	const int r = image_check_unchanged(&p->options->image);

	if (r && p->state && !state_save(&p->resume, &nothing))
		note("%s: what is written counts for nothing: restore with --force to begin again",
		     p->resume.path);
	return r;
}

static int copy(struct restoring *p)
{
	const u64 from = p->resume.position;
	struct progress progress;
	const struct copy copy = copy_of(p, &progress);
	struct estimate rest = p->all;
	int r = 0, other;

	if (was_there(p)) /* nor is that to be written down once more */
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
	if (r && !other && !p->may_go)
		note("%s: the same command goes on from where this one got to",
		     p->resume.path);
	if (!r && !other)
		p->may_go = false;
	return r ? r : other;
}

static u64 rate(const struct restoring *p)
{
	const double seconds = (double)p->copied_ns / 1e9;

	return seconds > 0 ? (u64)((double)p->copied / seconds) : 0;
}

/**
 * struct account - what became of the disk's bytes; each is one of these
 * @copied: from a file or device
 * @zeroed: were made zero, or written as zeros
 * @skipped: were zero already
 */
struct account {
	u64 copied;
	u64 zeroed;
	u64 skipped;
};

static struct account account_for(const struct restoring *p)
{
	const u64 unreadable = ranges_bytes(&p->bad) - p->corrupt;
	const u64 zeros = p->all.zeros + p->zeros.data + p->zeros.gaps;
	const bool is_free = target_zeroes_for_free(&p->target);

	return (struct account){
		.copied = p->all.data - unreadable - p->zeros.data,
		.zeroed = p->all.gaps + unreadable - p->zeros.gaps +
			  (is_free ? 0 : zeros),
		.skipped = is_free ? zeros : 0,
	};
}

static void print_json(const struct restoring *p)
{
	const struct account a = account_for(p);
	struct json *j = p->subject->j;

	json_open(j, p->subject->key, '{');
	json_string(j, "descriptor", p->image.chain.links[0]->path);
	json_string(j, "target", p->target.path);
	json_number(j, "length", p->bytes);
	if (p->options->since) {
		json_string(j, "since", p->options->since);
		json_number(j, "changed", p->since.bytes);
	}
	json_number(j, "copied", a.copied);
	json_number(j, "zeroed", a.zeroed);
	json_number(j, "skipped", a.skipped);
	json_number(j, "resumed-from", p->resume.position);
	json_number(j, "nanoseconds", p->copied_ns);
	if (p->copied)
		json_number(j, "bytes-per-second", rate(p));
	else
		json_string(j, "bytes-per-second", NULL);
	json_bool(j, "verified", given(p, OPT_VERIFY));
	json_ranges(j, "lost", &p->bad);
	json_close(j, '}');
}

static void print_bytes(const char *what, u64 bytes, const char *more)
{
	char size[HUMAN_SIZE];

	printf("  %s:%*s%llu bytes (%s)%s\n", what, (int)(9 - strlen(what)),
	       "", bytes, human_size(bytes, size), more);
}

static int print_human(const struct restoring *p)
{
	const struct account a = account_for(p);
	char speed[HUMAN_SIZE], lost[HUMAN_SIZE];
	int r;

	r = human_name(p->target.path);
	puts(was_there(p) ? " was restored before: nothing was written." :
	     " is restored.");
	print_bytes("size", p->bytes, "");
	if (p->options->since)
		print_bytes("changed", p->since.bytes, "");
	print_bytes("copied", a.copied, "");
	print_bytes("zeroed", a.zeroed, "");
	print_bytes("skipped", a.skipped, " that were zero already");
	if (p->resume.position)
		printf("  resumed:  from byte %llu (%s)\n", p->resume.position,
		       human_size(p->resume.position, lost));
	printf("  took:     %.2f s", (double)p->copied_ns / 1e9);
	if (p->copied)
		printf(", %s/s", human_size(rate(p), speed));
	puts("");
	puts(given(p, OPT_VERIFY) && p->parts ?
	     "  verified: what was written, and nothing else" :
	     given(p, OPT_VERIFY) ? "  verified: all of it" :
	     "  verified: no: --verify reads back what was written, and compares");
	if (p->bad.nr)
		printf("  lost:     %llu bytes (%s) in %zu ranges, which are zeros\n",
		       ranges_bytes(&p->bad),
		       human_size(ranges_bytes(&p->bad), lost), p->bad.nr);
	return r;
}

static int report(const struct restoring *p)
{
	const struct range *b;
	int r = 0;

	if (p->options->json)
		print_json(p);
	else if (!p->options->log.quiet)
		r = print_human(p);
	if (r)
		return r;
	for (b = p->bad.list; b < p->bad.list + p->bad.nr; b++)
		warn("%s: %llu bytes of the disk at byte %llu are lost, zeros are in their place",
		     p->target.path, b->end - b->start, b->start);
	return p->bad.nr ?
	       fail(EXIT_DEVICE, "%s: restored, but for %llu bytes",
		    p->target.path, ranges_bytes(&p->bad)) : 0;
}

/* Going on from where all is written would not mend what is wrong there. */
static int verify_all(struct restoring *p)
{
	int r = verify(p, p->parts, 0, p->bytes, reading_is_shown(p->options));

	if (r && p->state && !signals_waiting())
		note("%s: remove it and restore %s to have all of %s written again",
		     p->resume.path, p->resume.anew, p->target.path);
	return r;
}

/* There is nothing to go on with, and what says so is not OPT_RESUME's to remove. */
static bool is_kept_state(const struct restoring *p)
{
	return was_there(p) && state_stays(&p->resume);
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
	if (given(p, OPT_STATE))
		return state_finish(&p->resume, &p->target, &point);
	return p->subject->name || is_kept_state(p) ? 0 :
	       state_remove(&p->resume);
}

static void tell_nothing_to_do(const struct restoring *p)
{
	const char *path = p->target.path, *state = p->resume.path;

	if (!was_there(p) || p->options->since)
		return;
	if (given(p, OPT_STATE))
		warn("%s: holds all of the disk already, as %s has it, and is not written to: --verify compares it, with %s removed --force writes it again",
		     path, state, state);
	else if (is_kept_state(p))
		warn("%s: nothing to resume: %s holds all of the disk already, as this file of --state has it, which stays: --verify compares it, with %s removed --force writes it again",
		     state, path, state);
}

static int restore(struct restoring *p)
{
	int r;

	r = open_target(p);
	if (!r)
		tell_nothing_to_do(p);
	if (!r)
		r = copy(p);
	if (!r && given(p, OPT_VERIFY))
		r = verify_all(p);
	if (!r)
		r = finish_state(p);
	return r ? r : report(p);
}

static int name_state(const char *resume, const char *disk, char **name)
{
	*name = NULL;
	if (!resume)
		return 0;
	if (!disk)
		*name = strdup(resume);
	else if (asprintf(name, "%s-%s", resume, disk) < 0)
		*name = NULL;
	return *name ? 0 : fail_memory();
}

/* What becomes of a VM's disk is a file in the folder that was named. */
static int name_files(struct restoring *p)
{
	const struct options *o = p->options;
	const char *disk = p->subject->name;

	if (!disk)
		p->path = strdup(o->operands[2]);
	else if (asprintf(&p->path, "%s/%s.raw", o->operands[2], disk) < 0)
		p->path = NULL;
	return p->path ? name_state(o->resume, disk, &p->state) :
			 fail_memory();
}

static int restore_disk(struct options *o, const struct subject *subject)
{
	struct restoring p = {
		.options = o,
		.subject = subject,
		.target.fd = -1,
		.target.direct.fd = -1,
	};
	sigset_t signals, all;
	int r;

	/* How far it is may be asked before there is an answer. */
	r = signals_hold_questions(&all);
	if (r)
		return r;
	r = name_files(&p);
	if (!r)
		r = read_disk(&p);
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
	signals_release(&all);
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
		r = name_state(o->resume, vmx->disks[i].name, &name);
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

/**
 * cmd_restore() - write a disk, or each of a VM's, to a file or block device
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_restore(struct options *o)
{
	const struct log silent = { 0 }; /* it is opened once more */
	struct json j = { 0 };
	struct subject s = { .path = o->operands[1], .j = &j };
	struct vmx *vmx;
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
	s.image = o->image;
	r = vmx_find(&silent, &o->image.roots, o->operands[1], &vmx);
	if (!r)
		r = vmx ? restore_vm(o, vmx) : restore_disk(o, &s);
	vmx_free(vmx);
	return r;
}
