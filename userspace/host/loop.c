// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/loop.h"
#include "source/direct.h"
#include "util/message.h"

/* A free device may be another's before it is ours: try this often. */
#define MAX_TRIES 64

/* What most guests know their disks by. */
#define DEFAULT_SECTOR_SIZE 512

/* A loop device believes whoever tells it that its file has direct I/O. */
static bool takes_direct_io(int file)
{
	struct direct direct;
	bool takes;

	direct_open(file, O_RDONLY, &direct);
	takes = direct.fd >= 0;
	direct_close(&direct);
	return takes;
}

/* Where blocks are larger than a sector, newer kernels refuse direct I/O. */
static int configure(const struct log *log, int loop, struct loop_config *config)
{
	if (!ioctl(loop, LOOP_CONFIGURE, config))
		return 0;
	if (errno != EINVAL || !(config->info.lo_flags & LO_FLAGS_DIRECT_IO))
		return -1;
	debug(log, "%s: the kernel refuses direct I/O",
	      (const char *)config->info.lo_file_name);
	config->info.lo_flags &= ~(__u32)LO_FLAGS_DIRECT_IO;
	return ioctl(loop, LOOP_CONFIGURE, config);
}

/*
 * While a device is locked udev leaves it alone; with the lock goes the event
 * of the file's being attached, and by then a device of ours holds the loop, by
 * which udev's rules know that it is not theirs to look into.
 */
static void lock(const struct log *log, const char *node, int loop)
{
	int r;

	do {
		r = flock(loop, LOCK_EX);
	} while (r && errno == EINTR);
	if (r)
		debug(log, "%s: cannot lock: %m", node);
}

/* Return: 0, an exit code, or -1 if another took the device first. */
static int attach_free(const struct log *log, int control,
		       struct loop_config *config, int *loop)
{
	const bool writable = !(config->info.lo_flags & LO_FLAGS_READ_ONLY);
	const char *path = (const char *)config->info.lo_file_name;
	char node[32];
	int number, r;

	number = ioctl(control, LOOP_CTL_GET_FREE);
	if (number < 0)
		return fail(exit_code_of(errno),
			    "/dev/loop-control: no free loop device: %m");
	snprintf(node, sizeof(node), "/dev/loop%d", number);
	*loop = open(node, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (*loop < 0 && (errno == EBUSY || errno == ENXIO))
		return -1;
	if (*loop < 0)
		return fail(exit_code_of(errno), "%s: cannot open: %m", node);
	lock(log, node, *loop);
	if (!configure(log, *loop, config)) {
		step(log, "%s: attached to %s", path, node);
		return 0;
	}
	r = errno == EBUSY ? -1 :
	    fail(exit_code_of(errno), "%s: cannot attach to %s: %m", path,
		 node);
	close(*loop);
	*loop = -1;
	return r;
}

/**
 * loop_attach() - make a file a block device
 * @log: how much to tell
 * @file: the file
 * @loop: set to the open loop device, or to -1
 *
 * The device detaches itself when it is closed for the last time, from the
 * moment that it is made; udev does not look at it before @loop is closed.
 *
 * Return: 0, or an exit code after a message.
 */
int loop_attach(const struct log *log, const struct loop_file *file, int *loop)
{
	struct loop_config config = {
		.fd = (__u32)file->fd,
		/* Left to newer kernels it would be the file's disk's. */
		.block_size = file->sector_size ? file->sector_size :
						  DEFAULT_SECTOR_SIZE,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int control, tries = MAX_TRIES, r;

	*loop = -1;
	if (!file->writable)
		config.info.lo_flags |= LO_FLAGS_READ_ONLY;
	if (takes_direct_io(file->fd))
		config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
	else
		debug(log, "%s: the filesystem has no direct I/O", file->path);
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s",
		 file->path);
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return fail(exit_code_of(errno),
			    "/dev/loop-control: cannot open: %m (modprobe loop makes it)");
	do {
		r = attach_free(log, control, &config, loop);
	} while (r < 0 && --tries);
	close(control);
	if (r < 0)
		return fail(EXIT_BUSY,
			    "%s: every free loop device was taken by others, %d times",
			    file->path, MAX_TRIES);
	return r;
}

/**
 * loop_backing_file() - what file is behind a block device
 * @major: of the device
 * @minor: of the device
 * @path: set to the file's name, to be freed by the caller; NULL: not a loop
 *
 * Return: 0, or an exit code after a message.
 */
int loop_backing_file(unsigned int major, unsigned int minor, char **path)
{
	char attribute[64];
	size_t room = 0;
	ssize_t n;
	FILE *f;

	*path = NULL;
	snprintf(attribute, sizeof(attribute),
		 "/sys/dev/block/%u:%u/loop/backing_file", major, minor);
	f = fopen(attribute, "re");
	if (!f)
		return errno == ENOMEM ? fail_memory() : 0;
	/* All of it: the name itself may hold a newline. */
	n = getdelim(path, &room, '\0', f);
	fclose(f);
	if (n > 0 && (*path)[n - 1] == '\n')
		(*path)[n - 1] = '\0';
	if (n <= 0) {
		free(*path);
		*path = NULL;
	}
	return 0;
}
