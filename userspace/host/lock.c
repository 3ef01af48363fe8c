// SPDX-License-Identifier: GPL-2.0-only
/*
 * It keeps away all who ask for it, as restores, overlays and udev do, and nobody
 * else.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "host/lock.h"
#include "util/message.h"

#define PAUSE_NS 100000000
#define MAX_TRIES 50

/* As the kernel has it, with its NUL. */
#define PROCESS_NAME_SIZE 16

/* Return: 0, or -1 with errno set, EWOULDBLOCK if another has it. */
static int try(int fd, const struct stat *st)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int tries = S_ISBLK(st->st_mode) ? MAX_TRIES : 1;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (!--tries || (errno != EWOULDBLOCK && errno != EINTR))
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Take the process that has the file locked out of a line of /proc/locks. */
static bool take_holder(const char *line, const struct stat *st, int *process)
{
	unsigned int major_nr, minor_nr;
	unsigned long long ino;

	return sscanf(line, "%*s FLOCK %*s %*s %d %x:%x:%llu", process,
		      &major_nr, &minor_nr, &ino) == 4 && *process > 0 &&
	       makedev(major_nr, minor_nr) == st->st_dev && ino == st->st_ino;
}

/* Return: the process, or 0: it is not seen from here, or has ended since. */
static int find_holder(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char *line = NULL;
	size_t room = 0;
	int process = 0;
	bool found = false;

	while (f && !found && getline(&line, &room, f) > 0)
		found = take_holder(line, st, &process);
	if (f)
		fclose(f);
	free(line);
	return found ? process : 0;
}

static bool name_process(int process, char name[PROCESS_NAME_SIZE])
{
	char path[32];
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", process);
	f = fopen(path, "re");
	if (!f)
		return false;
	found = fgets(name, PROCESS_NAME_SIZE, f);
	fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return found;
}

static int fail_locked(const char *path, const struct stat *st)
{
	const int process = find_holder(st);
	char name[PROCESS_NAME_SIZE] = "";

	if (process && name_process(process, name))
		return fail(EXIT_BUSY,
			    "%s: is in use: process %d (%s) has it locked, as who restores a disk to it does: wait until that has ended, or name another",
			    path, process, name);
	return fail(EXIT_BUSY,
		    "%s: is in use: another has it locked, a restore to it or a disk that is open with it as overlay perhaps: wait for that or close it, or name another",
		    path);
}

/**
 * lock_take() - take the lock that keeps others away
 * @path: of a file or block device, for messages
 * @fd: it, locked until it is closed
 *
 * udev has a device locked for a moment, while it looks what has become of it: that is
 * waited for, up to 5 seconds.  What has a file locked is another that uses it.
 *
 * Return: 0, or an exit code after a message, which says who has it.
 */
int lock_take(const char *path, int fd)
{
	struct stat st;

	if (!fstat(fd, &st)) {
		if (!try(fd, &st))
			return 0;
		if (errno == EWOULDBLOCK)
			return fail_locked(path, &st);
	}
	return fail(exit_code_of(errno), "%s: cannot lock: %m", path);
}
