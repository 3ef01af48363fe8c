// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gen/report.h"
#include "run.h"

/**
 * run_begin() - name the files that a mutant is tried with
 * @run: for run_end()
 * @m: the mutant
 * @tool: sesparsesetup
 */
void run_begin(struct run *run, struct mutant *m, const char *tool)
{
	*run = (struct run){ .m = m, .tool = tool };
	if (asprintf(&run->top, "%s/m-%06u.vmdk", m->dir, m->nr_layers) < 0 ||
	    asprintf(&run->restored, "%s/restored", m->dir) < 0 ||
	    asprintf(&run->said, "%s/said", m->dir) < 0 ||
	    asprintf(&run->mapped, "%s/mapped", m->dir) < 0)
		abort();
}

/**
 * run_end() - forget the names
 * @run: it
 */
void run_end(struct run *run)
{
	free(run->top);
	free(run->restored);
	free(run->said);
	free(run->mapped);
}

/**
 * run_tool() - run the tool
 * @run: the mutant's files, and the tool
 * @out: where its output goes
 * @args: its arguments, and NULL
 *
 * Return: its exit status, or 128 and the signal.
 */
int run_tool(const struct run *run, const char *out,
		    const char *const *args)
{
	const char *argv[RUN_MAX_ARGS + 2] = { run->tool };
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

/**
 * run_failed() - report that the tool did other than expected
 * @run: what it was run for
 * @what: what it was to do
 * @status: its exit status
 *
 * Return: -1.
 */
int run_failed(const struct run *run, const char *what, int status)
{
	report_line("%s: exit status %d; it said:", what, status);
	show_said(run);
	return -1;
}

/**
 * run_each_mapped() - go through what map has printed
 * @run: map's output is in its file @mapped
 * @take: called with each range in order, until it returns other than 0
 * @private: for that
 *
 * Return: what @take returned last, or 0.
 */
int run_each_mapped(const struct run *run,
		    int (*take)(void *private, const struct mapped *range),
		    void *private)
{
	char present[8], zero[8], data[8], line[512];
	FILE *f = fopen(run->mapped, "r");
	struct mapped range;
	int r = 0, nr;

	while (f && !r && fgets(line, sizeof(line), f)) {
		range.offset = 0;
		nr = sscanf(line, "{ \"start\": %llu, \"length\": %llu, \"depth\": %llu, \"present\": %7[a-z], \"zero\": %7[a-z], \"data\": %7[a-z], \"offset\": %llu",
			    &range.start, &range.length, &range.depth, present,
			    zero, data, &range.offset);
		if (nr < 6)
			continue;
		range.is_zero = *zero == 't';
		range.is_lost = *zero == 'f' && *data == 'f';
		r = take(private, &range);
	}
	if (f)
		fclose(f);
	return r;
}
