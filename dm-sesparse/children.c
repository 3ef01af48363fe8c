// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bios that one becomes: their memory, their end, their sending.
 */
#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "debug.h"
#include "read.h"

#define SPARES 4

/**
 * struct spares - what was given back on a CPU
 * @slot: each a piece of memory, or NULL
 */
struct spares {
	void *slot[SPARES];
};

/**
 * struct pool - memory of one size, got and given back often
 * @cache: where it is from
 * @spares: some of it, kept until the module goes
 */
struct pool {
	struct kmem_cache *cache;
	struct spares __percpu *spares;
};

static struct pool plans, batches;

/**
 * struct sesparse_batch - memory of bios that read parts of one bio
 * @older: the batch filled before
 * @parent: the bio, which waits for the batch; set when its bios are sent
 * @left: bios in it that have not ended; likewise
 * @nr: bios in it
 * @used: how much of @memory they take
 * @memory: the bios, each followed by its vectors if it has vectors of its own
 */
struct sesparse_batch {
	struct sesparse_batch *older;
	struct bio *parent;
	atomic_t left;
	unsigned int nr;
	unsigned int used;
	u8 memory[] ____cacheline_aligned;
};

#define BATCH_BYTES 8192
#define BATCH_ROOM (BATCH_BYTES - sizeof(struct sesparse_batch))
static_assert(BATCH_ROOM >=
	      sizeof(struct bio) + BIO_MAX_VECS * sizeof(struct bio_vec));

/* Whatever comes between, an interrupt or another CPU, a slot has one taker. */
static void *pool_get(struct pool *pool)
{
	unsigned int i;
	void *p;

	for (i = 0; i < SPARES; i++) {
		p = this_cpu_xchg(pool->spares->slot[i], NULL);
		if (likely(p))
			return p;
	}
	return kmem_cache_alloc(pool->cache, GFP_NOWAIT | __GFP_NOWARN);
}

static void pool_put(struct pool *pool, void *p)
{
	unsigned int i;

	for (i = 0; i < SPARES; i++)
		if (likely(!this_cpu_cmpxchg(pool->spares->slot[i], NULL, p)))
			return;
	kmem_cache_free(pool->cache, p);
}

/* A part of a bio has been read; the last of its batch ends the bio's wait for it. */
static void child_end_io(struct bio *child)
{
	struct sesparse_batch *batch = child->bi_private;
	struct bio *bio = batch->parent;

	if (unlikely(child->bi_status))
		cmpxchg(&bio->bi_status, BLK_STS_OK, child->bi_status);
	bio_uninit(child);
	if (!atomic_dec_and_test(&batch->left))
		return;
	pool_put(&batches, batch);
	bio_endio(bio);
}

/**
 * sesparse_plan_get() - memory for a plan
 *
 * Return: it, to be filled; or NULL.
 */
struct sesparse_plan *sesparse_plan_get(void)
{
	return pool_get(&plans);
}

/**
 * sesparse_plan_put() - a plan is done with
 * @plan: the plan, which has no children any more
 */
void sesparse_plan_put(struct sesparse_plan *plan)
{
	pool_put(&plans, plan);
}

/*
 * Memory for a bio with @nr_vecs vectors of its own, in the newest batch or in a new
 * one; or NULL.
 */
static struct bio *child_memory(struct sesparse_plan *plan,
				unsigned int nr_vecs)
{
	const unsigned int bytes =
		ALIGN(sizeof(struct bio) + nr_vecs * sizeof(struct bio_vec), 8);
	struct sesparse_batch *batch = plan->batches;

	if (sesparse_debug_fail())
		return NULL;
	if (!batch || BATCH_ROOM - batch->used < bytes) {
		batch = pool_get(&batches);
		if (unlikely(!batch))
			return NULL;
		batch->older = plan->batches;
		batch->nr = 0;
		batch->used = 0;
		plan->batches = batch;
	}
	batch->nr++;
	batch->used += bytes;
	return (void *)batch->memory + batch->used - bytes;
}

/**
 * sesparse_child_add() - add a bio to a plan
 * @s: the target's context
 * @bio: the bio, a part of which it is to read
 * @plan: the plan
 * @dev: where from: number of a layer, or of the parent behind them
 * @nr_vecs: how many vectors of its own it is to have, at most BIO_MAX_VECS
 *
 * It joins a cgroup only when it is sent.  Who polls would look for the bio itself at
 * the device, so children are not polled.
 *
 * Return: the child, the iterator and vectors of which are to be set; or NULL.
 */
struct bio *sesparse_child_add(const struct sesparse *s, struct bio *bio,
			       struct sesparse_plan *plan, u8 dev,
			       unsigned int nr_vecs)
{
	struct bio *child = child_memory(plan, nr_vecs);

	if (unlikely(!child))
		return NULL;
	bio_init(child, NULL, (struct bio_vec *)(child + 1), nr_vecs,
		 bio->bi_opf);
	if (child->bi_opf & REQ_POLLED)
		sesparse_clear_polled(child);
	child->bi_bdev = sesparse_device(s, dev);
	child->bi_ioprio = bio->bi_ioprio;
	child->bi_end_io = child_end_io;
	child->bi_private = plan->batches;
	bio_list_add(&plan->bios, child);
	plan->nr++;
	return child;
}

/**
 * sesparse_children_drop() - give up all bios of a plan
 * @plan: the plan, nothing of which has been sent
 */
void sesparse_children_drop(struct sesparse_plan *plan)
{
	struct sesparse_batch *batch;

	bio_list_init(&plan->bios);
	while ((batch = plan->batches)) {
		plan->batches = batch->older;
		pool_put(&batches, batch);
	}
	plan->nr = 0;
}

/**
 * sesparse_children_send() - send all bios of a plan
 * @bio: the bio that waits for them
 * @plan: the plan, with one child at least; left without
 *
 * From here on nothing can fail.  The bio stays here until its children are done:
 * some drivers set a bio's status though all is well, and would wipe out the error
 * of a child of theirs.
 *
 * Return: DM_MAPIO_SUBMITTED.
 */
int sesparse_children_send(struct bio *bio, struct sesparse_plan *plan)
{
	struct sesparse_batch *batch;
	struct bio *child;

	for (batch = plan->batches; batch; batch = batch->older) {
		batch->parent = bio;
		atomic_set(&batch->left, batch->nr);
		bio_inc_remaining(bio);
	}
	/*
	 * A batch may be gone when the last of its bios is sent.  Newer kernels set
	 * the cgroup to the reader's here; older ones leave it to the target.
	 */
	while ((child = bio_list_pop(&plan->bios))) {
		bio_set_dev(child, child->bi_bdev);
		dm_submit_bio_remap(bio, child);
	}
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

static int __init pool_init(struct pool *pool, const char *name,
			    unsigned int size)
{
	pool->cache = kmem_cache_create(name, size, 0, 0, NULL);
	if (!pool->cache)
		return -ENOMEM;
	pool->spares = alloc_percpu(struct spares);
	if (pool->spares)
		return 0;
	kmem_cache_destroy(pool->cache);
	return -ENOMEM;
}

static void pool_exit(struct pool *pool)
{
	struct spares *spares;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		spares = per_cpu_ptr(pool->spares, cpu);
		for (i = 0; i < SPARES; i++)
			if (spares->slot[i])
				kmem_cache_free(pool->cache, spares->slot[i]);
	}
	free_percpu(pool->spares);
	kmem_cache_destroy(pool->cache);
}

/**
 * sesparse_read_init() - what all targets' reads share
 *
 * Return: 0 or -ENOMEM.
 */
int __init sesparse_read_init(void)
{
	int r;

	r = pool_init(&plans, "dm_sesparse_plan", sizeof(struct sesparse_plan));
	if (r)
		return r;
	r = pool_init(&batches, "dm_sesparse_batch", BATCH_BYTES);
	if (r)
		pool_exit(&plans);
	return r;
}

/**
 * sesparse_read_exit() - undo sesparse_read_init()
 */
void sesparse_read_exit(void)
{
	pool_exit(&batches);
	pool_exit(&plans);
}
