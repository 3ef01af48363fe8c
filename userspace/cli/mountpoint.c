// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/mountpoint.h"
#include "host/mounts.h"
#include "source/file.h"
#include "util/message.h"

/**
 * mountpoint_find() - find out what folder is meant
 * @dir: its name
 * @place: set to its name without links
 *
 * Return: 0, or an exit code after a message.
 */
int mountpoint_find(const char *dir, char place[PATH_MAX])
{
	const int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return fail(exit_code_of(errno) == EXIT_PERMISSION ?
			    EXIT_PERMISSION : EXIT_DEVICE,
			    "%s: %m, expected a folder", dir);
	error = file_real_name(fd, place, PATH_MAX);
	close(fd);
	if (error)
		return fail(EXIT_DEVICE, "%s: %s", dir, strerror(error));
	return 0;
}

/* What is looked for among all that is mounted. */
struct search {
	const char *place;
	struct mountpoint *at;
	dev_t dev;
	char **where;
	bool is_first_gone;
};

static int take_at(void *data, const struct mount_entry *entry)
{
	const struct search *s = data;

	if (strcmp(entry->where, s->place))
		return 0;
	s->at->exists = true;
	s->at->dev = mount_device(entry);
	snprintf(s->at->type, sizeof(s->at->type), "%s", entry->type);
	return 0;
}

/**
 * mountpoint_look() - see what is mounted at a folder
 * @place: the folder, of mountpoint_find()
 * @at: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int mountpoint_look(const char *place, struct mountpoint *at)
{
	struct search s = { .place = place, .at = at };

	*at = (struct mountpoint){ 0 };
	return mounts_each(take_at, &s);
}

static int take_other(void *data, const struct mount_entry *entry)
{
	struct search *s = data;

	if (*s->where || !mount_is_of(entry, s->dev))
		return 0;
	if (!s->is_first_gone && !strcmp(entry->where, s->place)) {
		s->is_first_gone = true;
		return 0;
	}
	*s->where = strdup(entry->where);
	return *s->where ? 0 : fail_memory();
}

/**
 * mountpoint_other() - find out where else a device is mounted
 * @dev: the device
 * @place: where it is known to be; NULL: nowhere
 * @where: set to another folder, to be freed by the caller, or to NULL
 *
 * Return: 0, or an exit code after a message.
 */
int mountpoint_other(dev_t dev, const char *place, char **where)
{
	struct search s = {
		.place = place,
		.dev = dev,
		.where = where,
		.is_first_gone = !place,
	};

	*where = NULL;
	return mounts_each(take_other, &s);
}
