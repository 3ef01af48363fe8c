/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How our devices are called, and how they are known to be ours.
 */
#ifndef SESPARSE_NAME_H
#define SESPARSE_NAME_H

#include <stdbool.h>
#include <stdint.h>

/* With the NUL; the kernel's DM_NAME_LEN and DM_UUID_LEN. */
#define NAME_SIZE 128
#define UUID_SIZE 129

/**
 * struct names - what a disk's device is called, and the one below it
 * @disk: the disk
 * @disk_uuid: its UUID
 * @base: the hidden device of the base, which not every disk needs
 * @base_uuid: its UUID
 */
struct names {
	char disk[NAME_SIZE];
	char disk_uuid[UUID_SIZE];
	char base[NAME_SIZE];
	char base_uuid[UUID_SIZE];
};

int names_make(const char *name, uint32_t cid, struct names *names);
void name_from_path(const char *path, char name[NAME_SIZE]);
void name_of_disk(const char *base, char name[NAME_SIZE]);
bool uuid_is_disk(const char *uuid);
bool uuid_is_base(const char *uuid);
bool uuid_is_base_of(const char *uuid, const struct names *names);

#endif /* SESPARSE_NAME_H */
