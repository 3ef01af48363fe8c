/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file or block device that a disk is written to.
 */
#ifndef SESPARSE_RESTORE_TARGET_H
#define SESPARSE_RESTORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "dm-sesparse/portable.h"
#include "source/direct.h"

struct image;
struct iovec;
struct log;
struct ranges;
struct request;

/* How zeros are made, cheapest first; what fails once is not tried again. */
enum target_zeroing {
	TARGET_PUNCH, /* unmap it: reads zero, and a thin device frees it */
	TARGET_ZEROOUT, /* have the device, or else the kernel, write zeros */
	TARGET_WRITE,
};

/**
 * struct target - where a disk is written to
 * @path: its name
 * @fd: open, through the page cache, or -1
 * @direct: the same for direct I/O
 * @st: what it is
 * @is_block: it is a block device
 * @is_thick: all of it is to be written, zeros too
 * @is_kept: what it holds counts: what is not written stays, whatever it is
 * @is_new: it was not there before, and is locked: it goes when the restore fails
 * @is_begun: it may have been written to since
 * @was_empty: it was a file that was nothing but a hole before, or of no bytes
 * @bytes: its length
 * @sector: a block device's smallest write
 * @offloads: the device says that it makes zeros by itself
 * @zeroing: how zeros are made
 * @piece: bytes to make zero at a time
 */
struct target {
	const char *path;
	int fd;
	struct direct direct;
	struct stat st;
	bool is_block;
	bool is_thick;
	bool is_kept;
	bool is_new;
	bool is_begun;
	bool was_empty;
	u64 bytes;
	u32 sector;
	bool offloads;
	enum target_zeroing zeroing;
	u64 piece;
};

int target_open(const struct log *log, const char *path,
		const struct image *image, bool is_thick, struct target *t);
int target_take(const char *path, int fd, struct target *t);
int target_find_known(const struct target *t, struct ranges *places);
int target_check_empty(const struct target *t, u64 bytes);
int target_prepare(struct target *t, u64 bytes);
int target_empty_rest(struct target *t, u64 from, u64 bytes);
bool target_is_thick(const struct target *t);
size_t target_least_zeros(const struct target *t);
bool target_zeroes_for_free(const struct target *t);
bool target_zeroes_quickly(const struct target *t);
int target_zero(const struct log *log, struct target *t, u64 start, u64 *bytes);
void target_request(const struct target *t, struct iovec *iov, u64 at,
		    bool write, struct request *request);
int target_flush(const struct target *t);
int target_check_there(const struct target *t, u64 bytes);
void target_drop_cache(const struct target *t);
void target_release(struct target *t);
void target_close(struct target *t, bool failed);

#endif /* SESPARSE_RESTORE_TARGET_H */
