// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file system of a disk is mounted from a device of its own, NAME-mnt1 and so on,
 * which lies on the disk where the partition or logical volume does.  By its UUID it
 * is known to be ours, and whether the disk has been opened for it.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/disks.h"
#include "cli/opening.h"
#include "cli/options.h"
#include "cli/mountpoint.h"
#include "cli/verbs.h"
#include "device/dm-table.h"
#include "device/dm.h"
#include "device/stack.h"
#include "device/volumes.h"
#include "dm-sesparse/format.h"
#include "host/filesystem.h"
#include "source/file.h"
#include "util/human.h"
#include "util/message.h"

/**
 * struct mounting - a file system about to be mounted
 * @o: the command line
 * @place: where
 * @names: of its disk's devices
 * @disk: the disk, as a dm table calls it
 * @is_alone: the disk is open for its mounts only
 * @number: of the device that is to be mounted
 * @assembly: the devices made so far
 * @volumes: what is on the disk
 * @volume: that of them which is to be mounted
 */
struct mounting {
	struct options *o;
	char place[PATH_MAX];
	const struct names *names;
	char disk[DEVICE_NUMBER_SIZE];
	bool is_alone;
	unsigned int number;
	struct assembly assembly;
	struct volumes volumes;
	const struct volume *volume;
};

/* How a volume is asked for, for messages. */
#define WORDS_SIZE (2 * LVM2_NAME_SIZE + 32)

static const char *words_for(const struct volume *v, char words[WORDS_SIZE])
{
	if (v->logical)
		snprintf(words, WORDS_SIZE, "--volume %s/%s",
			 v->logical->group, v->logical->name);
	else if (v->partition)
		snprintf(words, WORDS_SIZE, "--partition %u", v->partition);
	else
		snprintf(words, WORDS_SIZE, "the whole disk");
	return words;
}

static bool is_mountable(const struct volume *v)
{
	return !(v->logical && *v->logical->problem) &&
	       v->contents.is_filesystem &&
	       filesystem_is_known(v->contents.type);
}

/* What is said of a volume that can not be mounted, in words that follow "which". */
static const char *why_not(const struct volume *v, char *why, size_t size)
{
	const char *type = v->contents.type;

	if (v->logical && *v->logical->problem)
		snprintf(why, size, "%s", v->logical->problem);
	else if (v->contents.is_ambiguous)
		snprintf(why, size, "has the marks of several file systems");
	else if (!*type)
		snprintf(why, size, "holds nothing that is known");
	else if (v->problem)
		snprintf(why, size, "is a physical volume of LVM %s", v->problem);
	else if (!strcmp(type, "LVM2_member"))
		snprintf(why, size, "is a physical volume of LVM: --volume picks one of the logical ones");
	else if (!strcmp(type, "crypto_LUKS") || !strcmp(type, "BitLocker"))
		snprintf(why, size, "is encrypted (%s)", type);
	else
		snprintf(why, size, "holds %s, expected %s", type,
			 filesystem_names());
	return why;
}

static void list_volume(const struct volume *v)
{
	char words[WORDS_SIZE], size[HUMAN_SIZE], why[192];

	human_size(v->sectors * SESPARSE_SECTOR_SIZE, size);
	words_for(v, words);
	if (!is_mountable(v))
		note("  %s: %s, %s", words, size,
		     why_not(v, why, sizeof(why)));
	else if (*v->contents.label)
		note("  %s: %s, %s \"%s\"", words, size, v->contents.type,
		     v->contents.label);
	else
		note("  %s: %s, %s", words, size, v->contents.type);
}

/* Partitions that hold nothing are no choice, and few care for them. */
static void list(const struct volumes *volumes)
{
	const struct volume *v;

	for (v = volumes->list; v < volumes->list + volumes->nr; v++)
		if (v->logical || *v->contents.type || v->contents.is_ambiguous)
			list_volume(v);
}

static bool is_wanted(const struct options *o, const struct volume *v)
{
	size_t length;

	if (o->given & OPT_PARTITION)
		return !v->logical && v->partition == o->partition;
	if (!(o->given & OPT_VOLUME))
		return is_mountable(v);
	if (!v->logical)
		return false;
	length = strlen(v->logical->group);
	return !strncmp(o->volume, v->logical->group, length) &&
	       o->volume[length] == '/' &&
	       !strcmp(o->volume + length + 1, v->logical->name);
}

/* Nothing, or more than one, is what has been asked for. */
static int fail_choice(const struct mounting *m, size_t nr)
{
	const struct options *o = m->o;
	char picked[WORDS_SIZE + 16] = "";

	if (o->given & OPT_PARTITION)
		snprintf(picked, sizeof(picked), "--partition %u: ",
			 o->partition);
	else if (o->given & OPT_VOLUME)
		snprintf(picked, sizeof(picked), "--volume %.*s: ",
			 2 * LVM2_NAME_SIZE, o->volume);
	if (*picked && nr)
		fail(EXIT_DEVICE, "%s%s has %zu of that name, expected one",
		     picked, m->names->disk, nr);
	else if (*picked)
		fail(EXIT_DEVICE, "%s%s has no such, expected one of these:",
		     picked, m->names->disk);
	else if (nr)
		fail(EXIT_DEVICE,
		     "%s: has %zu file systems, expected one to be picked by --partition or --volume:",
		     m->names->disk, nr);
	else
		fail(EXIT_DEVICE,
		     "%s: has no file system that can be mounted, expected one of %s",
		     m->names->disk, filesystem_names());
	list(&m->volumes);
	return EXIT_DEVICE;
}

static int choose(struct mounting *m)
{
	char words[WORDS_SIZE], why[192];
	const struct volume *v;
	size_t nr = 0, i;

	for (i = 0; i < m->volumes.nr; i++) {
		v = &m->volumes.list[i];
		if (!is_wanted(m->o, v))
			continue;
		m->volume = v;
		nr++;
	}
	if (nr != 1)
		return fail_choice(m, nr);
	/* A striped one shows too little of itself to tell yet. */
	v = m->volume;
	if (is_mountable(v) ||
	    (v->logical && !*v->logical->problem && !*v->contents.type))
		return 0;
	return fail(EXIT_DEVICE, "%s: %s %s", m->names->disk,
		    words_for(v, words), why_not(v, why, sizeof(why)));
}

static int make_device(struct mounting *m, char device[NAME_SIZE])
{
	char uuid[UUID_SIZE], number[DEVICE_NUMBER_SIZE];
	struct dm_table table;
	const struct device_request request = {
		.name = device,
		.uuid = uuid,
		.table = &table,
		.visibility = DEVICE_HIDDEN,
	};
	int r;

	(m->is_alone ? names_mount_alone : names_mount)(m->names, m->number,
							 device, uuid);
	r = volume_table(m->volume, m->disk, &table);
	if (!r)
		r = assembly_add(&m->assembly, &request, number);
	dm_table_free(&table);
	return r;
}

/* What the whole of it shows is what counts. */
static int look_again(const char *path, const struct volume *v, int fd,
		      char type[CONTENTS_TYPE_SIZE])
{
	struct volume whole = *v;
	char why[192];
	int r;

	r = contents_look(path, fd, 0, v->sectors * SESPARSE_SECTOR_SIZE,
			  &whole.contents);
	if (r)
		return r;
	memcpy(type, whole.contents.type, CONTENTS_TYPE_SIZE);
	if (is_mountable(&whole))
		return 0;
	return fail(EXIT_DEVICE, "%s: %s", path,
		    why_not(&whole, why, sizeof(why)));
}

static int find_type(const char *path, const struct volume *v, dev_t *dev,
		     char type[CONTENTS_TYPE_SIZE])
{
	struct stat st;
	int fd, r;

	r = file_open(path, &fd, &st);
	if (r)
		return r;
	*dev = st.st_rdev;
	r = look_again(path, v, fd, type);
	close(fd);
	return r;
}

/* A signal may have come when it was mounted already. */
static void undo_mount(const struct mounting *m, dev_t dev)
{
	struct mountpoint at;

	if (!mountpoint_look(m->place, &at) && at.dev == dev)
		filesystem_umount(m->place);
}

static int mount_device_at(struct mounting *m, const char *name)
{
	char path[sizeof("/dev/mapper/") + NAME_SIZE];
	char type[CONTENTS_TYPE_SIZE];
	const struct filesystem_mount fs = {
		.type = type,
		.device = path,
		.where = m->place,
		.allow = m->o->allow,
		.signals = &m->assembly.signals,
	};
	dev_t dev;
	int r;

	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	r = find_type(path, m->volume, &dev, type);
	if (r)
		return r;
	step(&m->o->log, "%s: mounting it at %s, as %s", path, m->place, type);
	r = filesystem_mount(&fs);
	if (!r)
		r = assembly_check();
	if (r) {
		undo_mount(m, dev);
		filesystem_forget(type, path);
	}
	return r;
}

/* The disk is open; what has been made is the assembly's. */
static int mount_disk(struct mounting *m)
{
	char path[sizeof("/dev/mapper/") + NAME_SIZE], device[NAME_SIZE];
	struct device_state state;
	int r;

	r = device_get_state(m->names->disk, &state);
	if (r)
		return r;
	snprintf(m->disk, sizeof(m->disk), "%u:%u", state.major, state.minor);
	snprintf(path, sizeof(path), "/dev/mapper/%s", m->names->disk);
	r = volumes_find(path, &m->volumes);
	if (!r)
		r = choose(m);
	if (!r)
		r = make_device(m, device);
	if (!r)
		r = mount_device_at(m, device);
	volumes_free(&m->volumes);
	return r;
}

/* Set up the mount of a disk that is open. */
static int look_at_open(struct mounting *m, const struct stack *stack)
{
	size_t i;

	if (m->o->given & (OPTS_OPENING | OPT_NAME))
		return fail(EXIT_USAGE,
			    "%s: is a device that is open: how to open a disk was for open to be told",
			    stack->names.disk);
	if (!stack->disk.has_table || stack->disk.deferred)
		return fail(EXIT_BUSY,
			    "%s: is about to be closed, or being opened",
			    stack->names.disk);
	m->number = 1;
	for (i = 0; i < stack->nr_mounts; i++) {
		m->is_alone |= uuid_is_mount_alone(stack->mounts[i].state.uuid);
		if (stack->mounts[i].number == m->number)
			m->number++;
	}
	if (m->number <= MAX_MOUNT)
		return 0;
	return fail(EXIT_BUSY, "%s: %d file systems of it are mounted already",
		    stack->names.disk, MAX_MOUNT);
}

static int mount_open(struct mounting *m, struct stack *stack)
{
	int r;

	r = look_at_open(m, stack);
	if (!r)
		r = names_of_uuid(stack->disk.uuid, &stack->names);
	if (!r)
		r = assembly_begin(&m->assembly, &m->o->log);
	if (r)
		return r;
	m->names = &stack->names;
	r = mount_disk(m);
	if (r)
		assembly_undo(&m->assembly);
	assembly_end(&m->assembly);
	return r;
}

static int mount_opening(struct mounting *m, struct opening *op)
{
	int r;

	r = opening_prepare(op);
	if (!r)
		r = assembly_begin(&m->assembly, &m->o->log);
	if (r)
		return r;
	m->names = &op->names;
	m->is_alone = true;
	m->number = 1;
	r = opening_make(op);
	if (!r)
		r = mount_disk(m);
	if (r)
		assembly_undo(&m->assembly);
	assembly_end(&m->assembly);
	return r;
}

/* Open the disk for its mounts only. */
static int mount_closed(struct mounting *m)
{
	struct options *o = m->o;
	char name[NAME_SIZE];
	struct one_disk disk;
	struct opening op = {
		.options = o,
		.name = o->name ? o->name : name,
		.how = &disk.image,
		.assembly = &m->assembly,
	};
	int r;

	o->image.must_open = true;
	o->is_checked = true;
	r = disks_one(o, o->operands[1], &disk);
	op.path = disk.path;
	name_from_path(o->operands[1], name);
	if (!r)
		r = mount_opening(m, &op);
	opening_free(&op);
	disks_one_free(&disk);
	return r;
}

/* A name that a device of ours has is that device. */
static int find_and_mount(struct mounting *m)
{
	const char *name = m->o->operands[1];
	struct stack stack;
	int r;

	if (m->o->nr_luns || !name_is_possible(name))
		return mount_closed(m);
	r = stack_look(&m->o->log, name, &stack);
	if (!r)
		r = stack.disk.exists && uuid_is_disk(stack.disk.uuid) ?
			    mount_open(m, &stack) : mount_closed(m);
	stack_free(&stack);
	return r;
}

/* What is mounted at a folder hides what was before, and that may not be ours. */
static int check_place(const struct mounting *m)
{
	struct mountpoint at;
	int r;

	r = mountpoint_look(m->place, &at);
	if (!r && at.exists)
		r = fail(EXIT_BUSY,
			 "%s: something is mounted there, expected a folder where nothing is",
			 m->place);
	return r;
}

/**
 * cmd_mount() - mount a file system of a disk, which is opened for it if it is not
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_mount(struct options *o)
{
	struct mounting m = { .o = o };
	int r;

	if (o->given & OPT_PARTITION && o->given & OPT_VOLUME)
		return fail(EXIT_USAGE,
			    "--partition and --volume, expected one of them");
	r = device_start(&o->log);
	if (!r)
		r = mountpoint_find(o->operands[2], m.place);
	if (!r)
		r = check_place(&m);
	return r ? r : find_and_mount(&m);
}
