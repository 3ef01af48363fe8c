/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the regions of an extent lie whose constant header is lost.
 */
#ifndef SESPARSE_SESPARSE_RECOVER_LAYOUT_H
#define SESPARSE_SESPARSE_RECOVER_LAYOUT_H

#include "sesparse/recovering.h"

/* Of the journal, wherever one was seen. */
#define RECOVER_JOURNAL_SECTORS 2048

/**
 * struct recover_score - what confirms a layout, of some of the tables
 * @agreed: entries that the back map has for their places
 * @backed: of these, those whose grains the free bitmap has in use
 * @firm: of the same, those whose table the directory has where they belong
 */
struct recover_score {
	u64 agreed;
	u64 backed;
	u64 firm;
};

/**
 * struct recover_layout - the one that was chosen
 * @header: the headers, with the constant one that says so
 * @usual: the journal is as long as wherever seen
 * @score: what confirms it
 * @rival: the most that confirms any other
 */
struct recover_layout {
	u8 header[SESPARSE_HEADER_BYTES];
	bool usual;
	struct recover_score score;
	struct recover_score rival;
};

void recover_make_header(u64 capacity, u64 journal, void *header);
int recover_score(struct recovering *r, const void *header,
		  struct recover_score *score);
bool recover_is_better(const struct recover_score *score,
		       const struct recover_score *usual);
bool recover_is_beyond_doubt(const struct recover_layout *layout);
void recover_add_rival(struct recover_layout *layout,
		       const struct recover_score *score);
int recover_choose_layout(struct recovering *r, struct recover_layout *layout);

#endif /* SESPARSE_SESPARSE_RECOVER_LAYOUT_H */
