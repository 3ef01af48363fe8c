// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bios that one becomes: their memory, their sending, their end.
 *
 * They are made side by side, in pieces of memory that they share: to allocate and
 * free each takes longer, above all where kernels clear what they allocate.  read.h
 * has a picture of who holds what when.
 */
#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/slab.h>

#include "debug.h"
#include "read.h"

/**
 * struct sesparse_batch - children that share a piece of memory
 * @older: the batch that the plan filled before; of no use once they are sent
 * @bio: waits for the batch; set when they are sent
 * @left: how many of them have not ended; likewise
 * @nr: how many there are
 * @used: bytes of @memory that they take
 * @memory: the children, each followed by its vectors if it has vectors of its own
 *
 * Until they are sent the plan alone has the batch, and may give it up.  From then on
 * it is theirs: @left counts them down, and the last one frees it.
 */
struct sesparse_batch {
	struct sesparse_batch *older;
	struct bio *bio;
	atomic_t left;
	unsigned int nr;
	unsigned int used;
	u8 memory[] __aligned(__alignof__(struct bio));
};

/*
 * Four to a slab of eight pages: where there is a constructor, slabs keep a pointer of
 * theirs behind each.
 */
#define CHILD_BATCH_BYTES (8192 - sizeof(void *))
#define CHILD_BATCH_ROOM (CHILD_BATCH_BYTES - sizeof(struct sesparse_batch))

static struct kmem_cache *child_batches;

/* What a child takes; they stay aligned as a bio wants it. */
static inline unsigned int child_bytes(unsigned int nr_vecs)
{
	return ALIGN(sizeof(struct bio) + nr_vecs * sizeof(struct bio_vec),
		     __alignof__(struct bio));
}

static_assert(__alignof__(struct bio) >= __alignof__(struct bio_vec));
static_assert(sizeof(struct sesparse_batch) + sizeof(struct bio) +
	      BIO_MAX_VECS * sizeof(struct bio_vec) <= CHILD_BATCH_BYTES);

/*
 * A part of the bio has been read.  Any child's error will do for the whole, and which
 * one is left if several store theirs at once does not matter: nobody looks before
 * the last batch has ended, which the counters order.
 */
static void child_end_io(struct bio *child)
{
	struct sesparse_batch *batch = child->bi_private;
	struct bio *bio = batch->bio;

	if (unlikely(child->bi_status))
		WRITE_ONCE(bio->bi_status, child->bi_status);
	bio_uninit(child);
	if (!atomic_dec_and_test(&batch->left))
		return;
	kmem_cache_free(child_batches, batch);
	bio_endio(bio);
}

/* A new batch, empty; false: there is no memory. */
static bool child_new_batch(struct sesparse_plan *plan)
{
	struct sesparse_batch *batch;

	batch = kmem_cache_alloc(child_batches, SESPARSE_READ_GFP);
	if (unlikely(!batch))
		return false;
	batch->older = plan->batches;
	batch->nr = 0;
	batch->used = 0;
	plan->batches = batch;
	return true;
}

/* Memory for a bio, in the newest batch or in a new one; or NULL. */
static struct bio *child_memory(struct sesparse_plan *plan,
				unsigned int nr_vecs)
{
	const unsigned int bytes = child_bytes(nr_vecs);
	struct sesparse_batch *batch = plan->batches;

	if (sesparse_debug_fail())
		return NULL;
	if (!batch || CHILD_BATCH_ROOM - batch->used < bytes) {
		if (unlikely(!child_new_batch(plan)))
			return NULL;
		batch = plan->batches;
	}
	batch->nr++;
	batch->used += bytes;
	return (void *)batch->memory + batch->used - bytes;
}

/**
 * sesparse_child_add() - add a bio to a plan
 * @plan: the plan
 * @dev: where it reads from: number of a layer, or of the parent behind them
 * @nr_vecs: how many vectors of its own it is to have, at most BIO_MAX_VECS
 *
 * It joins a cgroup only when it is sent.  Who polls would look for the bio itself at
 * the device, so children are not polled.
 *
 * Return: the child, the iterator and vectors of which are to be set; NULL if there
 * is no memory, or the plan has as many as it may.
 */
struct bio *sesparse_child_add(struct sesparse_plan *plan, u8 dev,
			       unsigned int nr_vecs)
{
	const struct bio *bio = plan->bio;
	struct bio *child;

	if (unlikely(plan->nr == plan->max))
		return NULL;
	child = child_memory(plan, nr_vecs);
	if (unlikely(!child))
		return NULL;
	bio_init(child, NULL, (struct bio_vec *)(child + 1), nr_vecs,
		 bio->bi_opf);
	if (child->bi_opf & REQ_POLLED)
		sesparse_clear_polled(child);
	child->bi_bdev = sesparse_device(plan->s, dev);
	child->bi_ioprio = bio->bi_ioprio;
	child->bi_end_io = child_end_io;
	child->bi_private = plan->batches;
	bio_list_add(&plan->children, child);
	plan->nr++;
	return child;
}

/**
 * sesparse_child_trim() - give back the vectors that a child has no use for
 * @plan: the plan
 * @child: the one that was added last, with vectors of its own, which are set
 */
void sesparse_child_trim(struct sesparse_plan *plan, struct bio *child)
{
	plan->batches->used -= child_bytes(child->bi_max_vecs) -
			       child_bytes(child->bi_vcnt);
	child->bi_max_vecs = child->bi_vcnt;
}

/**
 * sesparse_children_drop() - give up all bios of a plan
 * @plan: the plan, nothing of which has been sent
 */
void sesparse_children_drop(struct sesparse_plan *plan)
{
	struct sesparse_batch *batch;

	bio_list_init(&plan->children);
	while ((batch = plan->batches)) {
		plan->batches = batch->older;
		kmem_cache_free(child_batches, batch);
	}
	plan->nr = 0;
}

/**
 * sesparse_children_send() - send all bios of a plan
 * @plan: the plan, with one child at least; left without
 *
 * From here on nothing can fail.  The bio stays here until its children are done:
 * some drivers set a bio's status though all is well, and would wipe out the error
 * of a child of theirs.
 *
 * Return: DM_MAPIO_SUBMITTED.
 */
int sesparse_children_send(struct sesparse_plan *plan)
{
	struct bio *const bio = plan->bio;
	struct sesparse_batch *batch;
	struct bio *child;

	for (batch = plan->batches; batch; batch = batch->older) {
		batch->bio = bio;
		atomic_set(&batch->left, batch->nr);
		bio_inc_remaining(bio);
	}
	plan->batches = NULL;
	/*
	 * A batch may be gone when the last of its bios is sent.
	 *
	 * A trace of the remapping names, for each child, the sector that the bio
	 * begins at: device mapper keeps that to itself.  To trace and submit children
	 * here instead would name the right one, but lose the reader's cgroup, which
	 * only device mapper knows.
	 *
	 * Nor can the rest of a bio that must not wait be kept back once a child has
	 * found no free request: while a target maps, what it submits is only queued,
	 * and all children are on the queue when the first one is tried.  Retrying the
	 * one alone would take a thread of ours to wait in, which is what such a reader
	 * has of its own.
	 */
	while ((child = bio_list_pop(&plan->children))) {
		sesparse_join_cgroup(child);
		dm_submit_bio_remap(bio, child);
	}
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

/*
 * With a constructor, batches are cleared when their slab is made.  init_on_alloc would
 * clear 8 KiB for each, and nothing of a batch is used before it has been written.
 */
static void child_clear_once(void *batch)
{
	memset(batch, 0, CHILD_BATCH_BYTES);
}

/**
 * sesparse_children_init() - what all targets' children share
 *
 * Return: 0 or -ENOMEM.
 */
int __init sesparse_children_init(void)
{
	child_batches = kmem_cache_create("dm_sesparse_batch", CHILD_BATCH_BYTES,
					  0, 0, child_clear_once);
	return child_batches ? 0 : -ENOMEM;
}

/**
 * sesparse_children_exit() - undo sesparse_children_init()
 */
void sesparse_children_exit(void)
{
	kmem_cache_destroy(child_batches);
}
