/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks of a disk on their way, several at a time.
 */
#ifndef SESPARSE_RESTORE_TRANSFER_H
#define SESPARSE_RESTORE_TRANSFER_H

#include "restore/gather.h"
#include "util/ranges.h"

struct copy;
struct progress;
struct transfer;

/*
 * Blocks on their way at a time: so many of the largest, or of small ones more, for
 * which it is the waiting that counts.
 */
#define TRANSFER_BYTES (16 * PLAN_BLOCK_BYTES)
#define TRANSFER_SLOTS 64

/**
 * struct slot - a block on its way
 * @gather: the block, and what reads it
 * @other: one request more, besides those that read the block
 * @other_iov: its memory
 * @is_busy: there is a block
 * @next_free: the next one without; NULL: there is none
 * @pending: requests that are not done
 * @stage: how often there were none left
 */
struct slot {
	struct gather gather;
	struct request other;
	struct iovec other_iov;
	bool is_busy;
	struct slot *next_free;
	unsigned int pending;
	unsigned int stage;
};

/**
 * struct transfer_ops - what is done with the blocks of a disk
 * @next: take the next step; one that needs no reading may be done with at once.
 *        Sets @slot's step and @is_block if it needs @slot, @is_last if there is
 *        no step left.  Returns 0, or an exit code after a message
 * @begin: the block is about to be read; NULL: nothing to do
 * @ready: the slot's requests are done; more may be added, for which those that
 *         have read the block may be used again.  Returns as @next
 * @fail: @request, a write or the slot's other one, has failed; returns an exit code
 */
struct transfer_ops {
	int (*next)(struct transfer *t, struct slot *slot, bool *is_block,
		    bool *is_last);
	void (*begin)(struct transfer *t, struct slot *slot);
	int (*ready)(struct transfer *t, struct slot *slot);
	int (*fail)(struct transfer *t, const struct request *request);
};

/**
 * struct transfer - blocks on their way
 * @ops: what is done with them
 * @data: for that
 * @salvage: what cannot be read is zeros
 * @bad: if so, what that was
 * @progress: of the blocks
 * @cursor: first byte of the disk that no step has been taken of
 * @queue: reads and writes
 * @slots: the blocks
 * @nr_slots: those that have been used, and so have memory, of which a small block
 *            touches little
 * @free: those of them without a block, the last used first
 * @bytes: in blocks on their way
 * @small: small blocks in a row, up to the last one
 */
struct transfer {
	const struct transfer_ops *ops;
	void *data;
	bool salvage;
	struct ranges *bad;
	struct progress *progress;
	u64 cursor;
	struct queue *queue;
	struct slot slots[TRANSFER_SLOTS];
	size_t nr_slots;
	struct slot *free;
	u64 bytes;
	unsigned int small;
};

int transfer_init(const struct copy *c, const struct transfer_ops *ops,
		  void *data, u64 from, struct transfer *t);
int transfer_run(struct transfer *t);
void transfer_add(struct transfer *t, struct slot *slot,
		  struct request *request);
u64 transfer_done(const struct transfer *t);
bool transfer_is_lost(const struct transfer *t);
void transfer_free(struct transfer *t);

#endif /* SESPARSE_RESTORE_TRANSFER_H */
