// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/mounts.h"
#include "util/message.h"

/**
 * mounts_unescape() - a name as it is, of one from a list of the kernel's
 * @name: changed in place
 *
 * The kernel writes a blank in a name as \040, and some others likewise.
 */
void mounts_unescape(char *name)
{
	unsigned int code;
	char *to = name;

	for (; *name; name++) {
		if (*name == '\\' && sscanf(name + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			name += 3;
		} else {
			*to++ = *name;
		}
	}
	*to = '\0';
}

/*
 * "36 35 98:0 /root /where options optional... - type source options": how many
 * optional fields there are is not known.
 */
static bool parse(char *line, struct mount_entry *entry)
{
	char *const rest = strstr(line, " - ");
	unsigned int number[2];

	*entry = (struct mount_entry){ 0 };
	if (!rest ||
	    sscanf(line, "%*d %*d %u:%u %*s %ms", &number[0], &number[1],
		   &entry->where) != 3 ||
	    sscanf(rest, " - %ms %ms", &entry->type, &entry->source) != 2)
		return false;
	entry->dev = makedev(number[0], number[1]);
	mounts_unescape(entry->where);
	mounts_unescape(entry->type);
	mounts_unescape(entry->source);
	return true;
}

static void entry_free(struct mount_entry *entry)
{
	free(entry->where);
	free(entry->type);
	free(entry->source);
}

/**
 * mounts_each() - go through what is mounted, where this process sees it
 * @each: called with each, what is mounted over another after that, until it
 *        returns not 0
 * @data: for @each
 *
 * Return: 0, what @each returned, or an exit code after a message.
 */
int mounts_each(mounts_fn *each, void *data)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount_entry entry;
	char *line = NULL;
	size_t room = 0;
	int r = 0;

	if (!f)
		return fail(EXIT_DEVICE, "/proc/self/mountinfo: cannot open: %m");
	while (!r && getline(&line, &room, f) > 0) {
		if (parse(line, &entry))
			r = each(data, &entry);
		entry_free(&entry);
	}
	if (!r && ferror(f))
		r = fail(EXIT_DEVICE, "/proc/self/mountinfo: cannot read: %m");
	fclose(f);
	free(line);
	return r;
}

/**
 * mount_device() - the block device that a file system lies on
 * @entry: the file system, mounted
 *
 * btrfs has a number of its own for what is mounted, and tells its device by name
 * only.  Of other types that name is whatever the one who mounted it has said.
 *
 * Return: its number; 0 if there is none.
 */
dev_t mount_device(const struct mount_entry *entry)
{
	struct stat st;

	if (major(entry->dev))
		return entry->dev;
	if (!strcmp(entry->type, "btrfs") && !stat(entry->source, &st) &&
	    S_ISBLK(st.st_mode))
		return st.st_rdev;
	return 0;
}

/**
 * mount_is_of() - does a file system lie on this device?
 * @entry: the file system, mounted
 * @dev: the block device
 *
 * Return: true if it does.
 */
bool mount_is_of(const struct mount_entry *entry, dev_t dev)
{
	return dev && mount_device(entry) == dev;
}
