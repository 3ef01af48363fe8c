// SPDX-License-Identifier: GPL-2.0-only
/*
 * The blocks are in a memory file, which can be read as any file, and made a block
 * device by the kernel as any file.  The source gets a layout that has runs of
 * what it was before and of that file: all that reads sources, and all that makes
 * devices of such as lie in pieces, goes by layouts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "source/bytes.h"
#include "source/layout.h"
#include "source/source.h"
#include "source/splice.h"
#include "source/stored.h"
#include "util/hash.h"

/**
 * struct splice - what a source is read from that was spliced
 * @beneath: what it was before
 * @memory: blocks in its place
 * @blocks: their numbers, in order, as they follow one another in @memory
 * @nr: how many there are
 * @room: for how many there is memory
 * @devices: what the source's layout has runs of
 * @ones: bytes of the source where sectors that cannot be read become ones
 * @ones_end: where these end
 */
struct splice {
	struct source beneath;
	struct source memory;
	u64 *blocks;
	size_t nr;
	size_t room;
	struct source **devices;
	u64 ones;
	u64 ones_end;
};

static void free_splice(struct splice *s)
{
	source_close(&s->beneath);
	source_close(&s->memory);
	free(s->memory.path);
	free(s->blocks);
	free(s->devices);
	free(s);
}

/* Both are open by themselves then, but for a layout, which is the same. */
static int share(const struct source *source, struct source *other)
{
	*other = *source;
	other->fd = -1;
	if (source->stored)
		stored_get(source->stored);
	if (source->fd >= 0) {
		other->fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 0);
		if (other->fd < 0)
			return errno;
	}
	return 0;
}

/* What the source was lies in @source again, but for its own descriptor. */
static void take_back(struct source *source)
{
	struct splice *s = source->splice;

	layout_free(source->layout);
	source->layout = s->beneath.layout;
	source->direct = s->beneath.direct;
	source->splice = s->beneath.splice;
	s->beneath.layout = NULL;
	s->beneath.splice = NULL;
	s->beneath.direct = (struct direct){ .fd = -1 };
}

static int open_memory(struct splice *s, const char *path)
{
	if (asprintf(&s->memory.path, "%s (blocks in memory)", path) < 0) {
		s->memory.path = NULL;
		return ENOMEM;
	}
	s->memory.fd = memfd_create("sesparse-splice",
				    MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return s->memory.fd < 0 ? errno : 0;
}

/**
 * splice_begin() - begin to change what a source reads as
 * @source: it, open; nothing changes before splice_end()
 *
 * Return: 0, or an errno; then there is nothing to undo.
 */
int splice_begin(struct source *source)
{
	struct splice *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return ENOMEM;
	s->beneath = SOURCE_CLOSED(NULL);
	s->memory = SOURCE_CLOSED(NULL);
	error = open_memory(s, source->path);
	if (!error)
		error = share(source, &s->beneath);
	if (error) {
		/* These are @source's still. */
		s->beneath.layout = NULL;
		s->beneath.splice = NULL;
		s->beneath.direct.fd = -1;
		free_splice(s);
		return error;
	}
	source->layout = NULL;
	source->direct = (struct direct){ .fd = -1 };
	source->splice = s;
	return 0;
}

/* Bytes that a block has: the last one of a source may be short. */
static size_t block_bytes(const struct splice *s, u64 block)
{
	const u64 end = s->beneath.sectors * SESPARSE_SECTOR_SIZE;

	return (size_t)min_t(u64, SPLICE_BLOCK, end - block * SPLICE_BLOCK);
}

/* Of the sectors of a block that cannot be read, those that may be are ones. */
static int read_by_sector(const struct splice *s, u64 at, char *buf,
			  size_t bytes)
{
	size_t done;
	int error = 0;

	for (done = 0; done < bytes && !error; done += SESPARSE_SECTOR_SIZE) {
		error = source_read(&s->beneath, buf + done,
				    SESPARSE_SECTOR_SIZE, at + done);
		if (!error || error == ENOMEM || at + done < s->ones ||
		    at + done >= s->ones_end)
			continue;
		memset(buf + done, 0xff, SESPARSE_SECTOR_SIZE);
		error = 0;
	}
	return error;
}

static int read_block(const struct splice *s, u64 block, char *buf)
{
	const size_t bytes = block_bytes(s, block);
	const u64 at = block * SPLICE_BLOCK;
	const int error = source_read(&s->beneath, buf, bytes, at);

	return !error || error == ENOMEM || s->ones == s->ones_end ? error :
	       read_by_sector(s, at, buf, bytes);
}

/* The place of a block in memory, into which it is read if it is not there. */
static int find_block(struct splice *s, u64 block, u64 *at)
{
	char buf[SPLICE_BLOCK];
	u64 *blocks;
	int error;

	*at = (s->nr - 1) * SPLICE_BLOCK;
	if (s->nr && s->blocks[s->nr - 1] == block)
		return 0;
	if (s->nr && s->blocks[s->nr - 1] > block)
		return EINVAL;
	if (s->nr == s->room) {
		blocks = reallocarray(s->blocks, s->room * 2 + 16,
				      sizeof(*blocks));
		if (!blocks)
			return ENOMEM;
		s->blocks = blocks;
		s->room = s->room * 2 + 16;
	}
	*at = s->nr * SPLICE_BLOCK;
	error = read_block(s, block, buf);
	if (!error)
		error = bytes_write(s->memory.fd, buf, block_bytes(s, block),
				    *at);
	if (!error)
		s->blocks[s->nr++] = block;
	return error;
}

/**
 * splice_allow_unreadable() - change what lies beside sectors that cannot be read
 * @source: the source, after splice_begin()
 * @start: the first byte of what may be unreadable, a sector's
 * @end: the one behind the last
 *
 * Such a sector in a block that splice_write() changes some of reads as ones from then
 * on: @start to @end must be what takes ones for nothing.
 */
void splice_allow_unreadable(struct source *source, u64 start, u64 end)
{
	source->splice->ones = start;
	source->splice->ones_end = end;
}

/**
 * splice_write() - change a range
 * @source: the source, after splice_begin()
 * @data: what it is to read as there
 * @bytes: how much, all of it in one block of SPLICE_BLOCK
 * @at: first byte, of a block behind or the same as the last call's
 *
 * Return: 0, or an errno.
 */
int splice_write(struct source *source, const void *data, size_t bytes, u64 at)
{
	struct splice *s = source->splice;
	u64 place;
	int error;

	error = find_block(s, at / SPLICE_BLOCK, &place);
	return error ? error : bytes_write(s->memory.fd, data, bytes,
					   place + at % SPLICE_BLOCK);
}

/* What was there before, up to @end. */
static int add_beneath(struct splice *s, struct layout *layout, u64 end)
{
	const struct layout *old = s->beneath.layout;
	struct layout_piece piece;
	unsigned int device;
	int error = 0;
	u64 at;

	if (!old)
		return layout_add(layout, end - layout->bytes, 0,
				  layout->bytes);
	while ((at = layout->bytes) < end && !error) {
		layout_look(old, at, &piece);
		piece.end = min_t(u64, piece.end, end);
		for (device = 0; piece.device &&
				 old->devices[device] != piece.device;)
			device++;
		error = piece.device ?
			layout_add(layout, piece.end - at, device,
				   piece.at + (at - piece.start)) :
			layout_add_hole(layout, piece.end - at);
	}
	return error;
}

static int fill_layout(struct splice *s, struct layout *layout,
		       unsigned int memory)
{
	int error = 0;
	size_t i;

	for (i = 0; i < s->nr && !error; i++) {
		error = add_beneath(s, layout, s->blocks[i] * SPLICE_BLOCK);
		if (!error)
			error = layout_add(layout,
					   block_bytes(s, s->blocks[i]), memory,
					   i * SPLICE_BLOCK);
	}
	return error ? error :
	       add_beneath(s, layout, s->beneath.sectors * SESPARSE_SECTOR_SIZE);
}

static int make_layout(struct splice *s, struct layout **layout)
{
	const struct layout *old = s->beneath.layout;
	const unsigned int nr = old ? old->nr_devices : 1;

	*layout = NULL;
	if (nr >= LAYOUT_MAX_DEVICES)
		return EOVERFLOW;
	s->devices = calloc(nr + 1, sizeof(*s->devices));
	if (!s->devices)
		return ENOMEM;
	if (old)
		memcpy(s->devices, old->devices, nr * sizeof(*s->devices));
	else
		s->devices[0] = &s->beneath;
	s->devices[nr] = &s->memory;
	*layout = layout_new(s->devices, nr + 1);
	if (!*layout)
		return ENOMEM;
	(*layout)->is_spliced = true;
	return fill_layout(s, *layout, nr);
}

/**
 * splice_end() - let the changes count
 * @source: the source
 *
 * Return: 0, or an errno; splice_undo() is still due then.
 */
int splice_end(struct source *source)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
			  F_SEAL_SEAL;
	struct splice *s = source->splice;
	int error;

	s->memory.sectors = s->nr * SPLICE_BLOCK / SESPARSE_SECTOR_SIZE;
	if (ftruncate(s->memory.fd, (off_t)(s->nr * SPLICE_BLOCK)) ||
	    fcntl(s->memory.fd, F_ADD_SEALS, seals))
		return errno;
	error = make_layout(s, &source->layout);
	if (error) {
		layout_free(source->layout);
		source->layout = NULL;
	}
	return error;
}

/**
 * splice_beneath() - what a source was before it was changed
 * @source: the source, after splice_begin()
 *
 * Return: it; it goes with @source, or with splice_undo().
 */
struct source *splice_beneath(const struct source *source)
{
	return &source->splice->beneath;
}

/**
 * splice_hash() - hash what a source was changed to
 * @source: the source, changed or not
 * @hash: of whatever else, which the blocks from memory are added to
 *
 * Return: 0, or an errno.
 */
int splice_hash(const struct source *source, u64 *hash)
{
	const struct splice *s = source->splice;
	char buf[SPLICE_BLOCK];
	int error = 0;
	size_t i;

	for (; s && !error; s = s->beneath.splice)
		for (i = 0; i < s->nr && !error; i++) {
			error = bytes_read(s->memory.fd, buf, sizeof(buf),
					   i * SPLICE_BLOCK);
			*hash = hash_add(*hash, &s->blocks[i],
					 sizeof(s->blocks[i]));
			*hash = hash_add(*hash, buf, sizeof(buf));
		}
	return error;
}

/**
 * splice_undo() - let a source be what it was before splice_begin()
 * @source: the source
 */
void splice_undo(struct source *source)
{
	struct splice *s = source->splice;

	take_back(source);
	free_splice(s);
}

/**
 * splice_hold_disk() - hold what a source is read from, below all that was changed
 * @source: the source, open, which may be closed meanwhile
 * @held: set to that, for source_close() and its @path for free(), on success
 *
 * Devices of a datastore are to outlive it.
 *
 * Return: 0, or an errno.
 */
int splice_hold_disk(const struct source *source, struct source *held)
{
	int error;

	while (source->splice)
		source = splice_beneath(source);
	error = share(source, held);
	held->direct = (struct direct){ .fd = -1 };
	held->layout = NULL;
	held->path = strdup(source->path);
	if (!error && source->layout)
		held->layout = layout_copy(source->layout);
	if (!error && (!held->path || (source->layout && !held->layout)))
		error = ENOMEM;
	if (error) {
		source_close(held);
		free(held->path);
	}
	return error;
}
