/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices made one on the other: all of them, or none.
 */
#ifndef SESPARSE_DEVICE_ASSEMBLY_H
#define SESPARSE_DEVICE_ASSEMBLY_H

#include <signal.h>
#include <stddef.h>

#include "device/name.h"

struct device_request;
struct log;

/* "major:minor", with the NUL. */
#define DEVICE_NUMBER_SIZE 32

/**
 * struct assembled - a device that was made
 * @name: its name
 * @uuid: its UUID
 */
struct assembled {
	char name[NAME_SIZE];
	char uuid[UUID_SIZE];
};

/**
 * struct assembly - devices made so far, while signals wait
 * @log: how much to tell
 * @signals: what assembly_end() goes back to
 * @devices: the devices, the lowest first
 * @nr: their number
 */
struct assembly {
	const struct log *log;
	sigset_t signals;
	struct assembled *devices;
	size_t nr;
};

int assembly_begin(struct assembly *a, const struct log *log);
int assembly_check(void);
int assembly_add(struct assembly *a, const struct device_request *request,
		 char number[DEVICE_NUMBER_SIZE]);
void assembly_undo(struct assembly *a);
void assembly_end(struct assembly *a);

#endif /* SESPARSE_DEVICE_ASSEMBLY_H */
