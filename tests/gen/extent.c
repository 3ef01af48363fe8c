// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes one seSparse extent of one snapshot.
 */
#include "sesparse/fields.h"
#include "content.h"
#include "edit.h"
#include "extent.h"
#include "journal.h"
#include "names.h"
#include "order.h"
#include "report.h"

/* Grains written at a time. */
#define BATCH 256
/* Backmap entries written at a time. */
#define BACKMAP_BATCH 65536

#define ENTRY_LOW 0x0fffffffffffffffULL
#define ENTRY_UNMAPPED 0x1000000000000000ULL
#define ENTRY_ZERO 0x2000000000000000ULL
#define ENTRY_OWNED 0x1000000000000000ULL

static struct rng extent_rng(const struct extent *x, enum rng_use use)
{
	return (struct rng){ rng_key(x->o->seed, use, x->layer, x->number) };
}

/* The backmap, too, names grains as table entries do, under its own nibble. */
static u64 tagged_grain(u64 tag, u64 grain)
{
	return tag | (sesparse_encode_gte(grain) & ENTRY_LOW);
}

static u64 bytes(u64 sectors)
{
	return sectors * SESPARSE_SECTOR_SIZE;
}

static u64 count_tables(const struct runs *runs)
{
	u64 used = 0, next = 0;
	size_t i;

	for (i = 0; i < runs->nr; i++) {
		const struct run *r = &runs->run[i];
		u64 first = r->start >> SESPARSE_TABLE_SHIFT;
		u64 end = ((r->start + r->len - 1) >> SESPARSE_TABLE_SHIFT) + 1;

		used += end - max_t(u64, first, next);
		next = end;
	}
	return used;
}

/* Of half as many again, if the region has room, every third stays a gap. */
static int choose_slots(struct extent *x)
{
	u64 room = x->l.table.size / SESPARSE_TABLE_SECTORS;
	struct rng rng = extent_rng(x, RNG_SLOTS);
	u64 slots, i;

	x->used = count_tables(x->runs);
	slots = x->used;
	if (x->o->mix[x->layer].shuffle_tables)
		slots = min_t(u64, room, x->used + x->used / 2 + 1);
	x->slot = calloc(slots + 1, sizeof(*x->slot));
	if (!x->slot)
		return report("out of memory");
	for (i = 0; i < slots; i++)
		x->slot[i] = i;
	if (x->o->mix[x->layer].shuffle_tables)
		order_shuffle(x->slot, slots, &rng);
	for (i = 0; i < x->used; i++)
		x->next_slot = max_t(u64, x->next_slot, x->slot[i] + 1);
	return 0;
}

static int choose_places(struct extent *x)
{
	struct rng rng = extent_rng(x, RNG_ORDER);

	x->data = runs_count(x->runs, SESPARSE_ALLOCATED);
	x->txns = DIV_ROUND_UP_ULL(x->data, EXTENT_TXN_GRAINS);
	if (journal_is_wanted(x))
		x->stale = runs_count(x->runs, SESPARSE_UNMAPPED);
	x->place = calloc(x->data + 1, sizeof(*x->place));
	if (!x->place)
		return report("out of memory");
	return order_place(x->place, x->data, &x->o->mix[x->layer], x->runs,
			   x->l.grains, &rng);
}

/*
 * Where an unmapped grain's data once were: any of the grains there are, or with a
 * journal that tells of it, one that nobody has got since.
 */
static u64 stale_entry(const struct extent *x, u64 virt, u64 *rank)
{
	struct rng rng = extent_rng(x, RNG_STALE);
	u64 grain;

	if (x->stale)
		return tagged_grain(ENTRY_UNMAPPED, x->data + (*rank)++);
	rng.state += GEN_GAMMA * virt;
	grain = rng_below(&rng, x->data + 1);
	return tagged_grain(ENTRY_UNMAPPED, grain);
}

static u64 table_entry(const struct extent *x, u64 virt, unsigned int state,
		       u64 *rank, u64 *stale)
{
	switch (state) {
	case SESPARSE_ALLOCATED:
		return sesparse_encode_gte(x->place[(*rank)++]);
	case SESPARSE_ZERO:
		return ENTRY_ZERO;
	default:
		return stale_entry(x, virt, stale);
	}
}

/* The tables while their entries come in, in virtual order. */
struct tables {
	u64 at; /* the table being filled; ~0 for none */
	u64 nr; /* tables written */
	__le64 *directory;
	__le64 entry[SESPARSE_TABLE_ENTRIES];
};

static int flush_table(const struct extent *x, struct tables *t)
{
	u64 slot;

	if (t->at == ~0ULL)
		return 0;
	slot = x->slot[t->nr++];
	t->directory[t->at] = cpu_to_le64(layout_gde(slot));
	if (outfile_write_sparse(&x->file, t->entry, sizeof(t->entry),
				 bytes(x->l.table.offset) +
					 slot * SESPARSE_TABLE_BYTES))
		return -1;
	memset(t->entry, 0, sizeof(t->entry));
	return 0;
}

static int fill_tables(const struct extent *x, struct tables *t)
{
	u64 rank = 0, stale = 0, virt;
	size_t i;

	for (i = 0; i < x->runs->nr; i++) {
		const struct run *r = &x->runs->run[i];

		for (virt = r->start; virt < r->start + r->len; virt++) {
			u64 index = virt >> SESPARSE_TABLE_SHIFT, e;

			if (index != t->at) {
				if (flush_table(x, t))
					return -1;
				t->at = index;
			}
			e = table_entry(x, virt, r->what, &rank, &stale);
			t->entry[virt % SESPARSE_TABLE_ENTRIES] =
				cpu_to_le64(e);
		}
	}
	return flush_table(x, t);
}

static int write_tables(const struct extent *x)
{
	struct tables *t = calloc(1, sizeof(*t));
	int ret = -1;

	if (!t)
		return report("out of memory");
	t->at = ~0ULL;
	t->directory = calloc(x->l.tables, sizeof(*t->directory));
	if (!t->directory)
		report_line("out of memory");
	else
		ret = fill_tables(x, t);
	if (!ret)
		ret = outfile_write_sparse(&x->file, t->directory,
					   x->l.tables * sizeof(*t->directory),
					   bytes(x->l.directory.offset));
	free(t->directory);
	free(t);
	return ret;
}

/* One bit per physical grain, of which the first are in use. */
static int write_bitmap(const struct extent *x)
{
	size_t size = x->data / 8 + 1;
	u8 *bits = malloc(size);
	int ret;

	if (!bits)
		return report("out of memory");
	memset(bits, 0xff, size);
	bits[size - 1] = (u8)((1u << x->data % 8) - 1);
	ret = outfile_write_sparse(&x->file, bits, size,
				   bytes(x->l.bitmap.offset));
	free(bits);
	return ret;
}

static int write_backmap(const struct extent *x, const u64 *owner)
{
	__le64 *entry = calloc(BACKMAP_BATCH, sizeof(*entry));
	u64 start, i, n;
	int ret = 0;

	if (!entry)
		return report("out of memory");
	for (start = 0; !ret && start < x->data; start += n) {
		n = min_t(u64, BACKMAP_BATCH, x->data - start);
		for (i = 0; i < n; i++) {
			u64 e = tagged_grain(ENTRY_OWNED, owner[start + i]);

			entry[i] = cpu_to_le64(e);
		}
		ret = outfile_write(&x->file, entry, n * sizeof(*entry),
				    bytes(x->l.backmap.offset) +
					    start * sizeof(*entry));
	}
	free(entry);
	return ret;
}

/* In physical order, and the grain of 0xff that ends the file. */
static int write_grains(const struct extent *x, const u64 *owner)
{
	u64 key = extent_rng(x, RNG_CONTENT).state;
	u8 *batch = malloc(BATCH * SESPARSE_GRAIN_BYTES);
	u64 start, i, n;
	int ret = 0;

	if (!batch)
		return report("out of memory");
	for (start = 0; !ret && start <= x->data; start += n) {
		n = min_t(u64, BATCH, x->data + 1 - start);
		for (i = 0; i < n; i++) {
			u8 *grain = batch + i * SESPARSE_GRAIN_BYTES;

			if (start + i < x->data)
				content_fill(grain, key, owner[start + i]);
			else
				memset(grain, 0xff, SESPARSE_GRAIN_BYTES);
		}
		ret = outfile_write(&x->file, batch, n * SESPARSE_GRAIN_BYTES,
				    bytes(x->l.grain.offset) +
					    start * SESPARSE_GRAIN_BYTES);
	}
	free(batch);
	return ret;
}

/* Of each physical grain in use, the virtual one that owns it. */
static u64 *find_owners(const struct extent *x)
{
	u64 *owner = calloc(x->data + 1, sizeof(*owner));
	u64 rank = 0, j;
	size_t i;

	if (!owner) {
		report_line("out of memory");
		return NULL;
	}
	for (i = 0; i < x->runs->nr; i++) {
		const struct run *r = &x->runs->run[i];

		if (r->what != SESPARSE_ALLOCATED)
			continue;
		for (j = 0; j < r->len; j++)
			owner[x->place[rank++]] = r->start + j;
	}
	return owner;
}

static int write_data(const struct extent *x)
{
	u64 *owner = find_owners(x);
	int ret;

	if (!owner)
		return -1;
	ret = write_backmap(x, owner);
	if (!ret)
		ret = write_grains(x, owner);
	free(owner);
	return ret;
}

static void fill_headers(struct extent *x)
{
	struct sesparse_volatile_header *v =
		(void *)(x->header + SESPARSE_SECTOR_SIZE);
	__le64 *journal = (void *)(x->header + 2 * SESPARSE_SECTOR_SIZE);
	const u64 txn = EXTENT_TXN_FIRST + x->txns;

	layout_header(&x->l, x->header);
	v->magic = cpu_to_le64(SESPARSE_VOLATILE_MAGIC);
	v->free_gt_number = cpu_to_le64(x->next_slot);
	v->next_txn_seq_number = cpu_to_le64(txn);
	v->replay_journal = cpu_to_le64(x->o->dirty[x->layer] ||
					journal_is_wanted(x));
	journal[0] = cpu_to_le64(SESPARSE_JOURNAL_MAGIC);
	journal[1] = cpu_to_le64(txn);
	journal[2] = cpu_to_le64(1);
}

/* The file holds the grains that were unmapped, too. */
static int write_journal(struct extent *x)
{
	u64 lag = x->o->journal.lag;

	if (outfile_truncate(&x->file,
			     bytes(x->l.grain.offset) +
				     (x->data + x->stale + 1) *
					     SESPARSE_GRAIN_BYTES) ||
	    journal_write(x))
		return -1;
	x->txns -= min_t(u64, lag, x->txns);
	return 0;
}

static int write_all(struct extent *x)
{
	if (choose_slots(x) || choose_places(x) || write_tables(x) ||
	    write_bitmap(x) || write_data(x))
		return -1;
	if (journal_is_wanted(x) && write_journal(x))
		return -1;
	if (edit_entries(x))
		return -1;
	fill_headers(x);
	edit_headers(x);
	if (outfile_write(&x->file, x->header, sizeof(x->header), 0))
		return -1;
	return edit_size(x->o, x->layer, x->number, &x->file);
}

/**
 * extent_write() - write an extent of a snapshot
 * @o: the request
 * @out: gets the file
 * @layer: the snapshot, from 1
 * @number: the extent in it, from 1
 * @runs: the states of its grains
 *
 * Return: 0, or -1 after a report.
 */
int extent_write(const struct options *o, struct output *out,
		 unsigned int layer, unsigned int number,
		 const struct runs *runs)
{
	struct extent x = {
		.o = o,
		.layer = layer,
		.number = number,
		.runs = runs,
	};
	char suffix[GEN_SUFFIX];
	int ret;

	layout_compute(&x.l, o->extents[number - 1], journal_sectors(&x),
		       o->tight ? 1 : LAYOUT_ALIGN);
	name_extent(suffix, o, layer, number);
	if (output_create(out, &x.file, o->prefix, suffix))
		return -1;
	ret = write_all(&x);
	if (outfile_close(&x.file))
		ret = -1;
	free(x.place);
	free(x.slot);
	return ret;
}
