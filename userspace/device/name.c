// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/name.h"
#include "dm-sesparse/portable.h"
#include "source/file.h"
#include "util/message.h"

/* The characters that udev and libdevmapper take as they are. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#+-.:=@_"

#define DISK_PREFIX "SESPARSE-"
#define BASE_SUFFIX "-base"
#define BASE_PREFIX DISK_PREFIX "BASE-"
#define IMAGE_SUFFIX "-image"
#define IMAGE_PREFIX DISK_PREFIX "IMAGE-"
#define LOWER_SUFFIX "-low"
#define LOWER_PREFIX DISK_PREFIX "LOW"
#define LUN_SUFFIX "-lun"
#define LUN_PREFIX DISK_PREFIX "LUN"
#define MOUNT_SUFFIX "-mnt"
#define MOUNT_PREFIX DISK_PREFIX "MOUNT"
#define MOUNT_ALONE_PREFIX DISK_PREFIX "ONLYMOUNT"
#define PART_PREFIX DISK_PREFIX "part"
#define CID_LENGTH 8

/* There must be room for the longest suffix. */
#define MAX_LENGTH (NAME_SIZE - (int)sizeof(LUN_SUFFIX "9999"))
static_assert(sizeof(LOWER_SUFFIX "99") <= sizeof(LUN_SUFFIX "9999") &&
	      sizeof(MOUNT_SUFFIX "99") <= sizeof(LUN_SUFFIX "9999") &&
	      sizeof(IMAGE_SUFFIX) <= sizeof(LUN_SUFFIX "9999"),
	      "room for the suffix of every hidden device");

#define DIGITS "0123456789"

static void make_uuid(char uuid[UUID_SIZE], const char *prefix, uint32_t cid,
		      const char *name)
{
	snprintf(uuid, UUID_SIZE, "%s%08x-%.*s", prefix, cid,
		 UUID_SIZE - 1 - (int)strlen(prefix) - CID_LENGTH - 1, name);
}

/**
 * name_is_possible() - can a disk's device be called so?
 * @name: the name
 *
 * Return: true if it can.
 */
bool name_is_possible(const char *name)
{
	const size_t length = strlen(name);

	return length && length <= MAX_LENGTH && !name[strspn(name, PLAIN)] &&
	       strcmp(name, ".") && strcmp(name, "..") &&
	       strcmp(name, "control");
}

/**
 * names_make() - the names of a disk's devices and their UUIDs
 * @name: the disk's
 * @cid: content ID of its newest layer
 * @names: filled in
 *
 * A long name is cut off in the UUIDs, which have less room than they would
 * need; that two devices would then share one takes the same disk opened twice.
 *
 * Return: 0, or an exit code after a message.
 */
int names_make(const char *name, uint32_t cid, struct names *names)
{
	if (!name_is_possible(name))
		return fail(EXIT_USAGE,
			    "\"%s\" cannot be a device's name, expected 1 to %d letters, digits or any of #+-.:=@_",
			    name, MAX_LENGTH);
	names->cid = cid;
	memcpy(names->disk, name, strlen(name) + 1);
	snprintf(names->image, NAME_SIZE, "%.*s" IMAGE_SUFFIX, MAX_LENGTH,
		 name);
	snprintf(names->base, NAME_SIZE, "%.*s" BASE_SUFFIX, MAX_LENGTH, name);
	make_uuid(names->disk_uuid, DISK_PREFIX, cid, name);
	make_uuid(names->image_uuid, IMAGE_PREFIX, cid, name);
	make_uuid(names->base_uuid, BASE_PREFIX, cid, name);
	return 0;
}

/**
 * names_of_uuid() - the names of the devices of a disk that is open
 * @uuid: the disk's, of which uuid_is_disk() is true
 * @names: those made of its name; those of its content ID, too, from now on
 *
 * Return: 0, or an exit code after a message.
 */
int names_of_uuid(const char *uuid, struct names *names)
{
	char name[NAME_SIZE];

	memcpy(name, names->disk, sizeof(name));
	return names_make(name, (uint32_t)strtoul(uuid + strlen(DISK_PREFIX),
						  NULL, 16), names);
}

/**
 * names_partition() - what a partition of the disk is called
 * @names: the disk's
 * @number: the partition's, 1 to MAX_PARTITION
 * @name: filled in
 * @uuid: filled in
 */
void names_partition(const struct names *names, unsigned int number,
		     char name[NAME_SIZE], char uuid[UUID_SIZE])
{
	const char last = names->disk[strlen(names->disk) - 1];
	const bool digit = last >= '0' && last <= '9';
	char prefix[32];

	snprintf(name, NAME_SIZE, "%.*s%s%u", MAX_LENGTH, names->disk,
		 digit ? "p" : "", number);
	snprintf(prefix, sizeof(prefix), PART_PREFIX "%u-", number);
	make_uuid(uuid, prefix, names->cid, names->disk);
}

static void make_hidden(const struct names *names, unsigned int number,
			const char *suffix, const char *prefix,
			char name[NAME_SIZE], char uuid[UUID_SIZE])
{
	char numbered[32];

	snprintf(name, NAME_SIZE, "%.*s%s%u", MAX_LENGTH, names->disk, suffix,
		 number);
	snprintf(numbered, sizeof(numbered), "%s%u-", prefix, number);
	make_uuid(uuid, numbered, names->cid, names->disk);
}

/**
 * names_lower() - what a device of layers below the disk's own is called
 * @names: the disk's
 * @number: the device's, 1 to MAX_LOWER from the newest down
 * @name: filled in
 * @uuid: filled in
 */
void names_lower(const struct names *names, unsigned int number,
		 char name[NAME_SIZE], char uuid[UUID_SIZE])
{
	make_hidden(names, number, LOWER_SUFFIX, LOWER_PREFIX, name, uuid);
}

/**
 * names_lun() - what a device of a file's pieces is called
 * @names: the disk's
 * @number: the device's, 1 to MAX_LUN, none before what it is on
 * @name: filled in
 * @uuid: filled in
 */
void names_lun(const struct names *names, unsigned int number,
	       char name[NAME_SIZE], char uuid[UUID_SIZE])
{
	make_hidden(names, number, LUN_SUFFIX, LUN_PREFIX, name, uuid);
}

/**
 * names_mount() - what a device is called that a file system is mounted from
 * @names: the disk's
 * @number: the device's, 1 to MAX_MOUNT
 * @name: filled in
 * @uuid: filled in
 */
void names_mount(const struct names *names, unsigned int number,
		 char name[NAME_SIZE], char uuid[UUID_SIZE])
{
	make_hidden(names, number, MOUNT_SUFFIX, MOUNT_PREFIX, name, uuid);
}

/**
 * names_mount_alone() - the same, of a disk that is open for its mounts only
 * @names: the disk's
 * @number: the device's, 1 to MAX_MOUNT
 * @name: filled in
 * @uuid: filled in
 */
void names_mount_alone(const struct names *names, unsigned int number,
		       char name[NAME_SIZE], char uuid[UUID_SIZE])
{
	make_hidden(names, number, MOUNT_SUFFIX, MOUNT_ALONE_PREFIX, name,
		    uuid);
}

/**
 * name_from_path() - a device's name made of a descriptor's
 * @path: of the descriptor
 * @name: filled in
 */
void name_from_path(const char *path, char name[NAME_SIZE])
{
	const char *base = file_base_name(path);
	const char *dot = strrchr(base, '.');
	int length = dot > base ? (int)(dot - base) : (int)strlen(base);
	char *c = name;

	snprintf(name, NAME_SIZE, "%.*s",
		 length < MAX_LENGTH ? length : MAX_LENGTH, base);
	while (*(c += strspn(c, PLAIN)))
		*c = '_';
}

/* Behind @prefix, a number and a dash; 0 if @uuid is of another kind. */
static size_t behind_number(const char *uuid, const char *prefix)
{
	const size_t length = strlen(prefix);
	const size_t digits = strncmp(uuid, prefix, length) ? 0 :
			      strspn(uuid + length, DIGITS);

	return digits && uuid[length + digits] == '-' ?
	       length + digits + 1 : 0;
}

/* Where the content ID, and a dash, should begin. */
static size_t cid_begins(const char *uuid)
{
	static const char *const prefixes[] = { BASE_PREFIX, IMAGE_PREFIX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(uuid, prefixes[i], strlen(prefixes[i])))
			return strlen(prefixes[i]);
	return behind_number(uuid, PART_PREFIX) ?:
	       behind_number(uuid, LOWER_PREFIX) ?:
	       behind_number(uuid, LUN_PREFIX) ?:
	       behind_number(uuid, MOUNT_PREFIX) ?:
	       behind_number(uuid, MOUNT_ALONE_PREFIX) ?: strlen(DISK_PREFIX);
}

static bool is_numbered(const char *suffix, const char *begin)
{
	const size_t length = strlen(begin);

	return !strncmp(suffix, begin, length) && suffix[length] &&
	       !suffix[length + strspn(suffix + length, DIGITS)];
}

static bool is_hidden_suffix(const char *suffix)
{
	return !strcmp(suffix, BASE_SUFFIX) || !strcmp(suffix, IMAGE_SUFFIX) ||
	       is_numbered(suffix, LOWER_SUFFIX) ||
	       is_numbered(suffix, MOUNT_SUFFIX) ||
	       is_numbered(suffix, LUN_SUFFIX);
}

/**
 * name_of_disk() - the name of a disk, made of that of a device below it, or of one
 *                  that a file system on it is mounted from
 * @hidden: that
 * @name: filled in
 */
void name_of_disk(const char *hidden, char name[NAME_SIZE])
{
	char *dash;

	snprintf(name, NAME_SIZE, "%s", hidden);
	dash = strrchr(name, '-');
	if (dash && is_hidden_suffix(dash))
		*dash = '\0';
}

/**
 * uuid_differs_in_cid() - is a UUID ours, for any content ID?
 * @uuid: a device's UUID
 * @own: the UUID that we give such a device
 *
 * Return: true if it is.
 */
bool uuid_differs_in_cid(const char *uuid, const char *own)
{
	const size_t at = cid_begins(own);

	return !strncmp(uuid, own, at) &&
	       strspn(uuid + at, "0123456789abcdef") == CID_LENGTH &&
	       !strcmp(uuid + at + CID_LENGTH, own + at + CID_LENGTH);
}

/**
 * uuid_is_hidden() - did we make this device to put a disk on?
 * @uuid: the device's UUID
 *
 * Return: true if we did.
 */
bool uuid_is_hidden(const char *uuid)
{
	return !strncmp(uuid, BASE_PREFIX, strlen(BASE_PREFIX)) ||
	       !strncmp(uuid, IMAGE_PREFIX, strlen(IMAGE_PREFIX)) ||
	       behind_number(uuid, LOWER_PREFIX) ||
	       behind_number(uuid, LUN_PREFIX);
}

/**
 * uuid_is_mount_alone() - is a file system mounted from this device, for which its
 *                         disk has been opened?
 * @uuid: the device's UUID
 *
 * Return: true if so.
 */
bool uuid_is_mount_alone(const char *uuid)
{
	return behind_number(uuid, MOUNT_ALONE_PREFIX);
}

/**
 * uuid_is_mount() - did we make this device to mount a file system from it?
 * @uuid: the device's UUID
 *
 * Return: true if we did.
 */
bool uuid_is_mount(const char *uuid)
{
	return behind_number(uuid, MOUNT_PREFIX) || uuid_is_mount_alone(uuid);
}

/**
 * uuid_is_disk() - did we make this device, a whole disk, for somebody to use?
 * @uuid: the device's UUID
 *
 * Return: true if we did.
 */
bool uuid_is_disk(const char *uuid)
{
	const size_t prefix = strlen(DISK_PREFIX);

	return !strncmp(uuid, DISK_PREFIX, prefix) &&
	       strspn(uuid + prefix, "0123456789abcdef") == CID_LENGTH &&
	       uuid[prefix + CID_LENGTH] == '-';
}
