// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device/kmsg.h"
#include "util/message.h"

/* The longest record of /dev/kmsg. */
#define RECORD_BYTES 8192

/* A corrupt image may have as many complaints as entries. */
#define MAX_REPEATED 8

/**
 * kmsg_open() - remember where the kernel's log ends now
 *
 * Return: for the other functions here; -1, which they take, if it cannot be
 * read.
 */
int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool is_ours(const char *text)
{
	return strstr(text, "device-mapper: ") &&
	       (strstr(text, "sesparse") || strstr(text, "table: "));
}

/**
 * kmsg_repeat() - repeat what the kernel has said of tables since kmsg_open()
 * @fd: of kmsg_open()
 *
 * Return: true if it has said anything.
 */
bool kmsg_repeat(int fd)
{
	char record[RECORD_BYTES + 1], *text;
	int repeated = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (repeated < MAX_REPEATED) {
		n = read(fd, record, RECORD_BYTES);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* EPIPE: records were lost, go on behind */
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || !is_ours(text))
			continue;
		text[strcspn(text, "\n")] = '\0';
		note("kernel: %s", text + 1);
		repeated++;
	}
	return repeated;
}

/**
 * kmsg_close() - be done with the kernel's log
 * @fd: of kmsg_open()
 */
void kmsg_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
