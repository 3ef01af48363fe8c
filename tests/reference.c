// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says what a chain of seSparse extents must read as, writes it, or compares a
 * device or a file with it: the slow reader, on the command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slow/chain.h"

#define MAX_LAYERS 255
#define EXIT_REFUSED 3

static const char usage[] =
"Usage: reference [OPTION]... EXTENT...\n"
"\n"
"What the disk of these seSparse extents, newest first, must read as, a run of\n"
"grains of 4 KiB a line: FIRST COUNT absent|zero|data|error.\n"
"\n"
"  --parent FILE     the raw bytes that lie below\n"
"  --length SECTORS  of the disk (what the first extent says)\n"
"  --salvage         corrupt entries are errors; without it, the chain is refused\n"
"  --ignore-dirty    take extents that were not closed cleanly\n"
"  --rest-lost       what no extent decides is an error\n"
"  --where           of data also LAYER and BYTE in it, of the run's first grain\n"
"  --write FILE      write the disk, with zeros for errors\n"
"  --compare FILE    compare the disk with this device, of which errors must be\n"
"                    I/O errors, or this file, of which they must be zeros\n"
"\n"
"Exit status: 0, 1 if it differs or cannot be read, 2 on wrong usage, 3 if the\n"
"chain must be refused.\n";

static int open_or_fail(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0) {
		fprintf(stderr, "reference: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static bool goes_on(const struct slow_grain *run, const struct slow_grain *g,
		    uint64_t nr, bool where)
{
	return g->kind == run->kind &&
	       (!where || g->kind != SLOW_DATA ||
		(g->layer == run->layer &&
		 g->offset == run->offset + nr * SLOW_GRAIN));
}

static void print_runs(const struct slow_chain *c, bool where)
{
	static const char *const names[] = { "absent", "zero", "data", "error" };
	const struct slow_grain *run;
	uint64_t i, nr;

	for (i = 0; i < c->nr_grains; i += nr) {
		run = &c->grains[i];
		for (nr = 1; i + nr < c->nr_grains; nr++)
			if (!goes_on(run, run + nr, nr, where))
				break;
		printf("%" PRIu64 " %" PRIu64 " %s", i, nr, names[run->kind]);
		if (where && run->kind == SLOW_DATA)
			printf(" %u %" PRIu64, run->layer, run->offset);
		printf("\n");
	}
}

static int write_all(const struct slow_chain *c, const char *path)
{
	int fd = open_or_fail(path, O_WRONLY | O_CREAT | O_TRUNC);
	unsigned char buf[SLOW_GRAIN];
	unsigned int size;
	uint64_t i;

	for (i = 0; i < c->nr_grains; i++) {
		size = slow_read(c, i, buf);
		if (pwrite(fd, buf, size, (off_t)(i * SLOW_GRAIN)) == size)
			continue;
		fprintf(stderr, "reference: %s: %s\n", path, strerror(errno));
		return 1;
	}
	return close(fd) ? 1 : 0;
}

static int compare_grain(const struct slow_chain *c, uint64_t grain, int fd,
			 bool device, unsigned char *found)
{
	const bool fails = device && c->grains[grain].kind == SLOW_ERROR;
	unsigned char wanted[SLOW_GRAIN];
	const unsigned int size = slow_read(c, grain, wanted);
	const ssize_t n = pread(fd, found, size, (off_t)(grain * SLOW_GRAIN));

	if (n < 0 ? fails && errno == EIO :
		    !fails && n == size && !memcmp(found, wanted, size))
		return 0;
	fprintf(stderr, "reference: grain %" PRIu64 ": %s, expected %s\n", grain,
		n < 0 ? strerror(errno) :
		n != size ? "it ends there" : "other bytes",
		fails ? "an I/O error" : "those of the chain");
	return 1;
}

static int compare_all(const struct slow_chain *c, const char *path)
{
	unsigned char *found = aligned_alloc(SLOW_GRAIN, SLOW_GRAIN);
	struct stat st;
	uint64_t i, size;
	bool device;
	int fd, r;

	r = stat(path, &st);
	device = !r && S_ISBLK(st.st_mode);
	fd = open_or_fail(path, O_RDONLY | (device ? O_DIRECT : 0));
	size = (uint64_t)lseek(fd, 0, SEEK_END);
	r = !found || size != c->sectors * 512;
	if (r)
		fprintf(stderr, "reference: %s has %" PRIu64
			" bytes, expected %" PRIu64 "\n", path, size,
			c->sectors * 512);
	for (i = 0; i < c->nr_grains && !r; i++)
		r = compare_grain(c, i, fd, device, found);
	free(found);
	close(fd);
	return r;
}

/* What is asked for. */
struct request {
	struct slow_chain c;
	int layers[MAX_LAYERS];
	bool where;
	const char *write_to;
	const char *compare_with;
};

static int parse_option(struct request *q, int opt)
{
	switch (opt) {
	case 'p':
		q->c.parent = open_or_fail(optarg, O_RDONLY);
		q->c.parent_sectors =
			(uint64_t)lseek(q->c.parent, 0, SEEK_END) / 512;
		return 0;
	case 'l':
		q->c.sectors = strtoull(optarg, NULL, 0);
		return 0;
	case 's':
		q->c.salvage = true;
		return 0;
	case 'i':
		q->c.ignore_dirty = true;
		return 0;
	case 'r':
		q->c.rest_lost = true;
		return 0;
	case 'w':
		q->where = true;
		return 0;
	case 'W':
		q->write_to = optarg;
		return 0;
	case 'c':
		q->compare_with = optarg;
		return 0;
	default:
		return -1;
	}
}

static int parse(struct request *q, int argc, char **argv)
{
	static const struct option options[] = {
		{ "parent", required_argument, NULL, 'p' },
		{ "length", required_argument, NULL, 'l' },
		{ "salvage", no_argument, NULL, 's' },
		{ "ignore-dirty", no_argument, NULL, 'i' },
		{ "rest-lost", no_argument, NULL, 'r' },
		{ "where", no_argument, NULL, 'w' },
		{ "write", required_argument, NULL, 'W' },
		{ "compare", required_argument, NULL, 'c' },
		{ 0 }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (parse_option(q, opt))
			return -1;
	if (optind == argc || argc - optind > MAX_LAYERS)
		return -1;
	for (; optind < argc; optind++)
		q->layers[q->c.nr_layers++] =
			open_or_fail(argv[optind], O_RDONLY);
	q->c.layers = q->layers;
	return 0;
}

int main(int argc, char **argv)
{
	struct request q = { .c.parent = -1 };
	int r = 0;

	if (parse(&q, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	slow_decide(&q.c);
	if (q.c.why) {
		printf("refused: layer %u: %s\n", q.c.bad_layer, q.c.why);
		r = EXIT_REFUSED;
	} else if (q.write_to) {
		r = write_all(&q.c, q.write_to);
	} else if (q.compare_with) {
		r = compare_all(&q.c, q.compare_with);
	} else {
		print_runs(&q.c, q.where);
	}
	slow_free(&q.c);
	return r;
}
