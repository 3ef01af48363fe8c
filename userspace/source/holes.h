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

struct stretch holes_look(int fd, u64 at, u64 end, u32 align);

#endif /* SESPARSE_SOURCE_HOLES_H */
