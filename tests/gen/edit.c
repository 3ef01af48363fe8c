// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes an extent that was good.
 */
#include "edit.h"
#include "report.h"
#include "rng.h"

static int read_word(const struct extent *x, u64 offset, u64 *value)
{
	__le64 word;

	if (outfile_read(&x->file, &word, sizeof(word), offset))
		return -1;
	*value = le64_to_cpu(word);
	return 0;
}

static int write_word(const struct extent *x, u64 offset, u64 value)
{
	__le64 word = cpu_to_le64(value);

	return outfile_write(&x->file, &word, sizeof(word), offset);
}

/* The byte where the @index-th word of a region lies. */
static int word_offset(const struct extent *x, const struct region *r,
		       u64 index, const char *what, u64 *offset)
{
	u64 size = r->size * SESPARSE_SECTOR_SIZE;

	if (index >= size / sizeof(u64))
		return report("layer %u, extent %u: there is no %s %llu",
			      x->layer, x->number, what, index);
	*offset = r->offset * SESPARSE_SECTOR_SIZE + index * sizeof(u64);
	return 0;
}

static int directory_offset(const struct extent *x, u64 index, u64 *offset)
{
	return word_offset(x, &x->l.directory, index, "directory entry",
			   offset);
}

static int new_table(struct extent *x, u64 where)
{
	if (x->next_slot >= x->l.table.size / SESPARSE_TABLE_SECTORS)
		return report("layer %u, extent %u: no slot for another table",
			      x->layer, x->number);
	return write_word(x, where, layout_gde(x->next_slot++));
}

/* The byte where a grain's table entry lies; its table is made on demand. */
static int entry_offset(struct extent *x, u64 virt, u64 *offset)
{
	u64 where, gde;

	if (virt >= x->l.tables * SESPARSE_TABLE_ENTRIES)
		return report("layer %u, extent %u: there is no grain %llu",
			      x->layer, x->number, virt);
	if (directory_offset(x, virt >> SESPARSE_TABLE_SHIFT, &where) ||
	    read_word(x, where, &gde))
		return -1;
	if (!gde && (new_table(x, where) || read_word(x, where, &gde)))
		return -1;
	*offset = x->l.table.offset * SESPARSE_SECTOR_SIZE +
		  (u32)gde * (u64)SESPARSE_TABLE_BYTES +
		  virt % SESPARSE_TABLE_ENTRIES * sizeof(u64);
	return 0;
}

static int find_word(struct extent *x, enum edit_kind kind, u64 index,
		     u64 *offset)
{
	switch (kind) {
	case EDIT_GT:
		return entry_offset(x, index, offset);
	case EDIT_GD:
		return directory_offset(x, index, offset);
	default:
		return word_offset(x, &x->l.backmap, index, "backmap entry",
				   offset);
	}
}

static int edit_word(struct extent *x, const struct edit *e)
{
	u64 value = e->value, offset;

	if (e->dup) {
		if (find_word(x, e->kind, e->value, &offset) ||
		    read_word(x, offset, &value))
			return -1;
		if (!value)
			return report("layer %u, extent %u: entry %llu is empty",
				x->layer, x->number, e->value);
	}
	if (find_word(x, e->kind, e->index, &offset))
		return -1;
	return write_word(x, offset, value);
}

/* What is left where something else was written over a table. */
static int write_noise(struct extent *x, const struct edit *e)
{
	struct rng rng = { rng_key(x->o->seed, RNG_NOISE, x->layer,
				   x->number) + e->index };
	u64 i, offset;

	for (i = 0; i < e->value; i++) {
		if (entry_offset(x, e->index + i, &offset) ||
		    write_word(x, offset, rng_next(&rng)))
			return -1;
	}
	return 0;
}

static int flip_bit(const struct extent *x, u64 bit)
{
	u64 offset = x->l.bitmap.offset * SESPARSE_SECTOR_SIZE + bit / 8;
	u8 byte;

	if (bit / 8 >= x->l.bitmap.size * SESPARSE_SECTOR_SIZE)
		return report("layer %u, extent %u: there is no bit %llu in the free bitmap",
			x->layer, x->number, bit);
	if (outfile_read(&x->file, &byte, 1, offset))
		return -1;
	byte ^= (u8)(1u << bit % 8);
	return outfile_write(&x->file, &byte, 1, offset);
}

static int edit_entry(struct extent *x, const struct edit *e)
{
	switch (e->kind) {
	case EDIT_NOISE:
		return write_noise(x, e);
	case EDIT_BITMAP:
		return flip_bit(x, e->index);
	default:
		return edit_word(x, e);
	}
}

/* The next edit from @e on that is meant, or NULL. */
static const struct edit *next_edit(const struct options *o,
				    const struct edit *e, enum edit_kind kind,
				    unsigned int layer, unsigned int number)
{
	for (; e && e < o->edits + o->nr_edits; e++) {
		if (e->kind == kind && e->layer == layer && e->extent == number)
			return e;
	}
	return NULL;
}

/**
 * edit_entries() - make the changes to tables and maps
 * @x: the extent, all but its headers written
 *
 * Return: 0, or -1 after a report.
 */
int edit_entries(struct extent *x)
{
	const struct edit *e;
	unsigned int kind;

	for (kind = EDIT_NOISE; kind <= EDIT_BACKMAP; kind++) {
		e = x->o->edits;
		while ((e = next_edit(x->o, e, kind, x->layer, x->number))) {
			if (edit_entry(x, e))
				return -1;
			e++;
		}
	}
	return 0;
}

/**
 * edit_headers() - make the changes to header fields
 * @x: the extent; its headers are not on disk yet
 */
void edit_headers(struct extent *x)
{
	const struct edit *e = x->o->edits;
	__le64 value;

	while ((e = next_edit(x->o, e, EDIT_FIELD, x->layer, x->number))) {
		value = cpu_to_le64(e->value);
		memcpy(x->header + e->index, &value, sizeof(value));
		e++;
	}
}

/**
 * edit_size() - cut a file that is to be cut
 * @o: the request
 * @layer: the file's, 0 for the base
 * @number: the extent in there, from 1
 * @f: the file
 *
 * Return: 0, or -1 after a report.
 */
int edit_size(const struct options *o, unsigned int layer, unsigned int number,
	      const struct outfile *f)
{
	const struct edit *e =
		next_edit(o, o->edits, EDIT_TRUNCATE, layer, number);

	return e ? outfile_truncate(f, e->value) : 0;
}

/**
 * edit_find() - find a change to a descriptor
 * @o: the request
 * @kind: what is changed
 * @layer: whose descriptor
 *
 * Return: the change, or NULL for none.
 */
const struct edit *edit_find(const struct options *o, enum edit_kind kind,
			     unsigned int layer)
{
	return next_edit(o, o->edits, kind, layer, 1);
}
