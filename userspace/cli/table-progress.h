/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the tool itself has got with reading a chain's tables.
 */
#ifndef SESPARSE_CLI_TABLE_PROGRESS_H
#define SESPARSE_CLI_TABLE_PROGRESS_H

#include "dm-sesparse/portable.h"
#include "util/progress.h"

struct options;

void table_progress_begin(struct options *o, struct progress *p, u64 total);
void table_progress_end(struct options *o, bool is_done);

#endif /* SESPARSE_CLI_TABLE_PROGRESS_H */
