// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file: a header, then for each extent a header of its own, the numbers of its
 * sectors and their contents.  All numbers are little-endian.
 */
#include <errno.h>

#include "sesparse/patch.h"
#include "sesparse/table-reader.h"
#include "source/source.h"
#include "source/splice.h"

#define MAGIC "seSparse patch\n"
#define VERSION_1 1u
/* Layers of a chain, times extents of a disk: no file has more. */
#define MAX_EXTENTS 65536u
/*
 * What is read at once for a sum, less by fuzzers, and what is left out of it where it is
 * zeros.
 */
#ifndef READ_BYTES
#define READ_BYTES (1U << 20)
#endif
#define PIECE_BYTES 4096U

static_assert(READ_BYTES % PIECE_BYTES == 0);

struct file_header {
	char magic[PATCH_MAGIC_BYTES];
	__le64 version;
	__le64 extents;
	__le64 bytes; /* of the file */
	char sum[SHA256_TEXT - 1]; /* of all that follows */
};

struct extent_header {
	__le64 sectors;
	__le64 metadata;
	__le64 nr;
	char before[SHA256_TEXT - 1];
	char name[PATCH_NAME];
};

static_assert(sizeof(struct file_header) % sizeof(u64) == 0);
static_assert(sizeof(struct extent_header) % sizeof(u64) == 0);

static bool is_zero(const char *buf, size_t bytes)
{
	return !*buf && !memcmp(buf, buf + 1, bytes - 1);
}

static int read_by_sector(extent_read *read, void *private, u64 at, char *buf,
			  size_t bytes)
{
	size_t done;
	bool hole;
	int error;

	for (done = 0; done < bytes; done += SESPARSE_SECTOR_SIZE) {
		error = read(private, at + done, buf + done,
			     SESPARSE_SECTOR_SIZE, &hole);
		if (error == ENOMEM)
			return error;
		if (error || hole)
			memset(buf + done, error ? 0xff : 0,
			       SESPARSE_SECTOR_SIZE);
	}
	return 0;
}

/**
 * patch_read() - read some of an extent's metadata, however damaged
 * @read: reads of the extent
 * @private: for that
 * @at: the first byte
 * @buf: filled in if it is no hole: with ones for sectors that cannot be read, which no
 *       structure takes for anything
 * @bytes: how many, whole sectors
 * @kind: set to what it is
 *
 * Return: 0, or ENOMEM.
 */
int patch_read(extent_read *read, void *private, u64 at, void *buf,
	       size_t bytes, enum patch_read *kind)
{
	bool hole;
	int error = read(private, at, buf, bytes, &hole);

	*kind = error ? PATCH_UNREADABLE : hole ? PATCH_HOLE : PATCH_DATA;
	if (!error || error == ENOMEM)
		return error;
	return read_by_sector(read, private, at, buf, bytes);
}

static void add_pieces(struct sha256 *sum, u64 at, const char *buf,
		       size_t bytes)
{
	size_t done, piece;
	__le64 place;

	for (done = 0; done < bytes; done += piece) {
		piece = min_t(size_t, PIECE_BYTES, bytes - done);
		if (is_zero(buf + done, piece))
			continue;
		place = cpu_to_le64(at + done);
		sha256_add(sum, &place, sizeof(place));
		sha256_add(sum, buf + done, piece);
	}
}

/*
 * Of the pieces that are not zeros, each with its place: most of the metadata of a
 * large disk are holes.
 */
static int sum_up(extent_read *read, void *private, u64 metadata,
		  char text[SHA256_TEXT])
{
	const u64 end = metadata * SESPARSE_SECTOR_SIZE;
	char *buf = malloc(READ_BYTES);
	enum patch_read kind;
	struct sha256 sum;
	size_t bytes;
	int error = buf ? 0 : ENOMEM;
	u64 at;

	sha256_start(&sum);
	for (at = 0; at < end && !error; at += bytes) {
		bytes = (size_t)min_t(u64, READ_BYTES, end - at);
		error = patch_read(read, private, at, buf, bytes, &kind);
		if (!error && kind != PATCH_HOLE)
			add_pieces(&sum, at, buf, bytes);
	}
	sha256_end(&sum, text);
	free(buf);
	return error;
}

/**
 * patch_begin() - begin a patch
 * @patch: it
 * @sectors: from the extent's start to the end of what it is in
 * @metadata: of these, how many are before the grains
 * @read: reads of the extent
 * @private: for that
 *
 * Return: 0, or ENOMEM.
 */
int patch_begin(struct patch *patch, u64 sectors, u64 metadata,
		extent_read *read, void *private)
{
	*patch = (struct patch){ .sectors = sectors, .metadata = metadata };
	return sum_up(read, private, metadata, patch->before);
}

/**
 * patch_still_fits() - is an extent as it was when a patch was begun?
 * @patch: the patch
 * @read: as of patch_begin()
 * @private: for that
 * @fits: set to whether it is
 *
 * Return: 0, or ENOMEM.
 */
int patch_still_fits(const struct patch *patch, extent_read *read,
		     void *private, bool *fits)
{
	char sum[SHA256_TEXT];
	int error = sum_up(read, private, patch->metadata, sum);

	*fits = !error && !strcmp(sum, patch->before);
	return error;
}

static int grow(struct patch *p)
{
	const u64 room = p->room * 2 + 64;
	__le64 *at = reallocarray(p->at, room, sizeof(*at));
	u8 *data;

	if (!at)
		return ENOMEM;
	p->at = at;
	data = reallocarray(p->data, room, SESPARSE_SECTOR_SIZE);
	if (!data)
		return ENOMEM;
	p->data = data;
	p->room = room;
	return 0;
}

/**
 * patch_add() - have a sector read otherwise
 * @patch: the patch
 * @sector: of the extent, behind those that were added before
 * @after: what it is to read as
 *
 * Return: 0, or ENOMEM.
 */
int patch_add(struct patch *patch, u64 sector, const void *after)
{
	if (patch->nr == patch->room && grow(patch))
		return ENOMEM;
	patch->at[patch->nr] = cpu_to_le64(sector);
	memcpy(patch->data + patch->nr * SESPARSE_SECTOR_SIZE, after,
	       SESPARSE_SECTOR_SIZE);
	patch->nr++;
	return 0;
}

/**
 * patch_free() - free what patch_add() took
 * @patch: the patch
 */
void patch_free(struct patch *patch)
{
	if (!patch->room)
		return;
	free(patch->at);
	free(patch->data);
	*patch = (struct patch){ 0 };
}

static u64 bytes_of(const struct patch *p)
{
	return sizeof(struct extent_header) +
	       p->nr * (sizeof(*p->at) + SESPARSE_SECTOR_SIZE);
}

static char *put_patch(const struct patch *p, char *to)
{
	struct extent_header *h = (void *)to;

	h->sectors = cpu_to_le64(p->sectors);
	h->metadata = cpu_to_le64(p->metadata);
	h->nr = cpu_to_le64(p->nr);
	memcpy(h->before, p->before, sizeof(h->before));
	memcpy(h->name, p->name, sizeof(h->name));
	to += sizeof(*h);
	if (!p->nr)
		return to;
	memcpy(to, p->at, p->nr * sizeof(*p->at));
	to += p->nr * sizeof(*p->at);
	memcpy(to, p->data, p->nr * SESPARSE_SECTOR_SIZE);
	return to + p->nr * SESPARSE_SECTOR_SIZE;
}

static void put_sum(const void *bytes, size_t size, char to[SHA256_TEXT])
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, bytes, size);
	sha256_end(&sum, to);
}

/**
 * patches_begin_so() - may this be the beginning of a patch's file?
 * @begin: it
 *
 * Return: true if so.
 */
bool patches_begin_so(const char begin[PATCH_MAGIC_BYTES])
{
	return !memcmp(begin, MAGIC, PATCH_MAGIC_BYTES);
}

/**
 * patches_encode() - make the bytes of a file
 * @patches: what it is to hold
 * @bytes: set to them, for free()
 * @size: set to their number
 *
 * Return: 0, EFBIG, or ENOMEM.
 */
int patches_encode(const struct patches *patches, void **bytes, size_t *size)
{
	u64 total = sizeof(struct file_header);
	struct file_header *h;
	char sum[SHA256_TEXT], *to;
	size_t i;

	for (i = 0; i < patches->nr; i++)
		total += bytes_of(&patches->list[i]);
	if (total > PATCH_MAX_BYTES || total > SIZE_MAX)
		return EFBIG;
	h = calloc(1, (size_t)total);
	if (!h)
		return ENOMEM;
	memcpy(h->magic, MAGIC, sizeof(h->magic));
	h->version = cpu_to_le64(VERSION_1);
	h->extents = cpu_to_le64(patches->nr);
	h->bytes = cpu_to_le64(total);
	to = (char *)(h + 1);
	for (i = 0; i < patches->nr; i++)
		to = put_patch(&patches->list[i], to);
	put_sum(h + 1, (size_t)total - sizeof(*h), sum);
	memcpy(h->sum, sum, sizeof(h->sum));
	*bytes = h;
	*size = (size_t)total;
	return 0;
}

static int check_header(const struct file_header *h, size_t size, char *why,
			size_t why_size)
{
	const bool is_whole = size >= sizeof(*h);
	const u64 version = is_whole ? le64_to_cpu(h->version) : 0;
	const u64 extents = is_whole ? le64_to_cpu(h->extents) : 0;
	const u64 bytes = is_whole ? le64_to_cpu(h->bytes) : 0;
	char sum[SHA256_TEXT];

	if (!is_whole || !patches_begin_so(h->magic))
		snprintf(why, why_size,
			 "is no patch, expected a file that recover has written");
	else if (version != VERSION_1)
		snprintf(why, why_size, "is a patch of version %llu, expected %u",
			 version, VERSION_1);
	else if (bytes != size)
		snprintf(why, why_size,
			 "has %zu bytes, expected %llu by its header (%s): copy it again, or make it again by recover",
			 size, bytes, size < bytes ? "truncated?" :
			 "something was added?");
	else if (!extents || extents > MAX_EXTENTS)
		snprintf(why, why_size, "is for %llu extents, expected 1 to %u",
			 extents, MAX_EXTENTS);
	else {
		put_sum(h + 1, size - sizeof(*h), sum);
		if (!memcmp(h->sum, sum, sizeof(h->sum)))
			return 0;
		snprintf(why, why_size,
			 "has other contents than its checksum says: it was changed or damaged, make it again by recover");
	}
	return EINVAL;
}

/* Sectors in order, each once, all of them of the metadata. */
static bool are_in_order(const struct patch *p)
{
	u64 next = 0, sector, i;

	for (i = 0; i < p->nr; i++) {
		sector = le64_to_cpu(p->at[i]);
		if (sector < next || sector >= p->metadata)
			return false;
		next = sector + 1;
	}
	return true;
}

static bool are_numbers_right(const struct patch *p)
{
	return p->sectors <= INT64_MAX / SESPARSE_SECTOR_SIZE &&
	       p->metadata <= p->sectors &&
	       memchr(p->name, '\0', sizeof(p->name)) && are_in_order(p);
}

/* Return: how many of @size bytes the patch has, or 0. */
static u64 take_patch(const char *from, u64 size, struct patch *p)
{
	const struct extent_header *h = (const void *)from;
	u64 nr;

	if (size < sizeof(*h))
		return 0;
	nr = le64_to_cpu(h->nr);
	size -= sizeof(*h);
	if (!nr || nr > size / (sizeof(*p->at) + SESPARSE_SECTOR_SIZE))
		return 0;
	*p = (struct patch){
		.sectors = le64_to_cpu(h->sectors),
		.metadata = le64_to_cpu(h->metadata),
		.at = (__le64 *)(h + 1),
		.data = (u8 *)(h + 1) + nr * sizeof(*p->at),
		.nr = nr,
	};
	memcpy(p->before, h->before, sizeof(h->before));
	memcpy(p->name, h->name, sizeof(h->name));
	return are_numbers_right(p) ? bytes_of(p) : 0;
}

/**
 * patches_parse() - take a file apart
 * @bytes: what it holds, aligned as malloc() does; the patches point there
 * @size: how many there are
 * @patches: filled in, for patches_free(), on failure too
 * @why: what is wrong, on EINVAL
 * @why_size: room for it
 *
 * Return: 0, EINVAL, or ENOMEM.
 */
int patches_parse(const void *bytes, size_t size, struct patches *patches,
		  char *why, size_t why_size)
{
	const struct file_header *h = bytes;
	const char *at = (const char *)(h + 1);
	u64 nr, taken;

	*patches = (struct patches){ 0 };
	if (check_header(h, size, why, why_size))
		return EINVAL;
	nr = le64_to_cpu(h->extents);
	patches->list = calloc((size_t)nr, sizeof(*patches->list));
	if (!patches->list)
		return ENOMEM;
	size -= sizeof(*h);
	for (; patches->nr < nr; patches->nr++) {
		taken = take_patch(at, size, &patches->list[patches->nr]);
		if (!taken)
			break;
		at += taken;
		size -= taken;
	}
	if (patches->nr == nr && !size)
		return 0;
	snprintf(why, why_size,
		 "is no patch from extent %zu on, expected sectors of it in order, and their contents",
		 patches->nr + 1);
	return EINVAL;
}

/**
 * patches_free() - free what patches_parse() took, or a list that was made
 * @patches: the patches
 */
void patches_free(struct patches *patches)
{
	while (patches->nr)
		patch_free(&patches->list[--patches->nr]);
	free(patches->list);
	patches->list = NULL;
}

static int read_source(void *private, u64 at, void *buf, size_t bytes,
		       bool *hole)
{
	return tables_read_bytes(private, at, buf, bytes, hole);
}

/**
 * patch_sum() - sum an extent's metadata up
 * @source: what it is in, open
 * @start: its first sector there
 * @metadata: sectors of them, all of which the source has
 * @sum: filled in: what fits has it for its @before
 *
 * Return: 0, or ENOMEM.
 */
int patch_sum(const struct source *source, u64 start, u64 metadata,
	      char sum[SHA256_TEXT])
{
	struct tables tables = { .source = source, .start = start };

	return sum_up(read_source, &tables, metadata, sum);
}

/**
 * patch_apply() - have an extent read as a patch says
 * @patch: the patch, parsed, which fits
 * @source: what the extent is in; reads so from then on, until it is closed
 * @start: its first sector there
 *
 * Return: 0, or an errno; then nothing has changed.
 */
int patch_apply(const struct patch *patch, struct source *source, u64 start)
{
	int error = splice_begin(source);
	u64 i;

	if (error)
		return error;
	/* As patch_read() has read them when the patch was made. */
	splice_allow_unreadable(source, start * SESPARSE_SECTOR_SIZE,
				(start + patch->metadata) *
				SESPARSE_SECTOR_SIZE);
	for (i = 0; i < patch->nr && !error; i++)
		error = splice_write(source,
				     patch->data + i * SESPARSE_SECTOR_SIZE,
				     SESPARSE_SECTOR_SIZE,
				     (start + le64_to_cpu(patch->at[i])) *
				     SESPARSE_SECTOR_SIZE);
	if (!error)
		error = splice_end(source);
	if (error)
		splice_undo(source);
	return error;
}
