// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "source/queue.h"
#include "util/message.h"
#include "vmfs/batch.h"
#include "vmfs/lun.h"

/*
 * As much memory as a batch takes, and as much as is read at once.  Fuzzers set a smaller
 * one, which their volumes' blocks fill.
 */
#ifndef BATCH_BYTES
#define BATCH_BYTES (16U << 20)
#endif
#define READ_BYTES (1U << 20)

/* A read is widened to what direct I/O wants, if that wants no more. */
#define MAX_ALIGN DIRECT_MEMORY_ALIGN

/**
 * struct reading - blocks that lie side by side
 * @request: what the queue is asked for
 * @iov: the memory for it
 * @lun: what they lie on
 * @at: first byte there
 */
struct reading {
	struct request request;
	struct iovec iov;
	const struct lun *lun;
	u64 at;
};

/**
 * struct batch - memory for some blocks, and what reads them
 * @queue: reads them
 * @block: bytes of one
 * @size: how many there is room for
 * @order: the blocks by where they lie
 * @readings: what is read
 * @memory: where to
 */
struct batch {
	struct queue *queue;
	u32 block;
	size_t size;
	struct batch_block **order;
	struct reading *readings;
	unsigned char *memory;
};

/* Memory for a block by itself, whatever it has to be widened to. */
static size_t most_bytes(u32 block)
{
	return DIV_ROUND_UP_ULL(block, MAX_ALIGN) * MAX_ALIGN + 2 * MAX_ALIGN;
}

/**
 * batch_new() - get ready to read blocks
 * @log: how much to tell
 * @block: bytes of each, at the most 1 MiB
 * @batch: set to it, for batch_free(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int batch_new(const struct log *log, u32 block, struct batch **batch)
{
	struct batch *b = calloc(1, sizeof(*b));
	void *memory = NULL;

	if (!b)
		return fail_memory();
	b->block = block;
	b->size = BATCH_BYTES / most_bytes(block);
	b->order = calloc(b->size, sizeof(*b->order));
	b->readings = calloc(b->size, sizeof(*b->readings));
	if (!b->order || !b->readings ||
	    posix_memalign(&memory, DIRECT_MEMORY_ALIGN, BATCH_BYTES) ||
	    queue_open(log, &b->queue)) {
		free(memory);
		batch_free(b);
		return fail_memory();
	}
	b->memory = memory;
	*batch = b;
	return 0;
}

/**
 * batch_size() - how many blocks a batch may have
 * @batch: it
 *
 * Return: their number.
 */
size_t batch_size(const struct batch *batch)
{
	return batch->size;
}

static int compare_places(const void *a, const void *b)
{
	const struct batch_block *x = *(struct batch_block *const *)a;
	const struct batch_block *y = *(struct batch_block *const *)b;

	if (x->place.lun != y->place.lun)
		return x->place.lun->index < y->place.lun->index ? -1 : 1;
	return x->place.at < y->place.at ? -1 : x->place.at > y->place.at;
}

/* The blocks from @first on that lie side by side. */
static size_t count_run(const struct batch *b, size_t first, size_t nr)
{
	const struct place *from = &b->order[first]->place, *to;
	size_t i;

	for (i = first + 1; i < nr; i++) {
		to = &b->order[i]->place;
		if (to->lun != from->lun ||
		    to->at != from->at + (i - first) * b->block ||
		    (i - first + 1) * b->block > READ_BYTES)
			break;
	}
	return i - first;
}

/* Return: bytes of memory that it takes. */
static size_t plan_run(struct batch *b, struct reading *reading, size_t first,
		       size_t nr, unsigned char *memory)
{
	const struct place *from = &b->order[first]->place;
	const struct direct *direct = &from->lun->source.direct;
	u64 start = from->at, end = from->at + nr * b->block;
	bool is_direct = direct->fd >= 0 && direct->align <= MAX_ALIGN;
	size_t i;

	if (is_direct) {
		start -= start % direct->align;
		end = DIV_ROUND_UP_ULL(end, direct->align) * direct->align;
	}
	if (end > from->lun->bytes) {
		is_direct = false;
		start = from->at;
		end = from->at + nr * b->block;
	}
	for (i = 0; i < nr; i++)
		b->order[first + i]->data = memory + (from->at - start) +
					    i * b->block;
	reading->lun = from->lun;
	reading->at = from->at;
	reading->iov = (struct iovec){ memory, end - start };
	reading->request = (struct request){
		.owner = reading,
		.fd = is_direct ? direct->fd : from->lun->source.fd,
		.buffered = from->lun->source.fd,
		.at = start,
		.left = end - start,
		.iov = &reading->iov,
		.nr_iov = 1,
	};
	return DIV_ROUND_UP_ULL(end - start, MAX_ALIGN) * MAX_ALIGN;
}

/* All that was asked for has to come back, whatever becomes of the first. */
static int wait_all(struct batch *b, const char *what)
{
	const struct reading *reading;
	const struct request *done;
	int r = 0;

	while ((done = queue_wait(b->queue))) {
		reading = done->owner;
		if (done->error && !r)
			r = fail(exit_code_of(done->error),
				 "%s: cannot read %s at byte %llu: %s",
				 reading->lun->source.path, what, reading->at,
				 strerror(done->error));
	}
	return r;
}

/**
 * batch_read() - read blocks
 * @batch: where to; what it held before is gone
 * @what: the blocks, for messages
 * @blocks: which; their @data is set
 * @nr: their number, at the most batch_size()
 *
 * Return: 0, or an exit code after a message.
 */
int batch_read(struct batch *batch, const char *what,
	       struct batch_block *blocks, size_t nr)
{
	unsigned char *memory = batch->memory;
	struct reading *reading = batch->readings;
	size_t i, run;

	for (i = 0; i < nr; i++)
		batch->order[i] = &blocks[i];
	qsort(batch->order, nr, sizeof(*batch->order), compare_places);
	for (i = 0; i < nr; i += run, reading++) {
		run = count_run(batch, i, nr);
		memory += plan_run(batch, reading, i, run, memory);
		queue_add(batch->queue, &reading->request);
	}
	return wait_all(batch, what);
}

/**
 * batch_free() - be done with a batch
 * @batch: it, or NULL
 *
 * The kernel may still write to what a queue that was lost has been given.
 */
void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	free(batch->order);
	if (!batch->queue || !queue_is_lost(batch->queue)) {
		free(batch->readings);
		free(batch->memory);
		queue_close(batch->queue);
	}
	free(batch);
}
