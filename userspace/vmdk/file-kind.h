/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file is that was taken for a descriptor.
 */
#ifndef SESPARSE_VMDK_FILE_KIND_H
#define SESPARSE_VMDK_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

bool file_is_extent(const void *bytes, size_t size);
bool file_is_other_disk(const void *bytes, size_t size);
int file_kind_check(const char *path, const void *bytes, size_t size);

#endif /* SESPARSE_VMDK_FILE_KIND_H */
