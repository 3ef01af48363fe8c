/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a check finds, printed as it comes.
 */
#ifndef SESPARSE_CHECK_FINDINGS_H
#define SESPARSE_CHECK_FINDINGS_H

#include "util/json.h"

enum finding {
	FIND_PARENT_CHANGED, /* its CID is another */
	FIND_CAPACITY, /* of links, or of descriptor and header */
	FIND_SPLIT, /* layers into other extents than the newest */
	FIND_TRUNCATED, /* a file shorter than its descriptor says */
	FIND_HEADER, /* a field of the headers */
	FIND_DIRTY, /* replayJournal */
	FIND_JOURNAL, /* the journal's header */
	FIND_DIRECTORY, /* a directory entry of no known form */
	FIND_TABLE_TWICE, /* a table that two directory entries name */
	FIND_TABLE_FREE, /* a table in use that freeGTNumber calls free */
	FIND_ENTRY, /* a table entry of no known form */
	FIND_BEYOND, /* a grain that the file doesn't hold */
	FIND_GRAIN_TWICE, /* a grain that two table entries map */
	FIND_GRAIN_FREE, /* a grain in use that the bitmap calls free */
	FIND_BACKMAP, /* a grain whose back map names another owner */
	FIND_LEAK, /* a grain that the bitmap calls used, and isn't */
	NR_FINDINGS,
};

/**
 * struct findings - all that was found
 * @json: print JSON
 * @on_terminal: where a line of progress may stand
 * @j: the text, an array being open
 * @file: what the findings are in
 * @pending: of each kind, what may go on with the next: places @first to @last,
 *           @text says what is wrong with the first; NULL: nothing is pending
 * @corruptions: how many things are corrupt
 * @leaks: how many grains are lost
 * @errors: how many could not be looked at
 * @failed: 0, or the exit code of what kept a finding from being printed
 */
struct findings {
	bool json;
	bool on_terminal;
	struct json j;
	const char *file;
	struct {
		u64 first;
		u64 last;
		char *text;
	} pending[NR_FINDINGS];
	u64 corruptions;
	u64 leaks;
	u64 errors;
	int failed;
};

void find(struct findings *f, enum finding kind, u64 place,
	  const char *format, ...) __attribute__((format(printf, 4, 5)));
void findings_of(struct findings *f, const char *file);
int findings_unread(struct findings *f, const char *what, u64 at, int error);

#endif /* SESPARSE_CHECK_FINDINGS_H */
