/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identifiers of volumes, devices and hosts.
 */
#ifndef SESPARSE_VMFS_UUID_H
#define SESPARSE_VMFS_UUID_H

#include <stdbool.h>

#define UUID_BYTES 16

/* "xxxxxxxx-xxxxxxxx-xxxx-xxxxxxxxxxxx", with the NUL. */
#define UUID_TEXT_SIZE 36

void uuid_print(const unsigned char uuid[UUID_BYTES],
		char text[UUID_TEXT_SIZE]);
bool uuid_is_null(const unsigned char uuid[UUID_BYTES]);

#endif /* SESPARSE_VMFS_UUID_H */
