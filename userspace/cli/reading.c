// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "cli/options.h"
#include "cli/reading.h"
#include "util/signals.h"

/**
 * reading_is_shown() - is there to be a line that tells how far something is?
 * @o: the command line
 *
 * Return: true if it was asked for, or if somebody may be looking.
 */
bool reading_is_shown(const struct options *o)
{
	return o->given & OPT_PROGRESS ||
	       (isatty(STDERR_FILENO) && !o->log.quiet);
}

/**
 * reading_begin() - begin to tell how far it is
 * @o: the command line
 * @r: filled in, for reading_end() on success
 * @what: what becomes of the bytes
 * @bytes: how many of them there are
 *
 * Return: 0, or an exit code after a message.
 */
int reading_begin(const struct options *o, struct reading *r, const char *what,
		  u64 bytes)
{
	int ret = signals_hold_questions(&r->signals);

	if (!ret)
		progress_begin(&r->progress, reading_is_shown(o), what, bytes);
	return ret;
}

/**
 * reading_end() - end it
 * @r: of reading_begin()
 * @is_done: all is done, and the line stays
 */
void reading_end(struct reading *r, bool is_done)
{
	progress_end(&r->progress, is_done);
	signals_release(&r->signals);
}
