/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file is that was taken for a descriptor.  Nothing that it holds is
 * ever told, since it may be any file of the machine's.
 */
#ifndef SESPARSE_VMDK_FILE_KIND_H
#define SESPARSE_VMDK_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* As far as the marks of containers reach. */
#define FILE_KIND_BYTES 512

bool file_is_extent(const void *bytes, size_t size);
const char *file_kind_of_container(const void *bytes, size_t size, bool sure,
				   const char **todo);
bool file_is_sesparse(const struct text *text);
bool file_may_be_extent(const struct text *text);
int file_kind_fail(const struct text *text);

#endif /* SESPARSE_VMDK_FILE_KIND_H */
