// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "util/signals.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"
#include "vmfs/lun.h"
#include "vmfs/seen.h"

/* Of a descriptor, behind the lock: when the file was last read, which may move. */
#define ACCESS_TIME_AT 0x34
#define AFTER_ACCESS_TIME 0x38

#define LEAST_ROOM 64
#define MAX_ROOM (1U << 30)

/*
 * All but the lock: hosts come and go, and what matters is whether they have
 * written, or may have.
 */
static struct digest digest_of(const struct fs *fs, const struct inode *inode)
{
	const unsigned char *meta = inode->raw + fs->lock_bytes;
	struct digest digest = DIGEST_START;

	digest_add(&digest, meta, ACCESS_TIME_AT);
	digest_add(&digest, meta + AFTER_ACCESS_TIME,
		   fs->fd_bytes - fs->lock_bytes - AFTER_ACCESS_TIME);
	return digest;
}

/**
 * seen_file_new() - begin with a file
 * @fs: where it is
 * @inode: its descriptor
 * @path: its name, for messages
 * @file: set to it, for seen_file_free(), on success
 *
 * Return: 0, or an exit code after a message.
 */
int seen_file_new(struct fs *fs, const struct inode *inode, const char *path,
		  struct seen_file **file)
{
	struct seen_file *f = calloc(1, sizeof(*f));

	if (!f)
		return fail_memory();
	f->path = strdup(path);
	if (!f->path) {
		free(f);
		return fail_memory();
	}
	f->fs = fs;
	f->address = inode->address;
	f->place = inode->place;
	f->digest = digest_of(fs, inode);
	inode_lock(fs, inode, &f->lock);
	*file = f;
	return 0;
}

static bool is_place(const struct place *a, const struct place *b)
{
	return a->lun == b->lun && a->at == b->at;
}

/* Where in @by_place a place is, or would be; there is always a free one. */
static u32 slot_of(const struct seen_file *f, const struct place *place)
{
	const u64 key = place->at ^ (u64)place->lun->index << 56;
	const u32 mask = 2 * f->room - 1;
	u32 slot = (u32)(key * 0x9e3779b97f4a7c15ULL >> 32) & mask;

	while (f->by_place[slot] &&
	       !is_place(&f->blocks[f->by_place[slot] - 1].place, place))
		slot = (slot + 1) & mask;
	return slot;
}

static int make_room(struct seen_file *f)
{
	const u32 room = f->room ? 2 * f->room : LEAST_ROOM;
	struct seen_block *blocks;
	u32 i;

	if (f->nr < f->room)
		return 0;
	if (room > MAX_ROOM)
		return ENOMEM;
	blocks = reallocarray(f->blocks, room, sizeof(*blocks));
	if (!blocks)
		return ENOMEM;
	f->blocks = blocks;
	free(f->by_place);
	f->by_place = calloc(2 * (size_t)room, sizeof(*f->by_place));
	f->room = f->by_place ? room : 0;
	if (!f->by_place)
		return ENOMEM;
	for (i = 0; i < f->nr; i++)
		f->by_place[slot_of(f, &blocks[i].place)] = i + 1;
	return 0;
}

/**
 * seen_file_add() - add a pointer block of a file
 * @file: the file
 * @place: where the block lies
 * @data: what it holds
 * @bytes: its length
 *
 * Return: 0, or an errno: EEXIST if the file has had it already.
 */
int seen_file_add(struct seen_file *file, const struct place *place,
		  const void *data, size_t bytes)
{
	struct seen_block *block;
	u32 slot;

	if (make_room(file))
		return ENOMEM;
	slot = slot_of(file, place);
	if (file->by_place[slot])
		return EEXIST;
	block = &file->blocks[file->nr++];
	*block = (struct seen_block){ .place = *place, .digest = DIGEST_START };
	digest_add(&block->digest, data, bytes);
	file->by_place[slot] = file->nr;
	return 0;
}

/**
 * seen_file_free() - forget what was seen of a file
 * @file: it, or NULL
 */
void seen_file_free(struct seen_file *file)
{
	if (!file)
		return;
	free(file->path);
	free(file->blocks);
	free(file->by_place);
	free(file);
}

static int fail_changed(const struct seen_file *f, const char *what,
			const struct place *place)
{
	return fail(EXIT_BUSY,
		    "%s: changed while it was read: %s at byte %llu of %s is not what it was: something writes to the file: shut the machine down, or read a snapshot of the LUN",
		    f->path, what, place->at, place->lun->source.path);
}

static bool is_same(const struct seen_file *a, const struct seen_file *b)
{
	u32 i;

	if (!digest_is(&a->digest, &b->digest) || a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (!digest_is(&a->blocks[i].digest, &b->blocks[i].digest))
			return false;
	return true;
}

static struct seen_file *find(const struct seen *seen,
			      const struct seen_file *file)
{
	size_t i;

	for (i = 0; i < seen->nr; i++)
		if (is_place(&seen->files[i]->place, &file->place))
			return seen->files[i];
	return NULL;
}

/**
 * seen_take() - keep what was seen of a file
 * @seen: where
 * @file: all of it; taken, or freed
 *
 * Return: 0, or an exit code after a message: EXIT_BUSY if the file has been seen
 * before, and was something else.
 */
int seen_take(struct seen *seen, struct seen_file *file)
{
	const struct seen_file *before = find(seen, file);
	struct seen_file **files;
	int r = 0;

	if (before && !is_same(before, file))
		r = fail_changed(file, "what tells where it lies",
				 &file->place);
	if (before) {
		seen_file_free(file);
		return r;
	}
	files = reallocarray(seen->files, seen->nr + 1, sizeof(*files));
	if (!files) {
		seen_file_free(file);
		return fail_memory();
	}
	/* Only to keep the blocks apart, which they are. */
	free(file->by_place);
	file->by_place = NULL;
	seen->files = files;
	files[seen->nr++] = file;
	return 0;
}

/* A host that has opened it since may write, and change nothing but its data. */
static int check_lock(const struct seen_file *f, const struct inode *again)
{
	struct stored_lock lock;

	inode_lock(f->fs, again, &lock);
	if ((lock.mode != STORED_EXCLUSIVE &&
	     lock.mode != STORED_MULTI_WRITER) ||
	    (lock.mode == f->lock.mode && !strcmp(lock.owner, f->lock.owner)))
		return 0;
	return fail(EXIT_BUSY,
		    "%s: host %s has opened it for writing while it was read: power the VM off, or read a snapshot of the LUN",
		    f->path, *lock.owner ? lock.owner : "(not told)");
}

static int check_descriptor(const struct seen_file *f)
{
	struct inode again;
	struct digest digest;
	int r;

	r = inode_read(f->fs, f->address, &again);
	if (r)
		return fail_changed(f, "its descriptor", &f->place);
	digest = digest_of(f->fs, &again);
	if (!is_place(&again.place, &f->place) ||
	    !digest_is(&digest, &f->digest))
		r = fail_changed(f, "its descriptor", &f->place);
	else
		r = check_lock(f, &again);
	inode_free(&again);
	return r;
}

static int check_blocks(const struct seen_file *f, u32 first, u32 nr,
			struct batch *batch, struct batch_block *blocks)
{
	struct digest digest;
	u32 i;
	int r;

	for (i = 0; i < nr; i++)
		blocks[i].place = f->blocks[first + i].place;
	r = batch_read(batch, "a pointer block", blocks, nr);
	for (i = 0; i < nr && !r; i++) {
		digest = (struct digest)DIGEST_START;
		digest_add(&digest, blocks[i].data,
			   fs_pointer_block_bytes(f->fs));
		if (!digest_is(&digest, &f->blocks[first + i].digest))
			r = fail_changed(f, "a pointer block",
					 &blocks[i].place);
	}
	return r;
}

static int check_pointers(const struct seen_file *f)
{
	struct batch_block *blocks = NULL;
	struct batch *batch = NULL;
	size_t size;
	u32 done = 0, nr;
	int r;

	if (!f->nr)
		return 0;
	r = batch_new(f->fs->log, fs_pointer_block_bytes(f->fs), &batch);
	if (r)
		return r;
	size = batch_size(batch);
	blocks = calloc(size, sizeof(*blocks));
	if (!blocks)
		r = fail_memory();
	for (; done < f->nr && !r; done += nr) {
		if (signals_waiting()) {
			r = fail(EXIT_DEVICE, "interrupted");
			break;
		}
		nr = min_t(u32, (u32)size, f->nr - done);
		r = check_blocks(f, done, nr, batch, blocks);
	}
	free(blocks);
	batch_free(batch);
	return r;
}

/**
 * seen_check() - is all that was seen still as it was?
 * @seen: it
 *
 * Return: 0, or an exit code after a message that names the file.
 */
int seen_check(const struct seen *seen)
{
	size_t i;
	int r = 0;

	for (i = 0; i < seen->nr && !r; i++) {
		r = check_descriptor(seen->files[i]);
		if (!r)
			r = check_pointers(seen->files[i]);
	}
	return r;
}

/**
 * seen_free() - forget all
 * @seen: it
 */
void seen_free(struct seen *seen)
{
	while (seen->nr)
		seen_file_free(seen->files[--seen->nr]);
	free(seen->files);
	seen->files = NULL;
}
