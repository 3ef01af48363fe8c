// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/closing.h"
#include "cli/options.h"
#include "cli/mountpoint.h"
#include "cli/verbs.h"
#include "device/stack.h"
#include "host/filesystem.h"
#include "host/mounts.h"
#include "util/message.h"
#include "util/signals.h"

/**
 * struct unmounting - a file system that is about to go
 * @log: how much to tell
 * @place: where it is mounted
 * @at: what is mounted there
 * @disk: its disk's name
 * @stack: the disk's devices
 * @member: that of them which it is mounted from
 */
struct unmounting {
	const struct log *log;
	char place[PATH_MAX];
	struct mountpoint at;
	char disk[NAME_SIZE];
	struct stack stack;
	const struct stack_member *member;
};

static int fail_foreign(const struct unmounting *u)
{
	return fail(EXIT_DEVICE,
		    "%s: nothing is mounted there by sesparsesetup mount: sesparsesetup status tells what is",
		    u->place);
}

/* A device is ours by its UUID, whatever it is called. */
static int find_member(struct unmounting *u)
{
	const struct stack *stack = &u->stack;
	size_t i;

	for (i = 0; i < stack->nr_mounts; i++)
		if (makedev(stack->mounts[i].state.major,
			    stack->mounts[i].state.minor) == u->at.dev) {
			u->member = &stack->mounts[i];
			return 0;
		}
	return fail_foreign(u);
}

/* Device mapper's name of a device. */
static bool read_name(dev_t dev, char name[NAME_SIZE])
{
	char path[64];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dm/name",
		 major(dev), minor(dev));
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(name, NAME_SIZE, f);
	fclose(f);
	if (ok)
		name[strcspn(name, "\n")] = '\0';
	return ok;
}

static int find(struct unmounting *u, const char *dir)
{
	char name[NAME_SIZE];
	int r;

	r = mountpoint_find(dir, u->place);
	if (!r)
		r = mountpoint_look(u->place, &u->at);
	if (r)
		return r;
	if (!u->at.dev || !read_name(u->at.dev, name))
		return fail_foreign(u);
	name_of_disk(name, u->disk);
	if (!name_is_possible(u->disk))
		return fail_foreign(u);
	r = stack_look(u->log, u->disk, &u->stack);
	return r ? r : find_member(u);
}

/* Another mount of the same file system would keep its device. */
static int check_alone(const struct unmounting *u)
{
	char *where;
	int r;

	r = mountpoint_other(u->at.dev, u->place, &where);
	if (!r && where)
		r = fail(EXIT_BUSY,
			 "%s: is mounted at %s, too: umount that first",
			 u->place, where);
	free(where);
	return r;
}

/* Is the disk open for this mount only? */
static bool takes_disk(const struct unmounting *u)
{
	return u->stack.nr_mounts == 1 &&
	       uuid_is_mount_alone(u->member->state.uuid);
}

/* All of it is to go, or none: see before whether the disk can. */
static int check_disk(struct unmounting *u)
{
	const struct closing c = {
		.log = u->log,
		.name = u->disk,
		.mounted = u->member->name,
	};
	struct stack stack;
	const char *user;
	int r;

	if (!takes_disk(u) || u->stack.disk.deferred)
		return 0;
	r = closing_look_until_free(&c, &stack, &user);
	if (!r && user)
		r = fail(EXIT_BUSY,
			 "%s: is in use, end that first: nothing was unmounted",
			 user);
	stack_free(&stack);
	return r;
}

static int take_down(const struct unmounting *u)
{
	const struct stack_member *m = u->member;
	char device[sizeof("/dev/mapper/") + NAME_SIZE];
	int r;

	step(u->log, "%s: unmounting", u->place);
	r = filesystem_umount(u->place);
	if (r)
		return r;
	snprintf(device, sizeof(device), "/dev/mapper/%s", m->name);
	filesystem_forget(u->at.type, device);
	return takes_disk(u) ? stack_remove(u->log, &u->stack, false) :
			       device_remove(u->log, m->name, m->state.uuid,
					     false);
}

static int unmount(struct unmounting *u)
{
	sigset_t signals;
	int r;

	r = check_alone(u);
	if (!r)
		r = check_disk(u);
	if (!r)
		r = signals_hold(&signals);
	if (r)
		return r;
	r = take_down(u);
	signals_release(&signals);
	return r;
}

/**
 * cmd_umount() - unmount what mount mounted, and take down what it had made for that
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_umount(struct options *o)
{
	struct unmounting u = { .log = &o->log };
	int r;

	r = device_start(&o->log);
	if (!r)
		r = find(&u, o->operands[1]);
	if (!r)
		r = unmount(&u);
	stack_free(&u.stack);
	return r;
}
