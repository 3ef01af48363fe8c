// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has sesparsesetup recover a mutant, and reads it with the patch.  What the chain
 * was before it was broken is known: whatever it reads as now is that, or an error
 * that was told, or was told to be unsure.
 *
 * Where all structures of an extent still agree, nothing tells that it was changed:
 * such grains are counted as hidden, and check must have found nothing, either.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "trial.h"

enum { SAID_LOST = 1, SAID_UNSURE = 2 };

/* What recover exits with where nothing of an extent can be had, and no patch is made. */
#define NOTHING_THERE 4

/**
 * struct recovery - a recovery, and what it is compared with
 * @run: what the tool is run with
 * @was: what each layer alone was
 * @is: what it is after it was broken, as it stands; no grains if it is refused
 * @damaged: the tool has found something wrong with it
 * @said: what it has said of each grain of the disk
 * @nr_grains: of the disk
 * @has_patch: it has made one
 * @next: where the map must go on
 * @tally: counts
 */
struct recovery {
	struct run run;
	struct slow_chain was[MUTANT_LAYERS];
	struct slow_chain is[MUTANT_LAYERS];
	bool damaged[MUTANT_LAYERS];
	u8 *said;
	u64 nr_grains;
	bool has_patch;
	u64 next;
	struct tally *tally;
};

static void look(const struct mutant *m, unsigned int layer,
		 struct slow_chain *c)
{
	*c = (struct slow_chain){
		.layers = &m->layers[layer],
		.nr_layers = 1,
		.parent = -1,
		.sectors = m->sectors,
		.salvage = true,
		.ignore_dirty = true,
	};
	slow_decide(c);
}

static void take_range(struct recovery *x, const char *at)
{
	unsigned long long start, length, i;
	char state[16];

	if (sscanf(at, "\"start\": %llu, \"length\": %llu, \"state\": \"%15[a-z]\"",
		   &start, &length, state) != 3)
		return;
	for (i = start / SLOW_GRAIN;
	     i < x->nr_grains && i * SLOW_GRAIN < start + length; i++)
		x->said[i] |= strcmp(state, "lost") ? SAID_UNSURE : SAID_LOST;
}

/* A line for each extent, newest first. */
static int read_said(struct recovery *x)
{
	FILE *f = fopen(x->run.mapped, "r");
	unsigned int layer = 0;
	size_t size = 0;
	char *line = NULL, *at;

	while (f && getline(&line, &size, f) > 0) {
		if (!strstr(line, "\"damaged\": "))
			continue;
		if (layer < MUTANT_LAYERS)
			x->damaged[layer] = strstr(line, "\"damaged\": true");
		layer++;
		for (at = line; (at = strstr(at, "\"start\": ")); at++)
			take_range(x, at);
	}
	free(line);
	if (f)
		fclose(f);
	return layer == x->run.m->nr_layers ? 0 :
	       report("recover tells of %u extents, expected %u", layer,
		      x->run.m->nr_layers);
}

static char *patch_of(const struct recovery *x)
{
	char *path;

	if (asprintf(&path, "%s/patch", x->run.m->dir) < 0)
		abort();
	return path;
}

/* Then each grain of the disk is told to be. */
static bool is_an_extent_lost(const struct recovery *x)
{
	u64 i;

	for (i = 0; i < x->nr_grains; i++)
		if (!(x->said[i] & SAID_LOST))
			return false;
	return true;
}

static int recover(struct recovery *x)
{
	char *patch = patch_of(x);
	const char *args[] = { "recover", "--output=json", x->run.top, patch,
			       NULL };
	int status, failed;

	unlink(patch);
	status = run_tool(&x->run, x->run.mapped, args);
	x->has_patch = !access(patch, F_OK);
	free(patch);
	if (status && (status != NOTHING_THERE || x->has_patch))
		return run_failed(&x->run, "recover", status);
	failed = read_said(x);
	if (failed)
		return failed;
	return status && !is_an_extent_lost(x) ?
	       run_failed(&x->run, "recover", status) : 0;
}

static struct slow_grain wanted(const struct recovery *x, u64 grain)
{
	struct slow_grain g = { .kind = SLOW_ABSENT };
	unsigned int i;

	for (i = 0; i < x->run.m->nr_layers && g.kind == SLOW_ABSENT; i++) {
		g = x->was[i].grains[grain];
		g.layer = i;
	}
	return g;
}

static bool is_as_wanted(const struct recovery *x, u64 grain,
			 const struct mapped *range)
{
	const struct slow_grain g = wanted(x, grain);
	const u64 skip = grain * SLOW_GRAIN - range->start;

	switch (g.kind) {
	case SLOW_DATA:
		return !range->is_zero && range->depth == g.layer &&
		       range->offset + skip == g.offset;
	case SLOW_ZERO:
		return range->is_zero;
	default:
		return range->is_zero && !x->run.m->has_parent ? true :
		       range->depth == x->run.m->nr_layers;
	}
}

static bool is_same(const struct slow_grain *a, const struct slow_grain *b)
{
	return a->kind == b->kind &&
	       (a->kind != SLOW_DATA || a->offset == b->offset);
}

/* Was it changed in an extent with which nothing is wrong? */
static bool is_hidden(const struct recovery *x, u64 grain)
{
	unsigned int i;

	for (i = 0; i < x->run.m->nr_layers; i++)
		if (!x->damaged[i] && x->is[i].grains &&
		    !is_same(&x->was[i].grains[grain],
			     &x->is[i].grains[grain]))
			return true;
	return false;
}

static int judge(struct recovery *x, u64 grain, const struct mapped *range)
{
	if (range->is_lost) {
		x->tally->errors++;
		return x->said[grain] & SAID_LOST ? 0 :
		       report("grain %llu is lost, of which recover does not tell",
			      grain);
	}
	if (x->said[grain] & SAID_UNSURE) {
		x->tally->unsure++;
		return 0;
	}
	if (is_as_wanted(x, grain, range)) {
		x->tally->recovered++;
		return 0;
	}
	if (is_hidden(x, grain)) {
		x->tally->hidden++;
		return 0;
	}
	return report("grain %llu is not what it was, but told to be sure (byte %llu of layer %llu)",
		      grain, range->offset, range->depth);
}

static int take_mapped(void *private, const struct mapped *range)
{
	struct recovery *x = private;
	u64 i;
	int r = 0;

	if (range->start != x->next)
		return report("map goes on at %llu, expected %llu",
			      range->start, x->next);
	x->next = range->start + range->length;
	for (i = range->start / SLOW_GRAIN; i * SLOW_GRAIN < x->next && !r; i++)
		r = judge(x, i, range);
	return r;
}

/* That of a chain whose newest extent is lost altogether is refused. */
static int map(struct recovery *x)
{
	char *patch = patch_of(x), *option;
	const char *args[] = { "map", "--output=json", "--salvage",
			       "--ignore-dirty", x->run.top, NULL, NULL };
	int status, r;
	u64 i;

	if (asprintf(&option, "--patch=%s", patch) < 0)
		abort();
	if (x->has_patch)
		args[5] = option;
	status = run_tool(&x->run, x->run.mapped, args);
	free(option);
	free(patch);
	for (i = 0; status && i < x->nr_grains; i++)
		if (!(x->said[i] & SAID_LOST))
			return run_failed(&x->run, "map", status);
	if (status) {
		x->tally->errors += x->nr_grains;
		return 0;
	}
	r = run_each_mapped(&x->run, take_mapped, x);
	if (!r && x->next != x->run.m->sectors * 512)
		r = report("map ends at %llu, expected %llu", x->next,
			   x->run.m->sectors * 512);
	return r;
}

/* Of an extent with which nothing is wrong check must not find anything, either. */
static int check(struct recovery *x)
{
	const char *args[] = { "check", x->run.top, NULL };
	char line[1024], name[32];
	unsigned int i;
	int r = 0;
	FILE *f;

	for (i = 0; i < x->run.m->nr_layers && x->damaged[i];)
		i++;
	/* Of a bitmap that is noise check has a line for each run of bits. */
	if (i == x->run.m->nr_layers)
		return 0;
	run_tool(&x->run, x->run.mapped, args);
	f = fopen(x->run.mapped, "r");
	while (f && !r && fgets(line, sizeof(line), f))
		for (i = 0; i < x->run.m->nr_layers && !r; i++) {
			snprintf(name, sizeof(name), "m-%06u-sesparse.vmdk",
				 x->run.m->nr_layers - i);
			if (!x->damaged[i] && strstr(line, name) &&
			    !strstr(line, "replayJournal is "))
				r = report("recover finds nothing wrong where check has: %s",
					   line);
		}
	if (f)
		fclose(f);
	return r;
}

/**
 * trial_by_recovery() - break a mutant, recover it, and compare it with what it was
 * @m: the mutant, written and not broken yet
 * @tool: sesparsesetup
 * @encrypt: have some of the metadata be noise, too
 * @tally: counts
 *
 * Return: 0, or -1 after a report.
 */
int trial_by_recovery(struct mutant *m, const char *tool, bool encrypt,
		      struct tally *tally)
{
	struct recovery x = { .nr_grains = DIV_ROUND_UP_ULL(m->sectors, 8),
			      .tally = tally };
	unsigned int i;
	int r;

	run_begin(&x.run, m, tool);
	x.said = calloc(1, x.nr_grains);
	if (!x.said)
		abort();
	for (i = 0; i < m->nr_layers; i++)
		look(m, i, &x.was[i]);
	mutant_break(m);
	if (encrypt)
		mutant_encrypt(m);
	for (i = 0; i < m->nr_layers; i++)
		look(m, i, &x.is[i]);
	r = recover(&x) || map(&x) || check(&x) ? -1 : 0;
	for (i = 0; i < m->nr_layers; i++) {
		slow_free(&x.was[i]);
		slow_free(&x.is[i]);
	}
	free(x.said);
	run_end(&x.run);
	return r;
}
