/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that an image asks for, counted.
 */
#ifndef DM_SESPARSE_MEMORY_H
#define DM_SESPARSE_MEMORY_H

#include "portable.h"

/**
 * struct sesparse_account - what one user takes of the memory of all
 * @used: bytes that all accounts hold together, this one's among them
 * @limit: what @used may come to
 * @held: bytes that this one holds
 * @over: bytes that it asked for and did not get
 * @need: what @held would at least have come to, if they had been there
 *
 * Any number of accounts may share @used; each is one thread's at a time.
 */
struct sesparse_account {
	atomic64_t *used;
	u64 limit;
	u64 held;
	u64 over;
	u64 need;
};

void sesparse_account_init(struct sesparse_account *a, atomic64_t *used,
			   u64 limit);
void sesparse_account_refuse(struct sesparse_account *a, u64 bytes);
void *sesparse_alloc(struct sesparse_account *a, u64 bytes, int *error);
void *sesparse_zalloc(struct sesparse_account *a, u64 bytes, int *error);
void *sesparse_zalloc_most(struct sesparse_account *a, u64 least, u64 *bytes,
			   int *error);
void sesparse_free(struct sesparse_account *a, void *p, u64 bytes);

#endif /* DM_SESPARSE_MEMORY_H */
