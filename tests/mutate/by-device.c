// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a mutant as a device-mapper device over loop devices and reads it all,
 * past the page cache.  By system calls, for in a VM a program takes long to start.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "trial.h"

#define MIB (1ULL << 20)
#define PIECE_GRAINS (MIB / SLOW_GRAIN)
/* Of a run of lost grains, this many are read alone, the last among them. */
#define ALONE 16

/* A loop device. */
struct loop {
	int fd;
	long number;
};

/* What a device-mapper ioctl takes. */
struct call {
	struct dm_ioctl head;
	char rest[16384];
};

struct stack {
	int control;
	struct loop loops[MUTANT_LAYERS + 1];
	unsigned int nr;
	unsigned char *found;
	unsigned char *wanted;
};

static int attach(struct stack *s, int file, u64 sectors)
{
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
		.fd = (__u32)file,
		.info = { .lo_sizelimit = sectors * 512,
			  .lo_flags = LO_FLAGS_READ_ONLY },
	};
	struct loop *loop = &s->loops[s->nr];
	char path[32];
	int r;

	/* Another may be faster to take it. */
	do {
		loop->number = ioctl(control, LOOP_CTL_GET_FREE);
		snprintf(path, sizeof(path), "/dev/loop%ld", loop->number);
		loop->fd = open(path, O_RDONLY | O_CLOEXEC);
		r = loop->fd < 0 || ioctl(loop->fd, LOOP_CONFIGURE, &config) ?
			    errno : 0;
		if (r && loop->fd >= 0)
			close(loop->fd);
	} while (r == EBUSY);
	close(control);
	if (r)
		return report("%s: %s", path, strerror(r));
	s->nr++;
	return 0;
}

static void detach_all(struct stack *s)
{
	while (s->nr--) {
		if (ioctl(s->loops[s->nr].fd, LOOP_CLR_FD))
			report_line("loop%ld: %s", s->loops[s->nr].number,
				    strerror(errno));
		close(s->loops[s->nr].fd);
	}
}

static int call(const struct stack *s, unsigned long request, struct call *c)
{
	c->head.version[0] = DM_VERSION_MAJOR;
	c->head.data_size = sizeof(*c);
	c->head.data_start = sizeof(c->head);
	/* Several may go on at once. */
	snprintf(c->head.name, sizeof(c->head.name), "mutant-%d", getpid());
	return ioctl(s->control, request, c) ? errno : 0;
}

/* The layers' loop devices, then the parent's; 0, or -1 after a report. */
static int attach_all(struct stack *s, const struct mutant *m)
{
	unsigned int i;

	for (i = 0; i < m->nr_layers; i++)
		if (attach(s, m->layers[i], 0))
			return -1;
	return m->has_parent ? attach(s, m->parent, m->parent_sectors) : 0;
}

/* The arguments of the target. */
static void print_args(const struct stack *s, const struct mutant *m,
		       bool salvage, char *args, size_t size)
{
	const unsigned int options = salvage + m->ignore_dirty +
				     3 * m->has_parent;
	unsigned int i;
	int n;

	n = snprintf(args, size, "%u", m->nr_layers);
	for (i = 0; i < m->nr_layers; i++)
		n += snprintf(args + n, size - n, " /dev/loop%ld 0",
			      s->loops[i].number);
	n += snprintf(args + n, size - n, " %u", options);
	if (m->has_parent)
		n += snprintf(args + n, size - n, " parent /dev/loop%ld 0",
			      s->loops[i].number);
	snprintf(args + n, size - n, "%s%s", salvage ? " salvage" : "",
		 m->ignore_dirty ? " ignore_dirty" : "");
}

/* Returns 0 with a table loaded and live, or an errno with no device left. */
static int create(const struct stack *s, u64 sectors, const char *args,
		  dev_t *dev)
{
	struct call c = { 0 };
	struct dm_target_spec *spec = (void *)c.rest;
	int r;

	r = call(s, DM_DEV_CREATE, &c);
	if (r)
		return r;
	*dev = c.head.dev;
	c = (struct call){ .head = { .flags = DM_READONLY_FLAG,
				     .target_count = 1 } };
	*spec = (struct dm_target_spec){ .length = sectors };
	strcpy(spec->target_type, "sesparse");
	strcpy((char *)(spec + 1), args);
	spec->next = (__u32)(sizeof(*spec) + strlen(args) + 8) / 8 * 8;
	r = call(s, DM_TABLE_LOAD, &c);
	if (!r) {
		c = (struct call){ 0 };
		r = call(s, DM_DEV_SUSPEND, &c);
	}
	if (!r)
		return 0;
	c = (struct call){ 0 };
	call(s, DM_DEV_REMOVE, &c);
	return r;
}

static int remove_device(const struct stack *s)
{
	struct call c = { 0 };
	unsigned int tries;
	int r;

	/* What else looks at new devices may have it open yet. */
	for (tries = 0; tries < 500; tries++) {
		r = call(s, DM_DEV_REMOVE, &c);
		if (r != EBUSY)
			break;
		usleep(10000);
	}
	return r ? report("the device cannot be removed: %s", strerror(r)) : 0;
}

/* That the target counts what it has found as the slow reader does. */
static int check_status(const struct stack *s, const struct slow_chain *c,
			struct tally *tally)
{
	struct call status = { 0 };
	u64 mapped, zero, absent, corrupt, held, i, nr[4] = { 0 };

	if (call(s, DM_TABLE_STATUS, &status) ||
	    sscanf(status.rest + sizeof(struct dm_target_spec),
		   "%llu %llu %llu %llu %llu", &mapped, &zero, &absent,
		   &corrupt, &held) != 5)
		return report("no status");
	for (i = 0; i < c->nr_grains; i++)
		nr[c->grains[i].kind]++;
	if (mapped != nr[SLOW_DATA] || zero != nr[SLOW_ZERO] ||
	    absent != nr[SLOW_ABSENT] || corrupt != nr[SLOW_ERROR])
		return report("the status has %llu mapped, %llu zero, %llu absent, %llu corrupt, expected %llu, %llu, %llu, %llu",
			      mapped, zero, absent, corrupt, nr[SLOW_DATA],
			      nr[SLOW_ZERO], nr[SLOW_ABSENT], nr[SLOW_ERROR]);
	tally->held = max_t(u64, tally->held, held);
	return 0;
}

/* Grains @first to @end, as one read: an I/O error if one of them is lost. */
static int check_range(const struct stack *s, const struct slow_chain *c,
		       int fd, u64 first, u64 end)
{
	bool lost = false;
	u64 size = 0, i;
	ssize_t n;

	for (i = first; i < end; i++) {
		lost |= c->grains[i].kind == SLOW_ERROR;
		size += slow_read(c, i, s->wanted + (i - first) * SLOW_GRAIN);
	}
	memset(s->found, 0xa5, size);
	n = pread(fd, s->found, size, (off_t)(first * SLOW_GRAIN));
	if (lost ? n < 0 && errno == EIO :
		   n == (ssize_t)size && !memcmp(s->found, s->wanted, size))
		return 0;
	return report("grains %llu to %llu: %s, expected %s", first, end - 1,
		      n < 0 ? strerror(errno) : n != (ssize_t)size ? "short" :
		      "read as something", lost ? "an I/O error" :
		      "the bytes of the chain");
}

/* In a MiB with lost grains, each run of lost ones and of others by itself. */
static int check_runs(const struct stack *s, const struct slow_chain *c,
		      int fd, u64 first, u64 end)
{
	u64 run, i;
	bool lost;
	int r = 0;

	for (; first < end && !r; first = run) {
		lost = c->grains[first].kind == SLOW_ERROR;
		for (run = first + 1; run < end; run++)
			if ((c->grains[run].kind == SLOW_ERROR) != lost)
				break;
		r = check_range(s, c, fd, first, run);
		for (i = first; lost && i < run && i < first + ALONE && !r; i++)
			r = check_range(s, c, fd, i, i + 1);
		if (lost && !r)
			r = check_range(s, c, fd, run - 1, run);
	}
	return r;
}

static int check_all(const struct stack *s, const struct slow_chain *c, int fd)
{
	u64 first, end, i;
	bool lost;
	int r = 0;

	for (first = 0; first < c->nr_grains && !r; first = end) {
		end = min_t(u64, c->nr_grains, first + PIECE_GRAINS);
		r = check_range(s, c, fd, first, end);
		for (i = first, lost = false; i < end; i++)
			lost |= c->grains[i].kind == SLOW_ERROR;
		if (lost && !r)
			r = check_runs(s, c, fd, first, end);
	}
	return r;
}

static int read_device(const struct stack *s, const struct slow_chain *c,
		       dev_t dev, struct tally *tally)
{
	char path[32];
	int fd, r;

	snprintf(path, sizeof(path), "/dev/dm-%u", minor(dev));
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return report("%s: %s", path, strerror(errno));
	r = check_status(s, c, tally);
	if (!r)
		r = check_all(s, c, fd);
	close(fd);
	return r;
}

static int try_loaded(const struct stack *s, const struct slow_chain *c,
		      const char *args, struct tally *tally)
{
	dev_t dev;
	int r = create(s, c->sectors, args, &dev), removed;

	if (c->why && r == EINVAL)
		return 0;
	if (!c->why && r)
		return report("\"%s\" is refused: %s, expected it taken", args,
			      strerror(r));
	if (c->why && r)
		return report("\"%s\" is refused for %s, expected %s", args,
			      strerror(r), strerror(EINVAL));
	if (c->why)
		r = report("\"%s\" is taken, expected it refused: layer %u: %s",
			   args, c->bad_layer, c->why);
	else
		r = read_device(s, c, dev, tally);
	removed = remove_device(s);
	return r ? r : removed;
}

static int try(const struct stack *s, const struct mutant *m, bool salvage,
	       struct tally *tally)
{
	struct slow_chain c;
	char args[512];
	int r;

	print_args(s, m, salvage, args, sizeof(args));
	mutant_decide(m, salvage, &c);
	r = try_loaded(s, &c, args, tally);
	if (!r && c.why)
		tally->refused += !salvage;
	if (!r && !c.why) {
		tally->salvaged += salvage;
		tally_grains(tally, &c);
	}
	slow_free(&c);
	return r;
}

/**
 * trial_by_device() - load a mutant and read it all, without salvage and with it
 * @m: the mutant
 * @tally: counts
 *
 * Return: 0, or -1 after a report.
 */
int trial_by_device(struct mutant *m, struct tally *tally)
{
	struct stack s = {
		.control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC),
		.found = aligned_alloc(SLOW_GRAIN, MIB),
		.wanted = aligned_alloc(SLOW_GRAIN, MIB),
	};
	int r = -1;

	if (s.control < 0 || !s.found || !s.wanted)
		report_line("no device mapper, or no memory");
	else if (!attach_all(&s, m))
		r = try(&s, m, false, tally) || try(&s, m, true, tally) ? -1 : 0;
	detach_all(&s);
	close(s.control);
	free(s.found);
	free(s.wanted);
	return r;
}
