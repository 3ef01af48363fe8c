// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a block device in every way a reader may and compares each read with a
 * file that holds what the disk must read as.
 *
 * Sizes go from one sector to 2 MiB in powers of two and a sector to either
 * side, from every alignment within two grains (of the larger sizes from one
 * drawn by lot), at random places; then the whole device in order.  Sectors that
 * must fail are told by --bad: a read that touches one must be an I/O error, and no
 * other may be; but of buffered reads, those near one may be, too, since newer
 * kernels' page cache reads, and loses, up to 2 MiB as one.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <unistd.h>

#include "reader.h"

#define SECTOR 512ULL
#define GRAIN 4096ULL
#define LARGEST_FOLIO (2ULL << 20)
#define LARGEST (2ULL << 20)
#define ALIGNMENTS 16
#define LARGE (64ULL << 10)
#define MAX_BAD 64

/* Sectors that must not be readable. */
struct range {
	uint64_t first;
	uint64_t nr;
};

/**
 * struct check - what is compared, and how
 * @device: name of the device
 * @reader: reads it
 * @raw_fd: the file that it must read as
 * @raw_size: bytes of that file; what is behind them is zeros
 * @size: bytes of the device
 * @step: bytes that the device reads at the least
 * @rounds: random places for each size and alignment
 * @seed: for the places
 * @direct: past the page cache
 * @sparse: do not read in order what is a hole in the file
 * @bad: what must fail
 * @nr_bad: how many of them
 * @found: read from the device
 * @wanted: read from the file
 * @reads: reads that were done
 * @bytes: bytes that were compared
 */
struct check {
	const char *device;
	struct reader reader;
	int raw_fd;
	uint64_t raw_size;
	uint64_t size;
	uint64_t step;
	unsigned int rounds;
	uint64_t seed;
	bool direct;
	bool sparse;
	struct range bad[MAX_BAD];
	unsigned int nr_bad;
	unsigned char *found;
	unsigned char *wanted;
	uint64_t reads;
	uint64_t bytes;
};

static bool must_fail(const struct check *c, uint64_t offset, uint64_t size)
{
	const uint64_t first = offset / SECTOR, end = first + size / SECTOR;
	unsigned int i;

	for (i = 0; i < c->nr_bad; i++)
		if (first < c->bad[i].first + c->bad[i].nr &&
		    c->bad[i].first < end)
			return true;
	return false;
}

/* Is there, in what the page cache may read as one, what must fail? */
static bool may_fail(const struct check *c, uint64_t offset, uint64_t size)
{
	const uint64_t first = offset / LARGEST_FOLIO * LARGEST_FOLIO;
	const uint64_t end = (offset + size + LARGEST_FOLIO - 1) /
			     LARGEST_FOLIO * LARGEST_FOLIO;

	return !c->direct && must_fail(c, first, end - first);
}

static int read_wanted(const struct check *c, uint64_t offset, uint64_t size)
{
	uint64_t done = 0;
	ssize_t n;

	while (done < size && offset + done < c->raw_size) {
		n = pread(c->raw_fd, c->wanted + done, size - done,
			  (off_t)(offset + done));
		if (n < 0) {
			fprintf(stderr, "readcheck: expected image: %s\n",
				strerror(errno));
			return -1;
		}
		if (!n)
			break;
		done += (uint64_t)n;
	}
	memset(c->wanted + done, 0, size - done);
	return 0;
}

static int differs(const struct check *c, uint64_t offset, uint64_t size)
{
	uint64_t i = 0;

	while (c->found[i] == c->wanted[i])
		i++;
	fprintf(stderr,
		"readcheck: %s: read of %" PRIu64 " bytes at %" PRIu64
		" (%s): byte %" PRIu64 " (grain %" PRIu64
		") is 0x%02x, expected 0x%02x\n",
		c->device, size, offset, c->direct ? "direct" : "buffered",
		offset + i, (offset + i) / 4096, c->found[i], c->wanted[i]);
	return -1;
}

static int check_read(struct check *c, uint64_t offset, uint64_t size)
{
	const bool fails = must_fail(c, offset, size);
	ssize_t n;

	/* A buffered read up to a bad page is short, then fails. */
	n = reader_read(&c->reader, c->found, size, offset);
	c->reads++;
	if ((fails || may_fail(c, offset, size)) &&
	    (n < 0 ? errno == EIO : (uint64_t)n < size))
		return 0;
	if (n != (ssize_t)size) {
		fprintf(stderr,
			"readcheck: %s: read of %" PRIu64 " bytes at %" PRIu64
			" (%s): %s (%zd), expected %s\n",
			c->device, size, offset,
			c->direct ? "direct" : "buffered",
			n < 0 ? strerror(errno) : "short", n,
			fails ? "an I/O error" : "all of it");
		return -1;
	}
	if (fails) {
		fprintf(stderr,
			"readcheck: %s: read of %" PRIu64 " bytes at %" PRIu64
			" went through, expected an I/O error\n",
			c->device, size, offset);
		return -1;
	}
	if (read_wanted(c, offset, size))
		return -1;
	c->bytes += size;
	return memcmp(c->found, c->wanted, size) ? differs(c, offset, size) : 0;
}

static uint64_t min_size(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The next MiB to read in order, at or behind @offset. */
static uint64_t next_in_order(const struct check *c, uint64_t offset)
{
	off_t data;

	if (!c->sparse || offset >= c->size)
		return offset;
	data = lseek(c->raw_fd, (off_t)offset, SEEK_DATA);
	return data < 0 ? c->size : (uint64_t)data & ~((1ULL << 20) - 1);
}

static int check_in_order(struct check *c)
{
	uint64_t offset, size;

	for (offset = next_in_order(c, 0); offset < c->size;
	     offset = next_in_order(c, offset + size)) {
		size = min_size(c->size - offset, 1 << 20);
		/* Up to the grain's end where something must fail. */
		if (must_fail(c, offset, size))
			size = min_size(size, GRAIN - offset % GRAIN);
		if (check_read(c, offset, size))
			return -1;
	}
	return 0;
}

/* Random places of one size and one alignment, the end of the device first. */
static int check_places(struct check *c, uint64_t size, uint64_t align)
{
	uint64_t units, offset;
	unsigned int i;

	if (!size || size > LARGEST || align + size > c->size)
		return 0;
	units = (c->size - size - align) / (ALIGNMENTS * SECTOR) + 1;
	for (i = 0; i <= c->rounds; i++) {
		offset = i ? next_random(&c->seed) % units : units - 1;
		if (check_read(c, offset * ALIGNMENTS * SECTOR + align, size))
			return -1;
	}
	return 0;
}

static int check_sizes(struct check *c, uint64_t size, uint64_t align)
{
	return check_places(c, size - c->step, align) ||
	       check_places(c, size, align) ||
	       check_places(c, size + c->step, align);
}

static int check_all_places(struct check *c)
{
	const uint64_t steps = ALIGNMENTS * SECTOR / c->step;
	uint64_t size, align;

	for (size = c->step; size < LARGE; size *= 2)
		for (align = 0; align < steps; align++)
			if (check_sizes(c, size, align * c->step))
				return -1;
	for (; size <= LARGEST; size *= 2)
		if (check_sizes(c, size,
				next_random(&c->seed) % steps * c->step))
			return -1;
	return 0;
}

static int open_device(struct check *c, const char *raw)
{
	struct stat st;
	int fd, step;

	fd = open(c->device,
		  O_RDONLY | O_CLOEXEC | (c->direct ? O_DIRECT : 0));
	c->reader.fd = fd;
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &c->size) ||
	    ioctl(fd, BLKSSZGET, &step)) {
		fprintf(stderr, "readcheck: %s: %s\n", c->device,
			strerror(errno));
		return -1;
	}
	if (step < (int)SECTOR || step > (int)(ALIGNMENTS * SECTOR)) {
		fprintf(stderr, "readcheck: %s: blocks of %d bytes, expected %llu to %llu\n",
			c->device, step, SECTOR, ALIGNMENTS * SECTOR);
		return -1;
	}
	c->step = c->direct ? (uint64_t)step : SECTOR;
	c->raw_fd = open(raw, O_RDONLY | O_CLOEXEC);
	if (c->raw_fd < 0 || fstat(c->raw_fd, &st)) {
		fprintf(stderr, "readcheck: %s: %s\n", raw, strerror(errno));
		return -1;
	}
	c->raw_size = (uint64_t)st.st_size;
	if (c->raw_size != c->size) {
		fprintf(stderr,
			"readcheck: %s has %" PRIu64
			" bytes, expected %" PRIu64 "\n",
			c->device, c->size, c->raw_size);
		return -1;
	}
	return 0;
}

static int prepare(struct check *c)
{
	int err;

	c->found = aligned_alloc(4096, LARGEST);
	c->wanted = aligned_alloc(4096, LARGEST);
	if (!c->found || !c->wanted) {
		fprintf(stderr, "readcheck: out of memory\n");
		return -1;
	}
	c->reader.step = c->step;
	c->reader.largest = LARGEST;
	c->reader.seed = c->seed;
	err = reader_init(&c->reader);
	if (err)
		fprintf(stderr, "readcheck: cannot read this way: %s\n",
			strerror(err));
	return err ? -1 : 0;
}

static int parse_bad(struct check *c, const char *arg)
{
	struct range *bad = &c->bad[c->nr_bad];

	if (c->nr_bad == MAX_BAD ||
	    sscanf(arg, "%" SCNu64 "+%" SCNu64, &bad->first, &bad->nr) != 2)
		return -1;
	c->nr_bad++;
	return 0;
}

static int parse_options(struct check *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "direct", no_argument, NULL, 'd' },
		{ "nowait", no_argument, NULL, 'n' },
		{ "polled", no_argument, NULL, 'p' },
		{ "scattered", no_argument, NULL, 'a' },
		{ "sparse", no_argument, NULL, 'S' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "bad", required_argument, NULL, 'b' },
		{ 0 }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			c->direct = true;
			break;
		case 'n':
			c->reader.nowait = true;
			break;
		case 'p':
			c->reader.polled = true;
			break;
		case 'a':
			c->reader.scattered = true;
			break;
		case 'S':
			c->sparse = true;
			break;
		case 'r':
			c->rounds = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 's':
			c->seed = strtoull(optarg, NULL, 10) * 2 + 1;
			break;
		case 'b':
			if (!parse_bad(c, optarg))
				break;
			return -1;
		default:
			return -1;
		}
	}
	return argc - optind == 2 ? 0 : -1;
}

static int check_device(struct check *c)
{
	int r;

	if (prepare(c))
		return -1;
	r = check_all_places(c) || check_in_order(c) ? -1 : 0;
	if (!r)
		printf("%s: %" PRIu64 " %s reads, %" PRIu64
		       " bytes compared, %" PRIu64 " would have blocked\n",
		       c->device, c->reads, c->direct ? "direct" : "buffered",
		       c->bytes, c->reader.blocked);
	reader_exit(&c->reader);
	return r;
}

int main(int argc, char **argv)
{
	struct check c = {
		.rounds = 1, .seed = 1, .reader.fd = -1, .raw_fd = -1
	};
	int r = -1;

	if (parse_options(&c, argc, argv)) {
		fprintf(stderr,
			"Usage: readcheck [--direct] [--nowait] [--polled] [--scattered] [--sparse] [--rounds N] [--seed N] [--bad SECTOR+COUNT]... DEVICE EXPECTED\n");
		return 2;
	}
	c.device = argv[optind];
	if (!open_device(&c, argv[optind + 1]))
		r = check_device(&c);
	free(c.found);
	free(c.wanted);
	if (c.raw_fd >= 0)
		close(c.raw_fd);
	if (c.reader.fd >= 0)
		close(c.reader.fd);
	return r ? 1 : 0;
}
