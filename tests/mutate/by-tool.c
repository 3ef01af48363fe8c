// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has sesparsesetup restore a mutant and map it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "run.h"
#include "trial.h"

#define MAX_ARGS 8

static int compare_restored(const struct run *run, const struct slow_chain *c)
{
	unsigned char wanted[SLOW_GRAIN], found[SLOW_GRAIN];
	const int fd = open(run->restored, O_RDONLY | O_CLOEXEC);
	unsigned int size;
	int r = 0;
	u64 i;

	if (fd < 0 || lseek(fd, 0, SEEK_END) != (off_t)(c->sectors * 512))
		r = report("the restored disk is %lld bytes, expected %llu",
			   fd < 0 ? -1LL : (long long)lseek(fd, 0, SEEK_END),
			   (u64)c->sectors * 512);
	for (i = 0; i < c->nr_grains && !r; i++) {
		size = slow_read(c, i, wanted);
		if (pread(fd, found, size, (off_t)(i * SLOW_GRAIN)) !=
			    (ssize_t)size ||
		    memcmp(found, wanted, size))
			r = report("grain %llu of the restored disk has other bytes than expected",
				   i);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* What a range of map's is compared with, and up to where that is done. */
struct comparing {
	const struct slow_chain *c;
	u64 next;
};

/* What map says of each grain that cannot be read, and of no other. */
static int compare_range(void *private, const struct mapped *range)
{
	struct comparing *p = private;
	u64 i;

	if (range->start != p->next)
		return report("map goes on at %llu, expected %llu",
			      range->start, p->next);
	p->next = range->start + range->length;
	for (i = range->start / SLOW_GRAIN; i * SLOW_GRAIN < p->next; i++)
		if (range->is_lost != (p->c->grains[i].kind == SLOW_ERROR))
			return report("map has grain %llu %s, expected it %s",
				      i, range->is_lost ? "lost" : "readable",
				      range->is_lost ? "readable" : "lost");
	return 0;
}

static int compare_mapped(const struct run *run, const struct slow_chain *c)
{
	struct comparing p = { .c = c };
	int r = run_each_mapped(run, compare_range, &p);

	if (!r && p.next != c->sectors * 512)
		r = report("map ends at %llu, expected %llu", p.next,
			   (u64)c->sectors * 512);
	return r;
}

static bool has_errors(const struct slow_chain *c)
{
	u64 i;

	for (i = 0; i < c->nr_grains; i++)
		if (c->grains[i].kind == SLOW_ERROR)
			return true;
	return false;
}

static int try_map(const struct run *run, bool salvage,
		   const struct slow_chain *c)
{
	const char *args[MAX_ARGS] = { "map", "--output=json", run->top };
	int nr = 3, status;

	if (salvage)
		args[nr++] = "--salvage";
	if (run->m->ignore_dirty)
		args[nr++] = "--ignore-dirty";
	status = run_tool(run, run->mapped, args);
	if (status)
		return run_failed(run, "map", status);
	return compare_mapped(run, c);
}

static int try_restore(const struct run *run, bool salvage,
		       const struct slow_chain *c)
{
	const char *args[MAX_ARGS] = { "restore", run->top, run->restored };
	const int wanted = c->why || has_errors(c) ? EXIT_DEVICE : 0;
	int nr = 3, status;

	unlink(run->restored);
	if (salvage)
		args[nr++] = "--salvage";
	if (run->m->ignore_dirty)
		args[nr++] = "--ignore-dirty";
	status = run_tool(run, "/dev/null", args);
	if (status != wanted)
		return run_failed(run, c->why ? c->why : "restore", status);
	if (c->why)
		return access(run->restored, F_OK) ? 0 :
		       report("a disk that must be refused was restored");
	return compare_restored(run, c) || try_map(run, salvage, c) ? -1 : 0;
}

/*
 * The tool has all of the parent; and of a chain with an extent that cannot be used,
 * under --salvage, what lies above.
 */
static void decide(const struct run *run, bool salvage, struct slow_chain *c)
{
	unsigned int above;

	mutant_decide(run->m, salvage, c);
	c->parent_sectors = c->sectors;
	if (!c->why || !salvage || !c->bad_header || !c->bad_layer)
		return;
	above = c->bad_layer;
	slow_free(c);
	c->nr_layers = above;
	c->rest_lost = true;
	slow_decide(c);
}

static int try(const struct run *run, bool salvage, struct tally *tally)
{
	struct slow_chain c;
	int r;

	decide(run, salvage, &c);
	r = try_restore(run, salvage, &c);
	if (r)
		report_line("%s--salvage", salvage ? "with " : "without ");
	if (!salvage && c.why)
		tally->refused++;
	if (!c.why) {
		tally_grains(tally, &c);
		tally->salvaged += salvage;
	}
	slow_free(&c);
	return r;
}

/**
 * trial_by_tool() - restore a mutant and map it
 * @m: the mutant
 * @tool: sesparsesetup
 * @tally: counts
 *
 * Return: 0, or -1 after a report.
 */
int trial_by_tool(struct mutant *m, const char *tool, struct tally *tally)
{
	struct run run;
	int r;

	run_begin(&run, m, tool);
	r = try(&run, false, tally);
	if (!r)
		r = try(&run, true, tally);
	run_end(&run);
	return r;
}
