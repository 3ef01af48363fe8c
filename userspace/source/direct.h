/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct I/O, where a file or device has it.
 */
#ifndef SESPARSE_SOURCE_DIRECT_H
#define SESPARSE_SOURCE_DIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

/* Memory so aligned is good enough anywhere. */
#define DIRECT_MEMORY_ALIGN 4096

/**
 * struct direct - a file or block device, opened once more
 * @fd: open for direct I/O, or -1: there is none
 * @align: bytes that offsets and lengths must be multiples of
 * @memory_align: bytes that addresses must be multiples of
 */
struct direct {
	int fd;
	u32 align;
	u32 memory_align;
};

void direct_open(int fd, int access, struct direct *direct);
bool direct_takes(const struct direct *direct, const void *memory, u64 at,
		  size_t bytes);
void direct_close(struct direct *direct);

#endif /* SESPARSE_SOURCE_DIRECT_H */
