// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cli/options.h"
#include "cli/reading.h"
#include "cli/table-progress.h"

/**
 * table_progress_begin() - begin to tell how far it is, once that takes a second,
 *                          or at once where that was asked for
 * @o: the command line, whose log tells what reads tables
 * @p: filled in, to be kept until table_progress_end()
 * @total: bytes that are going to be read
 */
void table_progress_begin(struct options *o, struct progress *p, u64 total)
{
	progress_begin(p, reading_is_shown(o), "of tables read", total);
	if (!(o->given & OPT_PROGRESS))
		progress_be_patient(p);
	o->log.tables = p;
}

/**
 * table_progress_end() - no more tables are read
 * @o: the command line
 * @is_done: all that there were have been
 *
 * What is a hole, and what newer layers hide, did not have to be read.  The line
 * makes room on a terminal for what is printed now, unless it was asked for.
 */
void table_progress_end(struct options *o, bool is_done)
{
	struct progress *p = o->log.tables;

	o->log.tables = NULL;
	p->total = p->done;
	if (o->given & OPT_PROGRESS) {
		progress_end(p, is_done);
		return;
	}
	progress_end(p, false);
	if (p->told)
		fputs("\033[K", stderr);
}
