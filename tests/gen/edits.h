/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that ask for something other than a good image.
 */
#ifndef GEN_EDITS_H
#define GEN_EDITS_H

#include "options.h"

int edits_parse(struct options *o, enum edit_kind kind, const char *text);
int edits_finish(struct options *o);

#endif /* GEN_EDITS_H */
