/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in UTF-16, which some editors make of a descriptor.
 */
#ifndef SESPARSE_VMDK_UTF16_H
#define SESPARSE_VMDK_UTF16_H

#include <stddef.h>

enum utf16 {
	UTF16_NONE,
	UTF16_LE,
	UTF16_BE,
};

/* How many bytes of UTF-8 may come of so many of UTF-16, at most. */
#define UTF16_ROOM(bytes) (((bytes) / 2 + 1) * 3)

enum utf16 utf16_detect(const char *bytes, size_t size);
size_t utf16_convert(const char *bytes, size_t size, enum utf16 order,
		     char *to);

#endif /* SESPARSE_VMDK_UTF16_H */
