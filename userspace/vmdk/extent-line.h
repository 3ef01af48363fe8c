/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of a descriptor that are extents.
 */
#ifndef SESPARSE_VMDK_EXTENT_LINE_H
#define SESPARSE_VMDK_EXTENT_LINE_H

#include <stdbool.h>

#include "vmdk/descriptor.h"

struct settings;

/**
 * struct extent_parser - what extents' lines are parsed by
 * @d: the descriptor that they go to, which has room for all of them
 * @settings: its other lines
 * @foreign: which may be of kinds that are not read
 */
struct extent_parser {
	struct descriptor *d;
	const struct settings *settings;
	enum foreign foreign;
};

bool extent_line_is(const char *text);
bool extent_line_resembles(const char *text);
int extent_line_parse(const struct extent_parser *p, unsigned int line,
		      char *text);

#endif /* SESPARSE_VMDK_EXTENT_LINE_H */
