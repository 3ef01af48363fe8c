// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every entry and bit that would differ from the disk is held against what the
 * other structures say, as they will be: table against bitmap and back map, and
 * these against the table.
 *
 * A sector is looked at where it will come from: the patch, if it has one, else the
 * disk, of which one sector a region is kept.
 */
#include "sesparse/journal-check.h"
#include "util/search.h"

#define WORDS (SESPARSE_SECTOR_SIZE / sizeof(u64))
#define SECTOR_BITS (SESPARSE_SECTOR_SIZE * 8ULL)
#define NOBODY (~0ULL)

static int read_disk(struct journal_check *c, u64 sector, void *buf)
{
	c->error = c->x->read(c->x->private, sector, buf);
	c->at = sector;
	return c->error;
}

/* A sector as it will be; it lies in the region. */
static int look(struct journal_check *c, enum journal_region region, u64 sector,
		const __le64 **words)
{
	const u8 *patch = journal_find(c->x->patches, sector);

	*words = patch ? (const void *)patch : c->cache[region];
	if (patch || c->held[region] == sector)
		return 0;
	c->held[region] = NOBODY;
	if (read_disk(c, sector, c->cache[region]))
		return c->error;
	c->held[region] = sector;
	return 0;
}

/* The @index-th word of a region as it will be; past the region it is 0. */
static int look_word(struct journal_check *c, enum journal_region region,
		     u64 index, u64 *value)
{
	const __le64 *words;
	int r;

	*value = 0;
	if (index / WORDS >= c->end[region] - c->first[region])
		return 0;
	r = look(c, region, c->first[region] + index / WORDS, &words);
	if (!r)
		*value = le64_to_cpu(words[index % WORDS]);
	return r;
}

static bool bit_of(const void *words, u64 bit, unsigned int order)
{
	const u8 byte = ((const u8 *)words)[bit % SECTOR_BITS / 8];

	return byte >> (order ? 7 - bit % 8 : bit % 8) & 1;
}

/* What a grain's bit will be; past the bitmap it is 0. */
static int look_bit(struct journal_check *c, u64 grain, unsigned int order,
		    bool *bit)
{
	const __le64 *words;
	int r;

	*bit = false;
	if (grain / SECTOR_BITS >=
	    c->end[JOURNAL_BITMAP] - c->first[JOURNAL_BITMAP])
		return 0;
	r = look(c, JOURNAL_BITMAP,
		 c->first[JOURNAL_BITMAP] + grain / SECTOR_BITS, &words);
	if (!r)
		*bit = bit_of(words, grain, order);
	return r;
}

/* What maps a grain of the disk, as it will be; 0 without a table. */
static int look_entry(struct journal_check *c, u64 virt, u64 *entry)
{
	u64 gde;
	u32 table;
	int r;

	*entry = 0;
	if (virt >= c->x->geo->nr_grains)
		return 0;
	r = look_word(c, JOURNAL_DIRECTORY, virt >> SESPARSE_TABLE_SHIFT, &gde);
	if (r || sesparse_decode_gde(c->x->geo, gde, &table) !=
		 SESPARSE_ALLOCATED)
		return r;
	return look_word(c, JOURNAL_TABLES,
			 (u64)table * SESPARSE_TABLE_ENTRIES +
			 virt % SESPARSE_TABLE_ENTRIES, entry);
}

/**
 * struct owner - whose a grain of the extent will be, by the back map
 * @back: what that has for it
 * @is_named: it names a grain of the disk
 * @virt: that grain
 * @entry: what maps that one, as it will be
 * @owns: it is this grain
 */
struct owner {
	u64 back;
	bool is_named;
	u64 virt;
	u64 entry;
	bool owns;
};

/* By the back map and the table that it leads to: is the grain in use? */
static int look_owner(struct journal_check *c, u64 grain, struct owner *o)
{
	int r;

	*o = (struct owner){ 0 };
	r = look_word(c, JOURNAL_BACKMAP, grain, &o->back);
	if (r || o->back >> 60 != 1)
		return r;
	o->is_named = true;
	o->virt = sesparse_gte_grain(o->back);
	r = look_entry(c, o->virt, &o->entry);
	o->owns = !r && sesparse_gte_is_allocated(o->entry) &&
		  sesparse_gte_grain(o->entry) == grain;
	return r;
}

static bool misfits(const struct journal_check *c, unsigned int order)
{
	return *c->misfit[order].text;
}

/* One order of bits may be the wrong one: both must have failed. */
static int end_orders(const struct journal_check *c, struct journal_why *why)
{
	if (!misfits(c, 0) || !misfits(c, 1))
		return 0;
	*why = c->misfit[0];
	return EINVAL;
}

static int check_gde(struct journal_check *c, u64 index, u64 old, u64 entry,
		     struct journal_why *why)
{
	u32 table;

	if (!old && index < c->x->geo->nr_tables &&
	    sesparse_decode_gde(c->x->geo, entry, &table) ==
	    SESPARSE_ALLOCATED)
		return 0;
	return journal_refuse(why,
			      "step 7: grain directory entry %llu would go from 0x%016llx to 0x%016llx, expected only 0 to become an entry of one of the disk's %llu tables",
			      index, old, entry, c->x->geo->nr_tables);
}

/* An entry that will map a grain: bitmap and back map must say so, too. */
static int check_mapping(struct journal_check *c, u64 virt, u64 entry,
			 struct journal_why *why)
{
	const struct sesparse_geometry *geo = c->x->geo;
	unsigned int order;
	u64 grain = 0, back;
	bool bit;
	int r;

	if (sesparse_decode_gte(geo, entry, &grain) != SESPARSE_ALLOCATED ||
	    !sesparse_grain_fits(geo, virt, grain))
		return journal_refuse(why,
			"step 7: grain %llu of the disk would get the entry 0x%016llx, expected a grain of the extent below %llu, inside the file",
			virt, entry, geo->max_grains);
	r = look_word(c, JOURNAL_BACKMAP, grain, &back);
	if (r)
		return r;
	if (back >> 60 != 1 || sesparse_gte_grain(back) != virt)
		return journal_refuse(why,
			"step 7: grain %llu of the disk would be grain %llu of the extent, but the back map has 0x%016llx for that, expected it to point back",
			virt, grain, back);
	for (order = 0; order < JOURNAL_BIT_ORDERS; order++) {
		r = look_bit(c, grain, order, &bit);
		if (r)
			return r;
		if (!bit)
			journal_refuse(&c->misfit[order],
				       "step 7: grain %llu of the disk would be grain %llu of the extent, which is free in the bitmap, expected it used",
				       virt, grain);
	}
	return end_orders(c, why);
}

static int check_gte(struct journal_check *c, u64 virt, u64 entry,
		     struct journal_why *why)
{
	const u64 type = entry >> 60;

	if (virt >= c->x->geo->nr_grains)
		return journal_refuse(why,
			"step 7: grain %llu would get the entry 0x%016llx, but the disk has only %llu grains",
			virt, entry, c->x->geo->nr_grains);
	if (!type || type > 3)
		return journal_refuse(why,
			"step 7: grain %llu of the disk would get the entry 0x%016llx, expected one of type 1 to 3",
			virt, entry);
	return type == 3 ? check_mapping(c, virt, entry, why) : 0;
}

static u64 *find_owner(struct journal_check *c, u64 table)
{
	const size_t i = search_first(c->owners, c->nr_owners,
				      sizeof(*c->owners),
				      offsetof(struct journal_owner, table),
				      table);

	return i < c->nr_owners && c->owners[i].table == table ?
	       &c->owners[i].owner : NULL;
}

/* The tables that are patched: in order, for so the patches are. */
static int list_tables(struct journal_check *c)
{
	const struct journal_patches *p = c->x->patches;
	u64 table;
	size_t i;

	c->owners = calloc(p->nr + 1, sizeof(*c->owners));
	if (!c->owners)
		return ENOMEM;
	for (i = 0; i < p->nr; i++) {
		if (p->list[i].sector < c->first[JOURNAL_TABLES] ||
		    p->list[i].sector >= c->end[JOURNAL_TABLES])
			continue;
		table = (p->list[i].sector - c->first[JOURNAL_TABLES]) /
			SESPARSE_TABLE_SECTORS;
		if (c->nr_owners &&
		    c->owners[c->nr_owners - 1].table == table)
			continue;
		c->owners[c->nr_owners++] = (struct journal_owner){
			.table = table,
			.owner = NOBODY,
		};
	}
	return 0;
}

static int take_gde(struct journal_check *c, u64 index, u64 entry,
		    struct journal_why *why)
{
	u64 *owner;
	u32 table;

	if (sesparse_decode_gde(c->x->geo, entry, &table) != SESPARSE_ALLOCATED)
		return 0;
	owner = find_owner(c, table);
	if (owner && *owner != NOBODY)
		return journal_refuse(why,
			"step 7: grain table %u would change, which grain directory entries %llu and %llu both name, expected one of them",
			table, *owner, index);
	if (owner)
		*owner = index;
	return 0;
}

static int find_owners(struct journal_check *c, struct journal_why *why)
{
	size_t i;
	u64 index, entry;
	int r;

	r = list_tables(c);
	for (index = 0; index < c->x->geo->nr_tables && c->nr_owners && !r;
	     index++) {
		r = look_word(c, JOURNAL_DIRECTORY, index, &entry);
		if (!r)
			r = take_gde(c, index, entry, why);
	}
	for (i = 0; i < c->nr_owners && !r; i++)
		if (c->owners[i].owner == NOBODY)
			r = journal_refuse(why,
				"step 7: grain table %llu is in the journal, but no grain directory entry names it, expected one",
				c->owners[i].table);
	return r;
}

/* A bit that changes says whether the grain is in use. */
static int check_bit(struct journal_check *c, u64 grain, unsigned int order,
		     bool bit)
{
	struct journal_why *why = &c->misfit[order];
	struct owner o;
	int r;

	r = look_owner(c, grain, &o);
	if (r || o.owns == bit)
		return r;
	if (!bit)
		journal_refuse(why,
			       "step 7: grain %llu of the extent would become free in the bitmap, but grain %llu of the disk is mapped to it",
			       grain, o.virt);
	else if (!o.is_named)
		journal_refuse(why,
			       "step 7: grain %llu of the extent would become used in the bitmap, but the back map has 0x%016llx for it, expected a grain of the disk",
			       grain, o.back);
	else
		journal_refuse(why,
			       "step 7: grain %llu of the extent would become used in the bitmap, for grain %llu of the disk by the back map, but that one's entry is 0x%016llx, expected it to map it",
			       grain, o.virt, o.entry);
	return 0;
}

static int check_bits(struct journal_check *c, u64 first, const u8 *data,
		      struct journal_why *why)
{
	unsigned int order;
	u64 i;
	int r = 0;

	for (i = 0; i < SECTOR_BITS && !r; i++)
		for (order = 0; order < JOURNAL_BIT_ORDERS && !r; order++)
			if (!misfits(c, order) &&
			    bit_of(data, i, order) != bit_of(c->old, i, order))
				r = check_bit(c, first + i, order,
					      bit_of(data, i, order));
	return r ? r : end_orders(c, why);
}

static int check_owner(struct journal_check *c, u64 grain, u64 back,
		       struct journal_why *why)
{
	unsigned int order;
	struct owner o;
	bool bit;
	int r;

	if (back) {
		r = look_owner(c, grain, &o);
		if (r || o.owns)
			return r;
		if (!o.is_named)
			return journal_refuse(why,
				"step 7: grain %llu of the extent would get 0x%016llx in the back map, expected 0 or a grain of the disk",
				grain, back);
		return journal_refuse(why,
			"step 7: grain %llu of the extent would get 0x%016llx in the back map, but the entry of grain %llu of the disk is 0x%016llx, expected it to map it",
			grain, back, o.virt, o.entry);
	}
	for (order = 0; order < JOURNAL_BIT_ORDERS; order++) {
		r = look_bit(c, grain, order, &bit);
		if (r)
			return r;
		if (bit)
			journal_refuse(&c->misfit[order],
				       "step 7: grain %llu of the extent would get 0 in the back map, but is used in the bitmap, expected it free",
				       grain);
	}
	return end_orders(c, why);
}

static int check_word(struct journal_check *c, enum journal_region region,
		      u64 index, u64 old, u64 value, struct journal_why *why)
{
	u64 table;

	switch (region) {
	case JOURNAL_DIRECTORY:
		return check_gde(c, index, old, value, why);
	case JOURNAL_TABLES:
		table = *find_owner(c, index / SESPARSE_TABLE_ENTRIES);
		return check_gte(c, (table << SESPARSE_TABLE_SHIFT) +
				    index % SESPARSE_TABLE_ENTRIES, value, why);
	default:
		return check_owner(c, index, value, why);
	}
}

static int check_words(struct journal_check *c, enum journal_region region,
		       u64 first, const __le64 *words, struct journal_why *why)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < WORDS && !r; i++)
		if (words[i] != c->old[i])
			r = check_word(c, region, first + i,
				       le64_to_cpu(c->old[i]),
				       le64_to_cpu(words[i]), why);
	return r;
}

static int check_patch(struct journal_check *c,
		       const struct journal_patch *patch,
		       struct journal_why *why)
{
	enum journal_region region = JOURNAL_DIRECTORY;
	u64 at;

	while (patch->sector >= c->end[region])
		region++;
	if (read_disk(c, patch->sector, c->old))
		return c->error;
	if (!memcmp(c->old, patch->data, sizeof(c->old)))
		return 0;
	c->changed++;
	at = patch->sector - c->first[region];
	if (region == JOURNAL_BITMAP)
		return check_bits(c, at * SECTOR_BITS, patch->data, why);
	return check_words(c, region, at * WORDS, (const void *)patch->data,
			   why);
}

/**
 * journal_check_begin() - check what a replay would change
 * @c: the check; for journal_check_end(), on failure too
 * @x: the extent, and the patches, of sectors that journal_parse() let pass; it
 *     must outlive @c
 * @why: why not, if it is refused
 *
 * That a grain which the bitmap will call free is mapped by no entry at all is
 * journal_check_mapped()'s to say, who is told of each that is.
 *
 * Return: 0, EINVAL if it is refused, ENOMEM, or what @x->read returned, which is
 * in @c->error, too.
 */
int journal_check_begin(struct journal_check *c, const struct journal_extent *x,
			struct journal_why *why)
{
	const struct sesparse_const_header *h = x->headers;
	const struct sesparse_extent regions[] = {
		[JOURNAL_DIRECTORY] = h->grain_directory,
		[JOURNAL_TABLES] = h->grain_tables,
		[JOURNAL_BITMAP] = h->free_bitmap,
		[JOURNAL_BACKMAP] = h->backmap,
	};
	size_t i;
	int r;

	memset(c, 0, sizeof(*c));
	c->x = x;
	for (i = 0; i < JOURNAL_REGIONS; i++) {
		c->first[i] = le64_to_cpu(regions[i].offset);
		c->end[i] = c->first[i] + le64_to_cpu(regions[i].size);
		c->held[i] = NOBODY;
	}
	r = find_owners(c, why);
	for (i = 0; i < x->patches->nr && !r; i++)
		r = check_patch(c, &x->patches->list[i], why);
	return r;
}

static int check_mapped(struct journal_check *c, u64 grain, const u8 *data)
{
	unsigned int order;

	for (order = 0; order < JOURNAL_BIT_ORDERS; order++)
		if (bit_of(c->old, grain, order) && !bit_of(data, grain, order))
			journal_refuse(&c->misfit[order],
				       "step 7: grain %llu of the extent would become free in the bitmap, but an entry maps it",
				       grain);
	return 0;
}

/**
 * journal_check_mapped() - hold grains that entries map against the bitmap's changes
 * @c: the check
 * @grain: the first of some grains of the extent that entries will map
 * @nr: their number
 * @why: why not, if it is refused
 *
 * Return: as journal_check_begin() does.
 */
int journal_check_mapped(struct journal_check *c, u64 grain, u64 nr,
			 struct journal_why *why)
{
	const u64 end = grain + nr;
	const u8 *data;
	u64 sector, stop;
	int r = 0;

	for (; grain < end && !r; grain = stop) {
		sector = c->first[JOURNAL_BITMAP] + grain / SECTOR_BITS;
		stop = min_t(u64, end, (grain / SECTOR_BITS + 1) * SECTOR_BITS);
		data = sector < c->end[JOURNAL_BITMAP] ?
		       journal_find(c->x->patches, sector) : NULL;
		if (!data)
			continue;
		r = read_disk(c, sector, c->old);
		for (; grain < stop && !r; grain++)
			r = check_mapped(c, grain, data);
	}
	return r ? r : end_orders(c, why);
}

/**
 * journal_check_end() - free what a check took
 * @c: the check
 */
void journal_check_end(struct journal_check *c)
{
	free(c->owners);
	c->owners = NULL;
}
