// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>

#include "sesparse/recovering.h"

/**
 * recover_tell() - note something that is wrong with an extent
 * @r: the recovery
 * @sure: what became of it is beyond doubt
 * @lost: nothing could be done
 * @format: for people, as printf()'s
 *
 * Return: 0, or ENOMEM.
 */
int recover_tell(struct recovering *r, bool sure, bool lost, const char *format,
		 ...)
{
	struct recover *out = r->out;
	struct recover_item *items;
	va_list ap;

	out->damaged = true;
	if (out->nr_items == out->room) {
		items = reallocarray(out->items, out->room * 2 + 16,
				     sizeof(*items));
		if (!items)
			return ENOMEM;
		out->items = items;
		out->room = out->room * 2 + 16;
	}
	items = &out->items[out->nr_items++];
	*items = (struct recover_item){ .sure = sure, .lost = lost };
	va_start(ap, format);
	vsnprintf(items->what, sizeof(items->what), format, ap);
	va_end(ap);
	return 0;
}

/**
 * recover_look() - recover_read() without zeros for a hole
 * @r: the recovery
 * @sector: the first
 * @buf: filled in, as patch_read() does
 * @bytes: how many, whole sectors
 * @hole: set if all of it is a hole
 *
 * Return: 0, or ENOMEM.
 */
int recover_look(struct recovering *r, u64 sector, void *buf, size_t bytes,
		 bool *hole)
{
	enum patch_read kind;
	int error;

	error = patch_read(r->in->read, r->in->private,
			   sector * SESPARSE_SECTOR_SIZE, buf, bytes, &kind);
	*hole = !error && kind == PATCH_HOLE;
	if (!error && kind == PATCH_UNREADABLE)
		r->out->damaged = true;
	return error;
}

/**
 * recover_read() - read some of the extent
 * @r: the recovery
 * @sector: the first
 * @buf: filled in, as patch_read() does, and with zeros for a hole
 * @bytes: how many, whole sectors
 * @hole: set if all of it is a hole
 *
 * Return: 0, or ENOMEM.
 */
int recover_read(struct recovering *r, u64 sector, void *buf, size_t bytes,
		 bool *hole)
{
	const int error = recover_look(r, sector, buf, bytes, hole);

	if (!error && *hole)
		memset(buf, 0, bytes);
	return error;
}

/**
 * recover_cells() - how many grains of the disk a table speaks for
 * @r: the recovery
 * @span: which 16 MiB of the disk
 *
 * Return: that number.
 */
u64 recover_cells(const struct recovering *r, u64 span)
{
	return min_t(u64, SESPARSE_TABLE_ENTRIES,
		     r->geo.nr_grains - (span << SESPARSE_TABLE_SHIFT));
}

static u64 disk_bytes(const struct recovering *r)
{
	return r->in->capacity * SESPARSE_SECTOR_SIZE;
}

/* Leaves of @ranges what is before @end. */
static void cut(struct ranges *ranges, u64 end)
{
	struct range *last;

	while (ranges->nr && ranges->list[ranges->nr - 1].start >= end)
		ranges->nr--;
	if (!ranges->nr)
		return;
	last = &ranges->list[ranges->nr - 1];
	last->end = min_t(u64, last->end, end);
}

/* From byte @at of the disk on all that is not lost is unsure. */
static int make_unsure(struct recovering *r, u64 at)
{
	struct recover *out = r->out;
	size_t i;
	int error = 0;

	cut(&out->unsure, at);
	cut(&out->unconfirmed, at);
	for (i = 0; i < out->lost.nr && !error; i++) {
		if (out->lost.list[i].end <= at)
			continue;
		if (out->lost.list[i].start > at)
			error = ranges_add(&out->unsure, at,
					   out->lost.list[i].start);
		at = out->lost.list[i].end;
	}
	if (!error && at < disk_bytes(r))
		error = ranges_add(&out->unsure, at, disk_bytes(r));
	return error ? ENOMEM : 0;
}

static int recover_tables(struct recovering *r)
{
	int error;

	error = recover_read_maps(r);
	if (!error)
		error = recover_read_directory(r);
	if (!error)
		error = recover_look_at_tables(r);
	if (!error)
		error = recover_assign(r);
	if (!error)
		error = recover_confirm(r);
	if (!error)
		error = recover_judge_maps(r);
	if (!error)
		error = recover_find_claims(r);
	if (!error)
		error = recover_make_up(r);
	if (!error)
		error = recover_finish_header(r);
	if (!error)
		error = recover_write_directory(r);
	return error ? error : recover_write_tables(r);
}

/* What a patch was made from was all of one moment, or it is none. */
static int check_unchanged(struct recovering *r)
{
	u8 now[SESPARSE_HEADER_BYTES];
	bool hole, fits;
	int error;

	error = patch_still_fits(&r->out->patch, r->in->read, r->in->private,
				 &fits);
	if (!error)
		error = recover_read(r, 0, now, sizeof(now), &hole);
	if (!error && (!fits || memcmp(now, r->found, sizeof(now))))
		error = EBUSY;
	return error;
}

static int recover(struct recovering *r)
{
	bool hole;
	int error;

	if (r->in->sectors < SESPARSE_HEADER_BYTES / SESPARSE_SECTOR_SIZE) {
		r->out->hopeless = true;
		return recover_tell(r, false, true,
			"headers: there are %llu sectors, expected the metadata of a disk of %llu",
			r->in->sectors, r->in->capacity);
	}
	error = recover_read(r, 0, r->found, sizeof(r->found), &hole);
	if (error)
		return error;
	error = recover_header(r);
	if (!error && !r->out->hopeless)
		error = recover_tables(r);
	if (!error && r->out->patch.nr)
		error = check_unchanged(r);
	return error;
}

/* What is of no use where nothing is wrong, or nothing can be had. */
static int finish(struct recovering *r)
{
	struct recover *out = r->out;

	if (out->hopeless) {
		ranges_free(&out->lost);
		return ranges_add(&out->lost, 0, disk_bytes(r)) ? ENOMEM : 0;
	}
	if (!out->damaged)
		ranges_free(&out->unconfirmed);
	else if (r->all_unsure)
		return make_unsure(r, 0);
	if (!r->unsure_from || r->unsure_from >= r->in->capacity)
		return 0;
	return make_unsure(r, r->unsure_from * SESPARSE_SECTOR_SIZE);
}

static void release(struct recovering *r)
{
	free(r->owners);
	free(r->bitmap);
	free(r->doubtful);
	free(r->directory);
	free(r->new_directory);
	free(r->table_of);
	free(r->made);
	free(r->firm);
	free(r->span_of);
	free(r->tables);
	free(r->claims);
	sesparse_bits_exit(&r->noise);
	sesparse_bits_exit(&r->sure);
	sesparse_bits_exit(&r->weak);
	sesparse_bits_exit(&r->twice);
	sesparse_bits_exit(&r->stale);
	free(r);
}

/**
 * recover_extent() - make an extent's metadata anew from what is left
 * @input: that
 * @out: filled in, for recover_free(), on failure too
 *
 * Return: 0, or an errno: ENOMEM, EFBIG if it has more grains in its file than
 * RECOVER_MAX_GRAINS, or EBUSY if it was written to meanwhile.
 */
int recover_extent(const struct recover_input *input, struct recover *out)
{
	struct recovering *r = calloc(1, sizeof(*r));
	int error;

	*out = (struct recover){ 0 };
	if (!r)
		return ENOMEM;
	r->in = input;
	r->out = out;
	error = recover(r);
	if (!error)
		error = finish(r);
	release(r);
	return error;
}

/**
 * recover_free() - free what recover_extent() made
 * @out: it
 */
void recover_free(struct recover *out)
{
	patch_free(&out->patch);
	free(out->items);
	ranges_free(&out->lost);
	ranges_free(&out->unsure);
	ranges_free(&out->unconfirmed);
	*out = (struct recover){ 0 };
}
