// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "message.h"
#include "name.h"

/* The characters that udev and libdevmapper take as they are. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#+-.:=@_"

#define DISK_PREFIX "SESPARSE-"
#define BASE_SUFFIX "-base"
#define BASE_PREFIX DISK_PREFIX "BASE-"
#define CID_LENGTH 8

/* There must be room for the suffix. */
#define MAX_LENGTH (NAME_SIZE - (int)sizeof(BASE_SUFFIX))

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
	size_t length = strlen(name);

	if (!length || length > MAX_LENGTH || name[strspn(name, PLAIN)] ||
	    !strcmp(name, ".") || !strcmp(name, "..") ||
	    !strcmp(name, "control"))
		return fail(EXIT_USAGE,
			    "\"%s\" cannot be a device's name, expected 1 to %d letters, digits or any of #+-.:=@_",
			    name, MAX_LENGTH);
	memcpy(names->disk, name, length + 1);
	snprintf(names->base, NAME_SIZE, "%.*s" BASE_SUFFIX, MAX_LENGTH, name);
	snprintf(names->disk_uuid, UUID_SIZE, DISK_PREFIX "%08x-%.*s",
		 cid, UUID_SIZE - (int)sizeof(DISK_PREFIX "01234567-"), name);
	snprintf(names->base_uuid, UUID_SIZE, BASE_PREFIX "%08x-%.*s",
		 cid, UUID_SIZE - (int)sizeof(BASE_PREFIX "01234567-"), name);
	return 0;
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

/**
 * name_of_disk() - the name of a disk, made of that of its base's device
 * @base: that
 * @name: filled in
 */
void name_of_disk(const char *base, char name[NAME_SIZE])
{
	const size_t suffix = strlen(BASE_SUFFIX);
	size_t length;

	snprintf(name, NAME_SIZE, "%s", base);
	length = strlen(name);
	if (length > suffix && !strcmp(name + length - suffix, BASE_SUFFIX))
		name[length - suffix] = '\0';
}

/**
 * uuid_is_base() - did we make this device to put a disk on?
 * @uuid: the device's UUID
 *
 * Return: true if we did.
 */
bool uuid_is_base(const char *uuid)
{
	return !strncmp(uuid, BASE_PREFIX, strlen(BASE_PREFIX));
}

/**
 * uuid_is_base_of() - did we make this device to put that disk on?
 * @uuid: the device's UUID
 * @names: the disk's, with any content ID
 *
 * Return: true if we did.
 */
bool uuid_is_base_of(const char *uuid, const struct names *names)
{
	const size_t prefix = strlen(BASE_PREFIX);

	return uuid_is_base(uuid) &&
	       strspn(uuid + prefix, "0123456789abcdef") == CID_LENGTH &&
	       !strcmp(uuid + prefix + CID_LENGTH,
		       names->base_uuid + prefix + CID_LENGTH);
}

/**
 * uuid_is_disk() - did we make this device for somebody to use?
 * @uuid: the device's UUID
 *
 * Return: true if we did.
 */
bool uuid_is_disk(const char *uuid)
{
	return !strncmp(uuid, DISK_PREFIX, strlen(DISK_PREFIX)) &&
	       !uuid_is_base(uuid);
}
