/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Little-endian numbers in the bytes of a structure, aligned or not.
 */
#ifndef SESPARSE_VMFS_LE_H
#define SESPARSE_VMFS_LE_H

#include "dm-sesparse/portable.h"

static inline u16 le16_at(const unsigned char *bytes, size_t at)
{
	return (u16)(bytes[at] | bytes[at + 1] << 8);
}

static inline u32 le32_at(const unsigned char *bytes, size_t at)
{
	return le16_at(bytes, at) | (u32)le16_at(bytes, at + 2) << 16;
}

static inline u64 le64_at(const unsigned char *bytes, size_t at)
{
	u64 number;

	memcpy(&number, bytes + at, sizeof(number));
	return le64_to_cpu(number);
}

#endif /* SESPARSE_VMFS_LE_H */
