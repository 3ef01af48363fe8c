/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel's block layer as the module's read path uses, for running it
 * in userspace.  Every header of the kernel's that it includes leads here.
 */
#ifndef UNIT_BLOCK_H
#define UNIT_BLOCK_H

#include "kernel-shim.h"

#define U8_MAX 0xff
#define SZ_16M 0x1000000
#define SECTOR_SHIFT 9
#define PAGE_SIZE 4096UL
#define PAGE_SHIFT 12
#define BITS_PER_LONG 64
#define BITS_TO_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min3(a, b, c) min(min(a, b), c)
#define READ_ONCE(x) (x)
#define WRITE_ONCE(x, value) ((x) = (value))
#define __ffs(x) ((unsigned int)__builtin_ctzl(x))

typedef u64 sector_t;
typedef u64 phys_addr_t;
typedef u8 blk_status_t;
typedef unsigned int blk_opf_t;
typedef struct { int counter; } atomic_t;

static inline void atomic_set(atomic_t *a, int value)
{
	a->counter = value;
}

static inline bool atomic_dec_and_test(atomic_t *a)
{
	return !--a->counter;
}

static inline bool __test_and_set_bit(unsigned int nr, unsigned long *bits)
{
	const unsigned long bit = 1UL << nr % BITS_PER_LONG;
	const bool was = bits[nr / BITS_PER_LONG] & bit;

	bits[nr / BITS_PER_LONG] |= bit;
	return was;
}

static inline void __set_bit(unsigned int nr, unsigned long *bits)
{
	bits[nr / BITS_PER_LONG] |= 1UL << nr % BITS_PER_LONG;
}

static inline bool test_bit(unsigned int nr, const unsigned long *bits)
{
	return bits[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

static inline void __clear_bit(unsigned int nr, unsigned long *bits)
{
	bits[nr / BITS_PER_LONG] &= ~(1UL << nr % BITS_PER_LONG);
}

static inline bool __test_and_clear_bit(unsigned int nr, unsigned long *bits)
{
	const bool was = test_bit(nr, bits);

	__clear_bit(nr, bits);
	return was;
}

static inline void bitmap_zero(unsigned long *bits, unsigned int nr)
{
	memset(bits, 0, BITS_TO_LONGS(nr) * sizeof(*bits));
}

static inline void bitmap_set(unsigned long *bits, unsigned int nr,
			      unsigned int len)
{
	while (len--)
		__set_bit(nr++, bits);
}

#define DECLARE_BITMAP(name, nr) unsigned long name[BITS_TO_LONGS(nr)]

/* Memory, which fails when the test wants it to. */
#define GFP_NOWAIT 0
#define __GFP_NOMEMALLOC 0
#define __GFP_NOWARN 0

void *block_alloc(size_t size);
void block_free(void *p);

struct kmem_cache {
	size_t size;
};

#define __init
#define kmem_cache_create(name, size, align, flags, ctor) \
	block_cache(size, ctor)
#define kmem_cache_alloc(cache, flags) block_alloc((cache)->size)
#define kmem_cache_free(cache, p) block_free(p)
#define kmem_cache_destroy(cache) free(cache)

/* What is allocated is garbage, so the constructor is of no use. */
static inline struct kmem_cache *block_cache(size_t size, void (*ctor)(void *))
{
	struct kmem_cache *cache = malloc(sizeof(*cache));

	(void)ctor;
	if (cache)
		cache->size = size;
	return cache;
}

/* Pages: each a number, by which the test finds its memory. */
struct page {
	char unused;
};

extern struct page block_pages[];

#define page_to_phys(page) ((phys_addr_t)((page) - block_pages) << PAGE_SHIFT)

/* Devices. */
struct request_queue {
	unsigned long virt_boundary;
	unsigned int max_sectors;
	unsigned int max_segments;
	unsigned int logical_block_size;
};

struct block_device {
	unsigned int number;
	struct request_queue queue;
};

#define bdev_get_queue(bdev) (&(bdev)->queue)
#define queue_virt_boundary(q) ((q)->virt_boundary)
#define queue_max_sectors(q) ((q)->max_sectors)
#define queue_logical_block_size(q) ((q)->logical_block_size)
#define queue_max_segments(q) ((q)->max_segments)

/* Bios. */
#define BIO_MAX_VECS 256U
#define BIO_CLONED 1
#define REQ_OP_READ 0
#define REQ_OP_MASK 0xffU
#define REQ_NOWAIT (1U << 8)
#define REQ_POLLED (1U << 9)
#define REQ_DRV (1U << 10)
#define BLK_STS_OK 0
#define BLK_STS_IOERR 1
#define BLK_STS_AGAIN 2

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct bvec_iter {
	sector_t bi_sector;
	unsigned int bi_size;
	unsigned int bi_idx;
	unsigned int bi_bvec_done;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	unsigned int bi_flags;
	unsigned short bi_ioprio;
	blk_status_t bi_status;
	struct bvec_iter bi_iter;
	void (*bi_end_io)(struct bio *bio);
	void *bi_private;
	unsigned int bi_vcnt;
	unsigned int bi_max_vecs;
	int remaining;
	struct bio_vec *bi_io_vec;
};

struct bio_list {
	struct bio *head, *tail;
};

#define bio_op(bio) ((bio)->bi_opf & REQ_OP_MASK)
#define bio_sectors(bio) ((bio)->bi_iter.bi_size >> SECTOR_SHIFT)
#define bio_set_flag(bio, flag) ((bio)->bi_flags |= 1U << (flag))
#define bio_flagged(bio, flag) (((bio)->bi_flags & 1U << (flag)) != 0)
#define bio_set_dev(bio, bdev) ((bio)->bi_bdev = (bdev))
#define bio_associate_blkg(bio) ((void)(bio))
#define bio_clear_polled(bio) ((bio)->bi_opf &= ~REQ_POLLED)
#define bio_inc_remaining(bio) ((bio)->remaining++)
#define bio_uninit(bio) ((void)(bio))
#define bio_has_crypt_ctx(bio) false
#define bio_integrity(bio) false

static inline void bio_init(struct bio *bio, struct block_device *bdev,
			    struct bio_vec *vecs, unsigned short nr,
			    blk_opf_t opf)
{
	*bio = (struct bio){
		.bi_bdev = bdev,
		.bi_opf = opf,
		.bi_max_vecs = nr,
		.bi_io_vec = vecs,
		.remaining = 1,
	};
}

static inline void bio_endio(struct bio *bio)
{
	if (!--bio->remaining)
		bio->bi_end_io(bio);
}

static inline void bio_wouldblock_error(struct bio *bio)
{
	bio->bi_status = BLK_STS_AGAIN;
	bio_endio(bio);
}

static inline void bio_list_init(struct bio_list *list)
{
	list->head = NULL;
	list->tail = NULL;
}

static inline struct bio *bio_list_peek(struct bio_list *list)
{
	return list->head;
}

static inline void bio_list_add(struct bio_list *list, struct bio *bio)
{
	bio->bi_next = NULL;
	if (list->tail)
		list->tail->bi_next = bio;
	else
		list->head = bio;
	list->tail = bio;
}

static inline struct bio *bio_list_pop(struct bio_list *list)
{
	struct bio *bio = list->head;

	if (bio) {
		list->head = bio->bi_next;
		if (!list->head)
			list->tail = NULL;
		bio->bi_next = NULL;
	}
	return bio;
}

/* They leave the sector to bio_advance_iter(). */
static inline void bvec_iter_advance(const struct bio_vec *vecs,
				     struct bvec_iter *iter, unsigned int bytes)
{
	iter->bi_size -= bytes;
	bytes += iter->bi_bvec_done;
	while (bytes && bytes >= vecs[iter->bi_idx].bv_len)
		bytes -= vecs[iter->bi_idx++].bv_len;
	iter->bi_bvec_done = bytes;
}


/* By what there is in the vector, which may be nothing. */
static inline void bvec_iter_advance_single(const struct bio_vec *vecs,
					    struct bvec_iter *iter,
					    unsigned int bytes)
{
	iter->bi_size -= bytes;
	iter->bi_bvec_done += bytes;
	if (iter->bi_bvec_done == vecs[iter->bi_idx].bv_len) {
		iter->bi_bvec_done = 0;
		iter->bi_idx++;
	}
}

static inline void bio_advance_iter(const struct bio *bio,
				    struct bvec_iter *iter, unsigned int bytes)
{
	iter->bi_sector += bytes >> SECTOR_SHIFT;
	bvec_iter_advance(bio->bi_io_vec, iter, bytes);
}

/* What there is at @iter up to the end of the vector. */
#define mp_bvec_iter_offset(vecs, iter)                                       \
	((vecs)[(iter).bi_idx].bv_offset + (iter).bi_bvec_done)
#define mp_bvec_iter_page(vecs, iter)                                         \
	((vecs)[(iter).bi_idx].bv_page)
#define mp_bvec_iter_len(vecs, iter)                                          \
	min((iter).bi_size,                                                   \
	    (vecs)[(iter).bi_idx].bv_len - (iter).bi_bvec_done)
#define mp_bvec_iter_bvec(vecs, iter)                                         \
	((struct bio_vec){                                                    \
		.bv_page = mp_bvec_iter_page(vecs, iter),                     \
		.bv_offset = mp_bvec_iter_offset(vecs, iter),                 \
		.bv_len = mp_bvec_iter_len(vecs, iter),                       \
	})

#define __bio_for_each_bvec(bv, bio, iter, start)                             \
	for ((iter) = (start); (iter).bi_size &&                              \
	     ((bv) = mp_bvec_iter_bvec((bio)->bi_io_vec, iter), true);        \
	     (iter).bi_sector += (bv).bv_len >> SECTOR_SHIFT,                  \
	     bvec_iter_advance_single((bio)->bi_io_vec, &(iter), (bv).bv_len))
#define __bio_for_each_segment __bio_for_each_bvec

void memzero_bvec(struct bio_vec *bv);

/* Device mapper. */
#define DM_MAPIO_SUBMITTED 0
#define DM_MAPIO_REMAPPED 1
#define DM_MAPIO_KILL 4

struct dm_dev {
	struct block_device *bdev;
};

struct dm_target {
	void *private;
	sector_t begin;
};

#define dm_target_offset(ti, sector) ((sector) - (ti)->begin)

void dm_accept_partial_bio(struct bio *bio, unsigned int sectors);
void dm_submit_bio_remap(struct bio *bio, struct bio *child);

#endif /* UNIT_BLOCK_H */
