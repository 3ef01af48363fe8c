// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/fs.h"
#include "vmfs/lun.h"
#include "vmfs/volume.h"

/* What people call it, if the first extent is there, else the LVM's name for it. */
static void name_volume(const struct extent *first, char name[FS_LABEL_SIZE])
{
	size_t i;

	for (i = 0; i < first->nr_pieces; i++)
		if (!first->pieces[i].start &&
		    fs_read_label(first->lun, first->pieces[i].at, name))
			return;
	uuid_print(first->volume, name);
}

static int fail_missing(const struct extent *first, u64 number)
{
	char name[FS_LABEL_SIZE];

	name_volume(first, name);
	return fail(EXIT_DEVICE,
		    "%s: extent %llu of %u of volume %s is on none of the LUNs given: name it with --lun",
		    first->lun->source.path, number, first->nr_extents, name);
}

static int fail_twice(const struct extent *a, const struct extent *b, u64 number)
{
	char name[UUID_TEXT_SIZE], device[2][UUID_TEXT_SIZE];

	uuid_print(a->volume, name);
	uuid_print(a->device, device[0]);
	uuid_print(b->device, device[1]);
	return fail(EXIT_DEVICE,
		    "%s (device %s) and %s (device %s) both have extent %llu of volume %s: one is an array's snapshot or clone of the other, or another path to it: name only one of them",
		    a->lun->source.path, device[0], b->lun->source.path,
		    device[1], number, name);
}

/* What an array took later or earlier than the rest does not go with it. */
static int check_copies(struct extent *const *extents, size_t nr)
{
	const struct extent *first = extents[0], *e;
	size_t i;

	for (i = 1; i < nr; i++) {
		e = extents[i];
		if (e->copy == first->copy && e->is_copy == first->is_copy)
			continue;
		return fail(EXIT_DEVICE,
			    "%s: LVM volume descriptor: snapshot %u%s, but %u%s according to %s: name the original LUNs, or copies of all of them from one moment",
			    e->lun->source.path, e->copy,
			    e->is_copy ? " that waits for a resignature" : "",
			    first->copy, first->is_copy ?
			    " that waits for a resignature" : "",
			    first->lun->source.path);
	}
	return 0;
}

/* The extents are in order; whatever is not there is told by its position. */
static int check_complete(struct extent *const *extents, size_t nr)
{
	u64 next = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (i && extents[i]->first == extents[i - 1]->first)
			return fail_twice(extents[i - 1], extents[i], i);
		if (extents[i]->first > next)
			return fail_missing(extents[0], i + 1);
		if (extents[i]->first < next)
			return fail(EXIT_DEVICE,
				    "%s: LVM volume descriptor: has physical extents %llu to %llu of the volume, and %s has those up to %llu",
				    extents[i]->lun->source.path,
				    extents[i]->first, extents[i]->last,
				    extents[i - 1]->lun->source.path, next - 1);
		next = extents[i]->last + 1;
	}
	for (i = 1; i < nr; i++)
		if (extents[i]->nr_extents != extents[0]->nr_extents)
			return fail(EXIT_DEVICE,
				    "%s: LVM volume descriptor: the volume has %u devices, but %u according to %s",
				    extents[i]->lun->source.path,
				    extents[i]->nr_extents,
				    extents[0]->nr_extents,
				    extents[0]->lun->source.path);
	if (extents[0]->nr_extents != nr)
		return nr < extents[0]->nr_extents ?
		       fail_missing(extents[0], nr + 1) :
		       fail(EXIT_DEVICE,
			    "%s: LVM volume descriptor: the volume has %u devices, but %zu were found",
			    extents[0]->lun->source.path,
			    extents[0]->nr_extents, nr);
	return 0;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int compare_places(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->lun != y->lun)
		return x->lun->index < y->lun->index ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* No byte of a device is two of the volume. */
static int check_apart(const struct volume *v)
{
	const struct piece *p;
	size_t i;

	qsort(v->pieces, v->nr_pieces, sizeof(*v->pieces), compare_places);
	for (i = 1; i < v->nr_pieces; i++) {
		p = &v->pieces[i];
		if (p->lun == p[-1].lun &&
		    p->at - p[-1].at < p[-1].end - p[-1].start)
			return fail(EXIT_DEVICE,
				    "%s: LVM: byte %llu is in two physical extents, for bytes %llu and %llu of the volume on",
				    p->lun->source.path, p->at, p[-1].start,
				    p->start);
	}
	return 0;
}

/* One after the other, without gaps; what lies side by side becomes one. */
static int join_pieces(struct volume *v)
{
	struct piece *p, *last = NULL;
	size_t i, nr = v->nr_pieces;
	u64 end = 0;

	qsort(v->pieces, nr, sizeof(*v->pieces), compare_pieces);
	v->nr_pieces = 0;
	for (i = 0; i < nr; i++) {
		p = &v->pieces[i];
		if (p->start != end)
			return fail(EXIT_DEVICE,
				    "%s: LVM: a physical extent begins with byte %llu of the volume, expected byte %llu: %s",
				    p->lun->source.path, p->start, end,
				    p->start < end ? "two overlap" :
				    "there is none in between");
		end = p->end;
		if (last && last->lun == p->lun &&
		    last->at + (last->end - last->start) == p->at) {
			last->end = end;
			continue;
		}
		last = &v->pieces[v->nr_pieces++];
		*last = *p;
	}
	v->bytes = end;
	return 0;
}

static int take_pieces(struct volume *v, struct extent *const *extents,
		       size_t nr)
{
	size_t i, total = 0;
	int r;

	for (i = 0; i < nr; i++)
		total += extents[i]->nr_pieces;
	if (!total)
		return fail(EXIT_DEVICE,
			    "%s: LVM: the volume has no physical extents",
			    v->name);
	v->pieces = calloc(total, sizeof(*v->pieces));
	if (!v->pieces)
		return fail_memory();
	for (i = 0; i < nr; i++) {
		memcpy(v->pieces + v->nr_pieces, extents[i]->pieces,
		       extents[i]->nr_pieces * sizeof(*v->pieces));
		v->nr_pieces += extents[i]->nr_pieces;
	}
	r = check_apart(v);
	return r ? r : join_pieces(v);
}

/**
 * volume_assemble() - put a volume together
 * @luns: what it lies on
 * @extents: all that were found of it, by their first units
 * @nr: their number, not 0
 * @volume: all 0; filled in, for volume_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int volume_assemble(const struct luns *luns, struct extent *const *extents,
		    size_t nr, struct volume *volume)
{
	int r;

	volume->luns = luns;
	volume->name = extents[0]->lun->source.path;
	volume->copy = extents[0]->copy;
	volume->is_copy = extents[0]->is_copy;
	memcpy(volume->uuid, extents[0]->volume, UUID_BYTES);
	r = check_complete(extents, nr);
	if (!r)
		r = check_copies(extents, nr);
	return r ? r : take_pieces(volume, extents, nr);
}

/**
 * volume_locate() - find where a byte of a volume lies
 * @volume: it
 * @at: the byte
 * @place: set to where
 *
 * Return: how many bytes lie there from it on; 0 if it is past the end.
 */
u64 volume_locate(const struct volume *volume, u64 at, struct place *place)
{
	size_t low = 0, high = volume->nr_pieces, middle;
	const struct piece *p;

	if (at >= volume->bytes)
		return 0;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (volume->pieces[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	p = &volume->pieces[low];
	place->lun = p->lun;
	place->at = p->at + (at - p->start);
	return p->end - at;
}

/**
 * volume_find() - find where a structure lies, which must be in one place
 * @volume: where it is
 * @what: it, for messages
 * @at: its first byte, of the volume
 * @bytes: its length
 * @place: set to where
 *
 * Return: 0, or an exit code after a message.
 */
int volume_find(const struct volume *volume, const char *what, u64 at,
		size_t bytes, struct place *place)
{
	const u64 there = volume_locate(volume, at, place);

	if (there >= bytes)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: %s is %zu bytes at byte %llu of the volume, which has %llu%s",
		    volume->name, what, bytes, at, volume->bytes,
		    there ? ", and would be in two physical extents" : "");
}

/**
 * volume_read() - read a structure, which must be in one place
 * @volume: where it is
 * @what: it, for messages
 * @at: its first byte, of the volume
 * @buf: where to put it
 * @bytes: its length
 *
 * Return: 0, or an exit code after a message.
 */
int volume_read(const struct volume *volume, const char *what, u64 at,
		void *buf, size_t bytes)
{
	struct place place;
	int r = volume_find(volume, what, at, bytes, &place);

	/* volume_find() has set it if it found it. */
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
	return r ? r : lun_read(place.lun, what, place.at, buf, bytes);
}

/**
 * volume_free() - free what volume_assemble() made
 * @volume: it
 */
void volume_free(struct volume *volume)
{
	free(volume->pieces);
	volume->pieces = NULL;
}
