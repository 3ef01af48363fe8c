// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes metadata of a volume, looks at everything, and puts it back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "../gen/report.h"
#include "../gen/rng.h"
#include "compare.h"
#include "mutate.h"

#define MAX_CHANGES 3 /* in one volume */
/* Seconds of CPU, for what takes a fraction of one: a loop... */
#define PATIENCE 60
/* ...and on the clock, where flushing counts on a busy disk: a wait. */
#define LONG_PATIENCE 900

/* Bytes that were changed. */
struct change {
	const struct place *place;
	u64 at;
	u8 was[8];
	u8 is[8];
	size_t size;
};

struct changes {
	struct change change[MAX_CHANGES];
	size_t nr;
};

/* Whether @path is @above, or in a folder that is. */
static bool is_beneath(const char *path, const char *above)
{
	size_t length = strlen(above);

	return !strncmp(path, above, length) &&
	       (!path[length] || path[length] == '/');
}

static bool is_system(const char *path)
{
	size_t length = strlen(path);

	return path[1] == '.' && length > 3 &&
	       !strcmp(path + length - 3, ".sf");
}

/* Whether what is changed there may make anything unreadable. */
static bool is_of_all(const char *where)
{
	return !strcmp(where, "-") || !strcmp(where, "/") || is_system(where);
}

/* What is told apart: the volume and the root, and what lies beneath those. */
static bool touched(const void *data, const char *path)
{
	const struct changes *c = data;
	size_t i;

	for (i = 0; i < c->nr; i++) {
		const char *where = c->change[i].place->path;

		if (is_of_all(where) || is_beneath(path, where))
			return true;
	}
	return false;
}

/* Values that are more often wrong than others. */
static u64 choose_value(struct rng *rng, u64 was)
{
	switch (rng_below(rng, 10)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return was + 1;
	case 3:
		return was - 1;
	case 4:
		return was << 1;
	case 5:
		return 1ULL << rng_below(rng, 64);
	case 6:
		return (1ULL << rng_below(rng, 64)) - 1;
	case 7:
	case 8:
		return was ^ 1ULL << rng_below(rng, 64);
	default:
		return rng_next(rng);
	}
}

/* Where something is: what is all zero is mostly not read, and seldom chosen. */
static bool is_worth_it(struct rng *rng, const u8 *bytes, size_t size)
{
	static const u8 zeros[8];

	return memcmp(bytes, zeros, size) || !rng_below(rng, 64);
}

static u64 value_of(const u8 *bytes, size_t size)
{
	u64 value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

/* A part of metadata at any place in it, one to eight bytes, aligned. */
static int find_part(struct rng *rng, const struct manifest *m, const int *fds,
		     struct change *change)
{
	const struct place *p = &m->places[rng_below(rng, m->nr_places)];

	change->place = p;
	change->size = 1ULL << rng_below(rng, 4);
	change->at = p->at + rng_below(rng, p->length / 8) * 8 +
		     rng_below(rng, 8 / change->size) * change->size;
	if (pread(fds[p->lun], change->was, change->size,
		  (off_t)change->at) != (ssize_t)change->size)
		return report("%s: %s", m->luns[p->lun], strerror(errno));
	return 0;
}

/* @spare: not what all of the volume depends on, so that the rest is compared. */
static int choose(struct rng *rng, const struct manifest *m, const int *fds,
		  bool spare, struct change *change)
{
	u64 was, value;
	size_t i;

	do {
		if (find_part(rng, m, fds, change))
			return -1;
	} while ((spare && is_of_all(change->place->path)) ||
		 !is_worth_it(rng, change->was, change->size));
	was = value_of(change->was, change->size);
	do {
		value = choose_value(rng, was);
		for (i = 0; i < change->size; i++)
			change->is[i] = (u8)(value >> 8 * i);
	} while (!memcmp(change->is, change->was, change->size));
	return 0;
}

static int put(const struct change *change, const int *fds, const u8 *bytes)
{
	if (pwrite(fds[change->place->lun], bytes, change->size,
		   (off_t)change->at) != (ssize_t)change->size)
		return report("a change of the LUN: %s", strerror(errno));
	return 0;
}

static void tell(unsigned long n, const struct changes *c)
{
	size_t i, k;

	printf("change %lu:", n);
	for (i = 0; i < c->nr; i++) {
		const struct change *change = &c->change[i];

		printf("%s of LUN %u, byte %llu (+%llu of metadata of %s): ",
		       i ? ";" : "", change->place->lun + 1, change->at,
		       change->at - change->place->at, change->place->path);
		for (k = 0; k < change->size; k++)
			printf("%02x", change->was[k]);
		printf(" to ");
		for (k = 0; k < change->size; k++)
			printf("%02x", change->is[k]);
	}
	putchar('\n');
	fflush(stdout);
}

static int check_memory(const struct mutation *mutation)
{
	struct rusage usage;

	if (!mutation->memory || getrusage(RUSAGE_SELF, &usage))
		return 0;
	if ((unsigned long)usage.ru_maxrss > mutation->memory << 10)
		return report("took %ld MiB, expected at most %lu",
			      usage.ru_maxrss >> 10, mutation->memory);
	return 0;
}

/* Has the program ended by a signal if it goes on for too long; with 0, no more. */
static int have_patience(time_t cpu, unsigned int clock)
{
	const struct itimerval timer = { .it_value.tv_sec = cpu };

	alarm(clock);
	return setitimer(ITIMER_PROF, &timer, NULL);
}

static int mutate(const struct mutation *mutation, unsigned long n,
		  const struct manifest *m, const int *fds)
{
	struct rng rng = { rng_mix(mutation->seed + n * GEN_GAMMA) };
	struct changes changes = { .nr = 1 + rng_below(&rng, MAX_CHANGES) };
	struct comparison c = { .m = m, .touched = touched,
				.data = &changes };
	bool spare = rng_below(&rng, 2);
	size_t i, made;
	int ret = 0;

	for (made = 0; made < changes.nr && !ret; made++) {
		ret = choose(&rng, m, fds, spare,
			     &changes.change[made]);
		if (!ret)
			ret = put(&changes.change[made], fds,
				  changes.change[made].is);
	}
	if (!ret) {
		tell(n, &changes);
		if (have_patience(PATIENCE, LONG_PATIENCE))
			ret = report("setitimer: %s", strerror(errno));
		else
			ret = comparison_run(&c);
		have_patience(0, 0);
	}
	for (i = made; i--;) {
		if (put(&changes.change[i], fds, changes.change[i].was))
			ret = -1;
	}
	return ret ? ret : check_memory(mutation);
}

/**
 * mutation_run() - change a volume again and again
 * @mutation: how
 * @m: what is on it, with places
 *
 * Return: 0 if it was always read as it must be; or -1 after a report.
 */
int mutation_run(const struct mutation *mutation, const struct manifest *m)
{
	int fds[256], ret = 0;
	unsigned long n;
	size_t i, opened;

	if (!m->nr_places)
		return report("the manifest tells of no places: mkvmfs --map");
	for (opened = 0; opened < m->nr_luns && opened < 256; opened++) {
		fds[opened] = open(m->luns[opened], O_RDWR | O_CLOEXEC);
		if (fds[opened] < 0) {
			ret = report("%s: %s", m->luns[opened],
				     strerror(errno));
			break;
		}
	}
	for (n = 0; n < mutation->count && !ret; n++)
		ret = mutate(mutation, n, m, fds);
	for (i = 0; i < opened; i++)
		close(fds[i]);
	return ret;
}
