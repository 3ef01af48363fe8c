// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has sesparsesetup restore a mutant and map it.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trial.h"

#define EXIT_DEVICE 4
#define MAX_ARGS 8

struct run {
	struct mutant *m;
	const char *tool;
	char *top;
	char *restored;
	char *said; /* both files, in the mutant's folder */
	char *mapped;
};

/* Returns the exit status, or 128 and the signal. */
static int run_tool(const struct run *run, const char *out,
		    const char *const *args)
{
	const char *argv[MAX_ARGS + 2] = { run->tool };
	int status, i;
	pid_t pid;

	for (i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	pid = fork();
	if (!pid) {
		if (!freopen(out, "w", stdout) ||
		    !freopen(run->said, "w", stderr))
			_exit(127);
		execv(run->tool, (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static void show_said(const struct run *run)
{
	char line[512];
	FILE *f = fopen(run->said, "r");
	int i;

	for (i = 0; f && i < 20 && fgets(line, sizeof(line), f); i++)
		fprintf(stderr, "  %s", line);
	if (f)
		fclose(f);
}

static int failed(const struct run *run, const char *what, int status)
{
	report_line("%s: exit status %d; it said:", what, status);
	show_said(run);
	return -1;
}

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

/* What map says of each grain that cannot be read, and of no other. */
static int compare_mapped(const struct run *run, const struct slow_chain *c)
{
	unsigned long long start, length, depth;
	char present[8], zero[8], data[8], line[512];
	FILE *f = fopen(run->mapped, "r");
	u64 next = 0, i;
	int r = 0;

	while (f && !r && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "{ \"start\": %llu, \"length\": %llu, \"depth\": %llu, \"present\": %7[a-z], \"zero\": %7[a-z], \"data\": %7[a-z]",
			   &start, &length, &depth, present, zero, data) != 6)
			continue;
		if (start != next)
			r = report("map goes on at %llu, expected %llu", start,
				   next);
		next = start + length;
		for (i = start / SLOW_GRAIN; i * SLOW_GRAIN < next && !r; i++)
			if ((*zero == 'f' && *data == 'f') !=
			    (c->grains[i].kind == SLOW_ERROR))
				r = report("map has grain %llu %s, expected it %s",
					   i, *zero == 'f' && *data == 'f' ?
					   "lost" : "readable",
					   c->grains[i].kind == SLOW_ERROR ?
					   "lost" : "readable");
	}
	if (f)
		fclose(f);
	if (!r && next != c->sectors * 512)
		r = report("map ends at %llu, expected %llu", next,
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
		return failed(run, "map", status);
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
		return failed(run, c->why ? c->why : "restore", status);
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
	struct run run = { .m = m, .tool = tool };
	int r;

	if (asprintf(&run.top, "%s/m-%06u.vmdk", m->dir, m->nr_layers) < 0 ||
	    asprintf(&run.restored, "%s/restored", m->dir) < 0 ||
	    asprintf(&run.said, "%s/said", m->dir) < 0 ||
	    asprintf(&run.mapped, "%s/mapped", m->dir) < 0)
		abort();
	r = try(&run, false, tally);
	if (!r)
		r = try(&run, true, tally);
	free(run.top);
	free(run.restored);
	free(run.said);
	free(run.mapped);
	return r;
}
