/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a block of the disk together from where its pieces are.
 */
#ifndef SESPARSE_RESTORE_GATHER_H
#define SESPARSE_RESTORE_GATHER_H

#include <stddef.h>

#include "restore/plan.h"
#include "source/queue.h"
#include "util/ranges.h"

/**
 * struct gather - a block and what it takes to read it
 * @step: the block
 * @buffer: its bytes, PLAN_BLOCK_BYTES at the most
 * @requests: reads, PLAN_MAX_FRAGMENTS at the most
 * @iov: their memory, as many
 * @nr_requests: their number
 * @blank: of each PLAN_ALIGN bytes of it, how many come from nowhere: gaps, and
 *         what could not be read
 */
struct gather {
	struct step step;
	char *buffer;
	struct request *requests;
	struct iovec *iov;
	size_t nr_requests;
	unsigned short blank[PLAN_BLOCK_BYTES / PLAN_ALIGN];
};

int gather_init(struct gather *g);
void gather_prepare(struct gather *g);
int gather_fail(const struct gather *g, const struct request *request);
int gather_salvage(struct gather *g, struct request *request,
		   struct ranges *bad);
size_t gather_blank(const struct gather *g, size_t from, size_t to);
void gather_free(struct gather *g);

#endif /* SESPARSE_RESTORE_GATHER_H */
