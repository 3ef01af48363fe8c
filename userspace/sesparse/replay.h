/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of an extent that was not closed cleanly, replayed in memory.
 * Experimental: see sesparse/journal.h.
 */
#ifndef SESPARSE_SESPARSE_REPLAY_H
#define SESPARSE_SESPARSE_REPLAY_H

#include "sesparse/journal.h"

struct log;
struct replayed;
struct source;

/* What replay_describe() says, with the NUL. */
#define REPLAY_TEXT 256

/**
 * struct replay_options - how
 * @log: how much to tell
 * @salvage: what the replayed tables have corrupt is left to who reads them
 * @leave_out_newest: if the journal is refused, try it without the newest record, which
 *		      may be torn
 * @replayed: the journal is added to it, for replayed_check_unchanged() once all that
 *	      is needed was read; not if it is @dry
 * @dry: only find out; the source stays as it is
 */
struct replay_options {
	const struct log *log;
	bool salvage;
	bool leave_out_newest;
	struct replayed *replayed;
	bool dry;
};

/**
 * struct replay - what came, or would come, of it
 * @error: nothing: the errno of a read that failed, or 0
 * @unread: of what, for "cannot read %s %llu"
 * @at: the sector of the source that it is at
 * @is_refused: nothing: @why tells
 * @why: that
 * @nr: records that are replayed; 0: there is nothing to replay
 * @first: sequence number of the oldest of them
 * @last: that of the newest
 * @left_out_oldest: the oldest record was not, as its slot is being reused
 * @left_out_newest: the newest was not, as the journal is refused with it
 * @changed: sectors of metadata that are not on disk as the journal has them
 */
struct replay {
	int error;
	const char *unread;
	u64 at;
	bool is_refused;
	struct journal_why why;
	unsigned int nr;
	u64 first;
	u64 last;
	bool left_out_oldest;
	bool left_out_newest;
	size_t changed;
};

int replay_extent(const struct replay_options *options, struct source *source,
		  u64 start, struct replay *replay);
void replay_describe(const struct replay *replay, char text[REPLAY_TEXT]);

#endif /* SESPARSE_SESPARSE_REPLAY_H */
