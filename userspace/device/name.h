/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How our devices are called, and how they are known to be ours.
 */
#ifndef SESPARSE_DEVICE_NAME_H
#define SESPARSE_DEVICE_NAME_H

#include <stdbool.h>
#include <stdint.h>

/* With the NUL; the kernel's DM_NAME_LEN and DM_UUID_LEN. */
#define NAME_SIZE 128
#define UUID_SIZE 129

/* Hidden devices that a chain's layers can take below the disk's own. */
#define MAX_LOWER 99

/* Hidden devices that files in pieces on LUNs can take. */
#define MAX_LUN 9999

/* Devices of a disk that file systems are mounted from. */
#define MAX_MOUNT 99

/**
 * struct names - what a disk's device is called, and those below it
 * @cid: content ID of its newest layer
 * @disk: the disk
 * @disk_uuid: its UUID
 * @image: the hidden device of the disk's image, where an overlay is the disk
 * @image_uuid: its UUID
 * @base: the hidden device of the base, which not every disk needs
 * @base_uuid: its UUID
 */
struct names {
	uint32_t cid;
	char disk[NAME_SIZE];
	char disk_uuid[UUID_SIZE];
	char image[NAME_SIZE];
	char image_uuid[UUID_SIZE];
	char base[NAME_SIZE];
	char base_uuid[UUID_SIZE];
};

bool name_is_possible(const char *name);
int names_make(const char *name, uint32_t cid, struct names *names);
int names_of_uuid(const char *uuid, struct names *names);
void names_partition(const struct names *names, unsigned int number,
		     char name[NAME_SIZE], char uuid[UUID_SIZE]);
void names_lower(const struct names *names, unsigned int number,
		 char name[NAME_SIZE], char uuid[UUID_SIZE]);
void names_lun(const struct names *names, unsigned int number,
	       char name[NAME_SIZE], char uuid[UUID_SIZE]);
void names_mount(const struct names *names, unsigned int number,
		 char name[NAME_SIZE], char uuid[UUID_SIZE]);
void names_mount_alone(const struct names *names, unsigned int number,
		       char name[NAME_SIZE], char uuid[UUID_SIZE]);
void name_from_path(const char *path, char name[NAME_SIZE]);
void name_of_disk(const char *hidden, char name[NAME_SIZE]);
bool uuid_is_disk(const char *uuid);
bool uuid_is_hidden(const char *uuid);
bool uuid_is_mount(const char *uuid);
bool uuid_is_mount_alone(const char *uuid);
bool uuid_differs_in_cid(const char *uuid, const char *own);

#endif /* SESPARSE_DEVICE_NAME_H */
