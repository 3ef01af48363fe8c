/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a file has holes.
 */
#ifndef SESPARSE_SOURCE_HOLES_H
#define SESPARSE_SOURCE_HOLES_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

/**
 * struct stretch - a part of a file that is one thing
 * @end: byte after its last
 * @is_hole: it is a hole, which reads zeros; else it may hold data
 */
struct stretch {
	u64 end;
	bool is_hole;
};

/* Files that answers are kept of. */
#define HOLES_FILES 32

/**
 * struct hole_seen - the last answer about a file
 * @fd: the file
 * @start: first byte of what it is about; of none as long as @stretch ends at 0
 * @stretch: what begins there
 */
struct hole_seen {
	int fd;
	u64 start;
	struct stretch stretch;
};

/**
 * struct holes_seen - what file systems have answered; all 0 is nothing
 * @files: each where its descriptor, modulo HOLES_FILES, says
 */
struct holes_seen {
	struct hole_seen files[HOLES_FILES];
};

struct stretch holes_look(int fd, u64 at, u64 end, u32 align);
struct stretch holes_look_once(struct holes_seen *seen, int fd, u64 bytes,
			       u64 at, u32 align);

#endif /* SESPARSE_SOURCE_HOLES_H */
