// SPDX-License-Identifier: GPL-2.0-only
/*
 * The read path over a block layer of a few lines: every sector that a bio gets must
 * be the one that the map says, whatever the grains, the bio's pages, the devices'
 * limits, and the memory there is; and how many bios go down.
 */
#include "block/block.h"

#include "../../dm-sesparse/target.h"
#include "unit.h"

#define NR_GRAINS 6000
#define NR_PAGES 1100
#define MAX_VECS (NR_PAGES * 2)
#define GRAIN SESPARSE_GRAIN_SECTORS
#define LAYERS 3
#define WORD 4 /* bytes that memory is aligned to, and that are compared at once */

struct page block_pages[NR_PAGES];
static u8 memory[NR_PAGES * PAGE_SIZE];

/* A disk and what is below it. */
static struct sesparse *s;
static u64 cells[2 * SESPARSE_TABLE_ENTRIES];
static struct block_device bdevs[LAYERS + 1];
static struct dm_dev devs[LAYERS + 1];

/* A bio, and what became of it. */
static struct bio_vec vecs[MAX_VECS];
static unsigned int nr_vecs;
static unsigned int accepted;
static unsigned int ended;
static struct bio_list sent;
static unsigned int nr_sent[LAYERS + 1];
static unsigned int calls;

/* Trouble. */
static unsigned int fail_every, allocations;
static unsigned int error_every, requests, errors;
static long held, most_held;

/* What it has nobody has cleared. */
void *block_alloc(size_t size)
{
	void *p;

	if (fail_every && !(++allocations % fail_every))
		return NULL;
	held++;
	most_held = max(most_held, held);
	p = malloc(size);
	return p ? memset(p, 0xff, size) : NULL;
}

void block_free(void *p)
{
	held -= p != NULL;
	free(p);
}

static u8 *bytes_of(struct bio_vec bv)
{
	return memory + page_to_phys(bv.bv_page) + bv.bv_offset;
}

void memzero_bvec(struct bio_vec *bv)
{
	memset(bytes_of(*bv), 0, bv->bv_len);
}

void dm_accept_partial_bio(struct bio *bio, unsigned int sectors)
{
	bio->bi_iter.bi_size = sectors << SECTOR_SHIFT;
	accepted = sectors;
}

void dm_submit_bio_remap(struct bio *bio, struct bio *child)
{
	(void)bio;
	bio_list_add(&sent, child);
}

/* What a device has in a sector; never zeros. */
static u64 content(unsigned int device, sector_t sector)
{
	u64 state = (sector << 3 | device) + 1;

	return (u32)unit_random(&state) | 1;
}

/* A device reads; false: what it was asked for can't be. */
static bool serve(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int i, at = 0;
	u64 word = 0;

	nr_sent[bio->bi_bdev->number]++;
	if (error_every && !(++requests % error_every)) {
		bio->bi_status = BLK_STS_IOERR;
		errors++;
		return true;
	}
	__bio_for_each_bvec(bv, bio, iter, bio->bi_iter) {
		expect(bv.bv_len % WORD, 0);
		for (i = 0; i < bv.bv_len; i += WORD, at += WORD) {
			if (at % 512 == 0)
				word = content(bio->bi_bdev->number,
					       bio->bi_iter.bi_sector +
					       at / 512);
			memcpy(bytes_of(bv) + i, &word, WORD);
		}
	}
	return true;
}

/*
 * What the block layer makes of a bio: where a device's limits cut it, it goes on with
 * what is behind the last whole block, so that there must be one.
 */
static bool check_splits(const struct bio *bio)
{
	const struct request_queue *q = &bio->bi_bdev->queue;
	const u64 most = (u64)q->max_sectors * 512;
	struct bvec_iter iter = bio->bi_iter, at;
	unsigned int segments, end;
	struct bio_vec bv;
	u64 bytes;

	while (iter.bi_size) {
		segments = 0;
		bytes = 0;
		end = 0;
		__bio_for_each_bvec(bv, bio, at, iter) {
			if (segments == q->max_segments || bytes >= most)
				break;
			if (segments &&
			    ((end | bv.bv_offset) & q->virt_boundary))
				break;
			segments++;
			bytes += bv.bv_len;
			end = bv.bv_offset + bv.bv_len;
		}
		bytes = min(bytes, most);
		bytes -= bytes % q->logical_block_size;
		expect(bytes > 0, true);
		bio_advance_iter(bio, &iter, bytes);
	}
	return true;
}

/*
 * A device reads whole blocks of its own; so many vectors and bytes, if joined.  The
 * flags are the reader's, but for what is device mapper's, and what only the bio that
 * is polled may bear.
 */
static bool check_child(const struct bio *child, blk_opf_t opf)
{
	const struct request_queue *q = &child->bi_bdev->queue;
	struct bvec_iter iter;
	unsigned int bytes = 0, i;
	struct bio_vec bv;

	expect(child->bi_iter.bi_size > 0, true);
	expect(child->bi_iter.bi_size % q->logical_block_size, 0);
	expect(child->bi_iter.bi_sector * 512 % q->logical_block_size, 0);
	__bio_for_each_bvec(bv, child, iter, child->bi_iter)
		bytes += bv.bv_len;
	expect(bytes, child->bi_iter.bi_size);
	expect(child->bi_opf, opf);
	if (!check_splits(child))
		return false;
	if (bio_flagged(child, BIO_CLONED))
		return true;
	expect(q->virt_boundary & ~4095UL, 0);
	for (i = 0; i < child->bi_vcnt; i++) {
		expect(child->bi_io_vec[i].bv_offset < PAGE_SIZE, true);
		expect(child->bi_io_vec[i].bv_len > 0, true);
	}
	expect(child->bi_vcnt <= q->max_segments, true);
	expect(bio_sectors(child) <= q->max_sectors, true);
	expect(child->bi_vcnt, child->bi_max_vecs);
	return true;
}

/* The children end in any order. */
static bool serve_all(blk_opf_t opf, u64 *seed)
{
	struct bio *child, *later[600];
	unsigned int nr = 0, i;

	opf &= ~REQ_DRV;
	if (opf & REQ_POLLED)
		opf &= ~(REQ_POLLED | REQ_NOWAIT);
	while ((child = bio_list_pop(&sent))) {
		expect(nr < ARRAY_SIZE(later), true);
		later[nr++] = child;
		if (!check_child(child, opf))
			return false;
	}
	while (nr) {
		i = unit_random(seed) % nr;
		child = later[i];
		later[i] = later[--nr];
		if (!serve(child))
			return false;
		bio_endio(child);
	}
	return true;
}

/* What sector @at of the disk must read as; *@bad: it can't be read. */
static u64 expected(sector_t at, bool *bad)
{
	const u64 cell = cells[at / GRAIN];

	switch (sesparse_map_source(&s->map, cell)) {
	case SESPARSE_READ_LAYER:
		return content(sesparse_cell_layer(cell),
			       s->layers[sesparse_cell_layer(cell)].grains +
			       sesparse_cell_grain(cell) * GRAIN + at % GRAIN);
	case SESPARSE_READ_PARENT:
		return at < s->parent_sectors ?
		       content(s->nr_layers, s->parent_start + at) : 0;
	case SESPARSE_READ_ERROR:
		*bad = true;
		break;
	default:
		break;
	}
	return 0;
}

/* Compares @sectors from @at of the disk on with what is at @iter; *@bad likewise. */
static bool compare(const struct bio *bio, struct bvec_iter start, sector_t at,
		    unsigned int sectors, bool *bad)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int i, done = 0;
	u64 word, wanted = 0;

	*bad = false;
	for (i = 0; i < sectors; i++)
		expected(at + i, bad);
	if (*bad || bio->bi_status)
		return true;
	start.bi_size = sectors * 512;
	__bio_for_each_bvec(bv, bio, iter, start) {
		for (i = 0; i < bv.bv_len; i += WORD, done += WORD) {
			if (done % 512 == 0)
				wanted = expected(at + done / 512, bad);
			word = 0;
			memcpy(&word, bytes_of(bv) + i, WORD);
			expect(word, wanted);
		}
	}
	return true;
}

static void count_end(struct bio *bio)
{
	(void)bio;
	ended++;
}

/*
 * Reads @sectors from @at of the disk on into the vectors, as device mapper has the
 * target do it, which may take many calls.
 */
static bool read_disk(sector_t at, unsigned int sectors, blk_opf_t opf,
		      u64 *seed)
{
	struct dm_target ti = { .private = s, .begin = 77 };
	struct bvec_iter iter = { .bi_size = sectors * 512 }, spoilt;
	struct bio_vec bv;
	struct bio bio;
	bool bad;
	int r;

	bio_init(&bio, NULL, vecs, nr_vecs, opf);
	__bio_for_each_bvec(bv, &bio, spoilt, iter)
		memset(bytes_of(bv), 0x5a, bv.bv_len);
	calls = 0;
	for (; sectors; sectors -= accepted, at += accepted) {
		bio_init(&bio, NULL, vecs, nr_vecs, opf);
		bio.bi_end_io = count_end;
		bio.bi_iter = iter;
		bio.bi_iter.bi_sector = ti.begin + at;
		accepted = sectors;
		ended = 0;
		errors = 0;
		calls++;
		r = sesparse_read(&ti, &bio);
		if (r == DM_MAPIO_REMAPPED) {
			bio_set_flag(&bio, BIO_CLONED);
			if (!check_child(&bio, opf & ~REQ_DRV) || !serve(&bio))
				return false;
			bio_endio(&bio);
		} else if (r == DM_MAPIO_KILL) {
			bad = false;
			expected(at, &bad);
			expect(bad, true);
			bio.bi_status = BLK_STS_IOERR;
			errors++;
			bio_endio(&bio);
		} else if (bio.bi_status == BLK_STS_AGAIN) {
			expect(opf & (REQ_NOWAIT | REQ_POLLED), REQ_NOWAIT);
			expect(sent.head == NULL, true);
			accepted = sectors;
			errors++;
		} else if (!serve_all(opf, seed)) {
			return false;
		}
		expect(ended, 1);
		expect(held, 0);
		expect(accepted && accepted <= sectors, true);
		if (!compare(&bio, iter, at, accepted, &bad))
			return false;
		expect(bio.bi_status != BLK_STS_OK, errors > 0);
		if (bad)
			expect(errors > 0, true);
		bvec_iter_advance(vecs, &iter, accepted * 512);
	}
	return true;
}

static void add_vec(unsigned int page, unsigned int offset, unsigned int len)
{
	vecs[nr_vecs++] = (struct bio_vec){ &block_pages[page], len, offset };
}

/* Vectors of @pages pages each, in the order of memory, or of none. */
static void whole_pages(unsigned int pages, bool reversed)
{
	unsigned int i;

	nr_vecs = 0;
	for (i = 0; i + pages <= NR_PAGES; i += pages)
		add_vec(reversed ? NR_PAGES - pages - i : i, 0,
			pages * PAGE_SIZE);
}

/* Where memory may lie. */
enum buffer { PAGES, SHIFTED, ODD };

/* Vectors that begin and end anywhere, each of a sector at least but for empty ones. */
static void odd_vecs(u64 *seed)
{
	const unsigned int unit = unit_random(seed) % 2 ? 512 : WORD;
	unsigned int at = unit_random(seed) % 4096 / unit * unit, len;

	nr_vecs = 0;
	while (at < sizeof(memory)) {
		if (unit_random(seed) % 8 == 0)
			add_vec(at / PAGE_SIZE, at % PAGE_SIZE, 0);
		len = min_t(unsigned int, sizeof(memory) - at,
			    512 + unit_random(seed) % 9728 / unit * unit);
		add_vec(at / PAGE_SIZE, at % PAGE_SIZE, len);
		at += len;
	}
}

static bool new_disk(unsigned int nr_layers, bool parent)
{
	unsigned int i;

	s = calloc(1, sizeof(*s) + nr_layers * sizeof(*s->layers));
	expect(s != NULL, true);
	s->nr_layers = nr_layers;
	for (i = 0; i <= LAYERS; i++) {
		bdevs[i] = (struct block_device){
			.number = i,
			.queue = { .max_sectors = 2560, .max_segments = 128,
				   .logical_block_size = 512 },
		};
		devs[i].bdev = &bdevs[i];
		if (i < nr_layers)
			s->layers[i] = (struct sesparse_layer){
				.dev = &devs[i], .grains = 1000 * i + 11,
			};
	}
	if (parent) {
		s->parent = &devs[nr_layers];
		s->parent_start = 5;
		s->parent_sectors = NR_GRAINS * GRAIN;
	}
	for (i = 0; i < NR_GRAINS; i++)
		cells[i] = SESPARSE_CELL_HOLE;
	return true;
}

/* The map, of the cells. */
static bool make_map(void)
{
	u64 table;

	expect(sesparse_map_init(&s->map, NR_GRAINS, s->parent != NULL,
				 NULL), 0);
	for (table = 0; table < s->map.nr_tables; table++)
		expect(sesparse_map_store(&s->map, table, cells +
					  table * SESPARSE_TABLE_ENTRIES), 0);
	expect(sesparse_map_finish(&s->map), 0);
	return true;
}

static void free_disk(void)
{
	sesparse_map_exit(&s->map);
	free(s);
}

/* Permutes @nr cells by chunks, which take the places of others in the layer. */
static void permute(u64 *cell, unsigned int nr, unsigned int chunk, u64 *seed)
{
	unsigned int i, j, k;
	u64 kept;

	for (i = nr / chunk; i > 1; i--) {
		j = unit_random(seed) % i;
		for (k = 0; k < chunk; k++) {
			kept = cell[(i - 1) * chunk + k];
			cell[(i - 1) * chunk + k] = cell[j * chunk + k];
			cell[j * chunk + k] = kept;
		}
	}
}

/* Runs of data, in windows permuted by chunks, between which are other things. */
static void random_cells(u64 *seed)
{
	const unsigned int mean = 1 + unit_random(seed) % 40;
	const unsigned int window = 1 + unit_random(seed) % 600;
	const unsigned int chunk = 1 + unit_random(seed) % 9;
	const unsigned int data = unit_random(seed) % 100;
	const bool bad = unit_random(seed) % 3 == 0;
	u64 next[LAYERS], other;
	unsigned int i, n, layer;

	for (i = 0; i < LAYERS; i++)
		next[i] = unit_random(seed) % 3000;
	for (i = 0; i < NR_GRAINS; i++) {
		layer = unit_random(seed) % s->nr_layers;
		cells[i] = sesparse_cell(layer, next[layer]++);
	}
	for (i = 0; i < NR_GRAINS; i += n) {
		layer = unit_random(seed) % s->nr_layers;
		n = min_t(unsigned int, NR_GRAINS - i,
			  1 + unit_random(seed) % (2 * mean));
		for (unsigned int k = 0; k < n; k++)
			cells[i + k] = sesparse_cell(layer, next[layer]++);
	}
	for (i = 0; i < NR_GRAINS; i += window)
		permute(cells + i, min(window, NR_GRAINS - i), chunk, seed);
	for (i = 0; i < NR_GRAINS; i += n) {
		n = min_t(unsigned int, NR_GRAINS - i,
			  1 + unit_random(seed) % (2 * mean));
		if (unit_random(seed) % 100 < data)
			continue;
		other = unit_random(seed) % 2 ? SESPARSE_CELL_HOLE :
						SESPARSE_CELL_ZERO;
		if (bad && unit_random(seed) % 10 == 0)
			other = SESPARSE_CELL_BAD;
		for (unsigned int k = 0; k < n; k++)
			cells[i + k] = other;
	}
}

/*
 * Such that the reader's memory is fit for the device: a block of it must not take more
 * vectors than go at once, nor have a border of the device in it.
 */
static void random_limits(enum buffer buffer, u64 *seed)
{
	const unsigned int block = unit_random(seed) % 3 ? 512 : 4096;
	const unsigned int least = buffer == PAGES ? 1 : 16;
	static const unsigned int segments[] = { 1, 2, 7, 128, 256, 65535 };
	unsigned int i;

	for (i = 0; i <= LAYERS; i++) {
		bdevs[i].queue.logical_block_size = block;
		bdevs[i].queue.max_segments =
			max(least, segments[unit_random(seed) %
					    ARRAY_SIZE(segments)]);
		bdevs[i].queue.max_sectors =
			unit_random(seed) % 4 ? 8U << unit_random(seed) % 10 :
			unit_random(seed) % 2 ? 1U << 23 : ~0U;
		bdevs[i].queue.virt_boundary =
			unit_random(seed) % 4 ? 0 : unit_random(seed) % 2 ?
							    4095 : 8191;
		if (buffer == SHIFTED)
			bdevs[i].queue.virt_boundary &= 4095;
		else if (buffer == ODD)
			bdevs[i].queue.virt_boundary = 0;
		if (i < s->nr_layers)
			s->layers[i].grains &= -(block / 512);
	}
	s->parent_start &= -(block / 512);
	if (s->parent)
		s->parent_sectors = ALIGN(s->parent_sectors, block / 512);
}

static bool random_reads(enum buffer buffer, u64 *seed, unsigned int count,
			 blk_opf_t opf)
{
	const u64 block = bdevs[0].queue.logical_block_size / 512;
	const u64 disk = NR_GRAINS * GRAIN;
	u64 at, sectors;

	while (count--) {
		if (buffer == ODD)
			odd_vecs(seed);
		else
			whole_pages(1 + unit_random(seed) % 12,
				    unit_random(seed) % 2);
		if (buffer == SHIFTED) {
			vecs[0].bv_offset = 512 * (1 + unit_random(seed) % 7);
			vecs[0].bv_len -= vecs[0].bv_offset;
		}
		at = unit_random(seed) % disk;
		sectors = 1 + unit_random(seed) % (8 << unit_random(seed) % 11);
		if (unit_random(seed) % 4) {
			at -= at % GRAIN;
			sectors += GRAIN - sectors % GRAIN;
		}
		if (unit_random(seed) % 4 == 0)
			at -= at % 2048;
		at -= at % block;
		sectors = min(ALIGN(sectors, block), disk - at);
		if (!read_disk(at, sectors, opf, seed)) {
			printf("# sectors %llu+%llu\n", at, sectors);
			return false;
		}
	}
	return true;
}

/* Many disks, a few reads of each. */
static bool random_disks(u64 seed, unsigned int disks, blk_opf_t opf)
{
	bool ok;

	while (disks--) {
		const u64 began = seed;
		const enum buffer buffer = unit_random(&seed) % 3;

		if (!new_disk(1 + unit_random(&seed) % LAYERS,
			      unit_random(&seed) % 2))
			return false;
		if (s->parent && unit_random(&seed) % 2)
			s->parent_sectors = unit_random(&seed) %
					    (NR_GRAINS * GRAIN) + 1;
		random_cells(&seed);
		random_limits(buffer, &seed);
		ok = make_map() && random_reads(buffer, &seed, 12, opf);
		free_disk();
		if (!ok) {
			printf("# disk of seed %llu\n", began);
			return false;
		}
	}
	return true;
}

static bool test_any_disk_reads_as_its_map_says(void)
{
	return random_disks(1, 120, REQ_OP_READ);
}

static bool test_where_allocations_fail(void)
{
	bool ok = true;

	for (fail_every = 1; fail_every < 12 && ok; fail_every++)
		ok = random_disks(100 + fail_every, 12, REQ_OP_READ);
	fail_every = 0;
	return ok;
}

static bool test_where_devices_fail(void)
{
	bool ok;

	error_every = 3;
	ok = random_disks(200, 40, REQ_OP_READ);
	error_every = 0;
	return ok;
}

static bool test_reads_that_must_not_wait(void)
{
	return random_disks(300, 40, REQ_OP_READ | REQ_NOWAIT);
}

static bool test_flags_that_only_the_bio_itself_may_bear(void)
{
	return random_disks(400, 20, REQ_OP_READ | REQ_POLLED | REQ_DRV) &&
	       random_disks(500, 20, REQ_OP_READ | REQ_POLLED | REQ_NOWAIT |
				     REQ_DRV) &&
	       random_disks(600, 20, REQ_OP_READ | REQ_NOWAIT | REQ_DRV);
}

/* children @most, @device...: of the first MiB, read into vectors of @pages each */
static bool children_of_a_mib(unsigned int pages, blk_opf_t opf)
{
	u64 seed = 1;

	memset(nr_sent, 0, sizeof(nr_sent));
	whole_pages(pages, false);
	return read_disk(0, 2048, opf, &seed);
}

/* One layer, all of it in order; the test goes on from there. */
static bool ordered_disk(bool parent)
{
	unsigned int i;

	if (!new_disk(1, parent))
		return false;
	for (i = 0; i < NR_GRAINS; i++)
		cells[i] = sesparse_cell(0, i);
	return true;
}

/* Likewise, but 1 MiB of it permuted by chunks. */
static bool permuted_disk(bool parent, unsigned int chunk)
{
	u64 seed = 7;

	if (!ordered_disk(parent))
		return false;
	permute(cells, 256, chunk, &seed);
	return true;
}

static bool test_permuted_grains_are_joined(void)
{
	expect(permuted_disk(false, 1) && make_map(), true);
	expect(children_of_a_mib(256, REQ_OP_READ), true);
	expect(nr_sent[0], 2);
	bdevs[0].queue.max_segments = 256;
	expect(children_of_a_mib(1, REQ_OP_READ), true);
	expect(nr_sent[0], 1);
	free_disk();
	return true;
}

/* As of devices that have no limit of their own. */
static bool test_runs_are_joined_whatever_a_device_takes_at_once(void)
{
	static const unsigned int limits[] = { 2048, 1U << 23, (1U << 23) + 8,
					       1U << 31, ~0U };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		expect(permuted_disk(false, 1) && make_map(), true);
		bdevs[0].queue.max_segments = 256;
		bdevs[0].queue.max_sectors = limits[i];
		expect(children_of_a_mib(1, REQ_OP_READ), true);
		expect(nr_sent[0], 1);
		free_disk();
	}
	return true;
}

/* As many vectors as runs, where the bio's are long enough. */
static bool test_permuted_runs_are_joined_to_one(void)
{
	expect(permuted_disk(false, 8) && make_map(), true);
	bdevs[0].queue.max_segments = 64;
	expect(children_of_a_mib(256, REQ_OP_READ), true);
	expect(nr_sent[0], 1);
	free_disk();
	return true;
}

static bool test_one_joined_bio_need_not_wait(void)
{
	expect(permuted_disk(false, 8) && make_map(), true);
	expect(children_of_a_mib(256, REQ_OP_READ | REQ_NOWAIT), true);
	expect(nr_sent[0], 1);
	free_disk();
	return true;
}

/* Every tenth grain is zeros, or the parent's, of which each takes a bio. */
static bool test_neighbours_are_joined_across_others(void)
{
	unsigned int i, zeros;

	for (zeros = 0; zeros < 2; zeros++) {
		unsigned int next = 0;
		u64 seed = 9;

		expect(permuted_disk(true, 1), true);
		for (i = 0; i < 256; i++)
			cells[i] = i % 10 ? sesparse_cell(0, next++) :
				   zeros ? SESPARSE_CELL_ZERO :
					   SESPARSE_CELL_HOLE;
		for (i = 1; i + 9 <= 256; i += 10)
			permute(cells + i, 9, 1, &seed);
		expect(make_map(), true);
		bdevs[0].queue.max_segments = 256;
		expect(children_of_a_mib(256, REQ_OP_READ), true);
		expect(nr_sent[0], 1);
		expect(nr_sent[1], zeros ? 0 : 26);
		free_disk();
	}
	return true;
}

/* Grains of two layers take turns. */
static bool test_each_layer_s_grains_are_joined(void)
{
	unsigned int i;

	expect(new_disk(2, false), true);
	for (i = 0; i < NR_GRAINS; i++)
		cells[i] = sesparse_cell(i % 2, i / 2);
	expect(make_map(), true);
	expect(children_of_a_mib(256, REQ_OP_READ), true);
	expect(nr_sent[0], 1);
	expect(nr_sent[1], 1);
	free_disk();
	return true;
}

/* What ends before an error is read; a bad map's two cells with one grain are, too. */
static bool test_one_grain_in_two_places(void)
{
	u64 seed = 1;
	unsigned int i;

	expect(permuted_disk(false, 1), true);
	for (i = 0; i < 256; i++)
		cells[i] = sesparse_cell(0, (i * 7) % 100);
	expect(make_map(), true);
	whole_pages(3, false);
	expect(read_disk(0, 2048, REQ_OP_READ, &seed), true);
	free_disk();
	return true;
}

/*
 * Runs of two grains, swapped in pairs, in a buffer that begins in a page: full
 * children would end in the midst of a block.
 */
static bool test_joined_bios_are_of_whole_blocks(void)
{
	u64 seed = 1;
	unsigned int i;

	expect(new_disk(1, false), true);
	for (i = 0; i < NR_GRAINS; i++)
		cells[i] = sesparse_cell(0, i ^ 2);
	expect(make_map(), true);
	s->layers[0].grains = 16;
	bdevs[0].queue.logical_block_size = 4096;
	nr_vecs = 0;
	add_vec(0, 512, PAGE_SIZE - 512);
	for (i = 1; i < 300; i++)
		add_vec(i, 0, PAGE_SIZE);
	memset(nr_sent, 0, sizeof(nr_sent));
	expect(read_disk(0, 2048, REQ_OP_READ, &seed), true);
	expect(nr_sent[0], 128);
	bdevs[0].queue.max_sectors = 256;
	memset(nr_sent, 0, sizeof(nr_sent));
	expect(read_disk(0, 256, REQ_OP_READ, &seed), true);
	expect(nr_sent[0], 1);
	free_disk();
	return true;
}

/* Bios and calls for @nr grains from @first on. */
static bool read_grains(unsigned int first, unsigned int nr)
{
	u64 seed = 1;

	memset(nr_sent, 0, sizeof(nr_sent));
	most_held = 0;
	whole_pages(1, false);
	return read_disk(first * GRAIN, nr * GRAIN, REQ_OP_READ, &seed);
}

/* What is joined mostly lies between multiples of 1 MiB, so that looks end there. */
static bool test_each_mib_is_joined_wherever_a_read_begins(void)
{
	u64 seed = 3;

	expect(permuted_disk(false, 1), true);
	permute(cells + 256, 256, 1, &seed);
	permute(cells + 512, 256, 1, &seed);
	for (unsigned int i = 128; i < 256; i++)
		cells[i] = sesparse_cell(0, 5000 + (i * 7) % 128);
	expect(make_map(), true);
	bdevs[0].queue.max_segments = 256;
	expect(read_grains(128, 640), true);
	expect(nr_sent[0], 3);
	expect(calls, 1);
	free_disk();
	return true;
}

static bool test_a_long_run_behind_short_ones_is_one_bio(void)
{
	u64 seed = 3;

	expect(ordered_disk(false), true);
	permute(cells, 128, 1, &seed);
	for (unsigned int i = 128; i < NR_GRAINS; i++)
		cells[i] = sesparse_cell(0, 1000 + i);
	expect(make_map(), true);
	expect(read_grains(0, 1024), true);
	expect(nr_sent[0], 2);
	expect(calls, 1);
	free_disk();
	return true;
}

/* Its end is far behind the window that it begins in. */
static bool test_a_long_run_is_joined_to_short_ones(void)
{
	u64 seed = 3;

	expect(ordered_disk(false), true);
	permute(cells, 128, 1, &seed);
	expect(make_map(), true);
	bdevs[0].queue.max_segments = 256;
	expect(read_grains(0, 1024), true);
	expect(nr_sent[0], 4);
	expect(calls, 1);
	free_disk();
	return true;
}

/* One call for what is before the error, one for that, and one for what is behind. */
static bool test_grains_before_an_error_are_joined(void)
{
	u64 seed = 3;

	expect(ordered_disk(false), true);
	permute(cells, 128, 1, &seed);
	cells[128] = SESPARSE_CELL_BAD;
	permute(cells + 129, 127, 1, &seed);
	expect(make_map(), true);
	expect(read_grains(0, 256), true);
	expect(nr_sent[0], 2);
	expect(calls, 3);
	free_disk();
	return true;
}

/* A border of the device that grains keep, and two that they do not. */
static bool test_runs_are_joined_only_as_a_device_takes_vectors(void)
{
	u64 seed = 1;

	expect(permuted_disk(false, 1) && make_map(), true);
	bdevs[0].queue.max_segments = 256;
	bdevs[0].queue.virt_boundary = 4095;
	expect(read_grains(0, 256), true);
	expect(nr_sent[0], 1);
	bdevs[0].queue.virt_boundary = 8191;
	expect(read_grains(0, 256), true);
	expect(nr_sent[0] > 200, true);
	bdevs[0].queue.virt_boundary = 4095;
	vecs[0].bv_offset = 512;
	vecs[0].bv_len -= 512;
	memset(nr_sent, 0, sizeof(nr_sent));
	expect(read_disk(0, 2048, REQ_OP_READ, &seed), true);
	expect(nr_sent[0] > 200, true);
	free_disk();
	return true;
}

/* Grains swapped in pairs, with something between the pairs. */
static bool pairs_disk(void)
{
	expect(new_disk(1, false), true);
	for (unsigned int i = 0; i < NR_GRAINS; i++)
		cells[i] = sesparse_cell(0, i / 2 * 3 + !(i % 2));
	return make_map();
}

static bool test_children_take_no_more_memory_than_their_vectors(void)
{
	expect(pairs_disk(), true);
	expect(read_grains(0, 256), true);
	expect(nr_sent[0], 128);
	expect(most_held <= 5, true);
	free_disk();
	return true;
}

/* Where there is memory for some children, more than the first run is read at once. */
static bool test_what_there_is_memory_for_is_read_at_once(void)
{
	bool ok;

	expect(pairs_disk(), true);
	fail_every = 3;
	allocations = 0;
	ok = read_grains(0, 256);
	fail_every = 0;
	expect(ok, true);
	expect(calls <= 8, true);
	free_disk();
	return true;
}

/* Of five far ranges, four have a window; zeros have none. */
static bool test_grains_far_apart_are_joined_in_four_windows(void)
{
	expect(new_disk(1, false), true);
	for (unsigned int i = 0; i < NR_GRAINS; i++)
		cells[i] = sesparse_cell(0, i % 5 * 10000 + i / 5);
	cells[0] = SESPARSE_CELL_ZERO;
	cells[1] = SESPARSE_CELL_HOLE;
	expect(make_map(), true);
	expect(read_grains(0, 255), true);
	expect(nr_sent[0], 4 + 50);
	free_disk();
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "any_disk_reads_as_its_map_says",
		  test_any_disk_reads_as_its_map_says },
		{ "where_allocations_fail", test_where_allocations_fail },
		{ "where_devices_fail", test_where_devices_fail },
		{ "reads_that_must_not_wait", test_reads_that_must_not_wait },
		{ "flags_that_only_the_bio_itself_may_bear",
		  test_flags_that_only_the_bio_itself_may_bear },
		{ "permuted_grains_are_joined", test_permuted_grains_are_joined },
		{ "runs_are_joined_whatever_a_device_takes_at_once",
		  test_runs_are_joined_whatever_a_device_takes_at_once },
		{ "permuted_runs_are_joined_to_one",
		  test_permuted_runs_are_joined_to_one },
		{ "one_joined_bio_need_not_wait",
		  test_one_joined_bio_need_not_wait },
		{ "neighbours_are_joined_across_others",
		  test_neighbours_are_joined_across_others },
		{ "each_layer_s_grains_are_joined",
		  test_each_layer_s_grains_are_joined },
		{ "one_grain_in_two_places", test_one_grain_in_two_places },
		{ "joined_bios_are_of_whole_blocks",
		  test_joined_bios_are_of_whole_blocks },
		{ "each_mib_is_joined_wherever_a_read_begins",
		  test_each_mib_is_joined_wherever_a_read_begins },
		{ "a_long_run_behind_short_ones_is_one_bio",
		  test_a_long_run_behind_short_ones_is_one_bio },
		{ "a_long_run_is_joined_to_short_ones",
		  test_a_long_run_is_joined_to_short_ones },
		{ "grains_before_an_error_are_joined",
		  test_grains_before_an_error_are_joined },
		{ "runs_are_joined_only_as_a_device_takes_vectors",
		  test_runs_are_joined_only_as_a_device_takes_vectors },
		{ "children_take_no_more_memory_than_their_vectors",
		  test_children_take_no_more_memory_than_their_vectors },
		{ "what_there_is_memory_for_is_read_at_once",
		  test_what_there_is_memory_for_is_read_at_once },
		{ "grains_far_apart_are_joined_in_four_windows",
		  test_grains_far_apart_are_joined_in_four_windows },
		{ NULL, NULL },
	};

	int r;

	if (sesparse_read_init())
		return 1;
	r = unit_main(units, argc, argv);
	sesparse_read_exit();
	return r;
}
