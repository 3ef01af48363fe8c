/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that no file system of this machine has: what a reader of its own has
 * found on a device.
 */
#ifndef SESPARSE_SOURCE_STORED_H
#define SESPARSE_SOURCE_STORED_H

#include <stdbool.h>
#include <sys/stat.h>

struct layout;
struct stored;

/* "xxxxxxxx-xxxxxxxx-xxxx-xxxxxxxxxxxx", with the NUL. */
#define STORED_UUID_SIZE 36

/* How another host has a file open. */
enum stored_lock_mode {
	STORED_UNLOCKED,
	STORED_EXCLUSIVE, /* it may write at any time */
	STORED_READ_ONLY, /* nobody may */
	STORED_MULTI_WRITER, /* several hosts may write */
};

/**
 * struct stored_lock - who has a file open
 * @mode: how
 * @live: the host has a heartbeat: else it has gone, and left its lock; of hosts
 *        that are not told, any has one
 * @owner: the host, or empty: it is not told
 */
struct stored_lock {
	enum stored_lock_mode mode;
	bool live;
	char owner[STORED_UUID_SIZE];
};

/**
 * struct stored_ops - what differs from one kind to the next
 * @map: find where its bytes lie; an exit code after a message, or 0
 * @close: free it
 */
struct stored_ops {
	int (*map)(struct stored *stored, const char *path,
		   struct layout **layout);
	void (*close)(struct stored *stored);
};

/**
 * struct stored - such a file
 * @ops: its kind's
 * @users: how many hold it
 * @volume: which volume it is in, by its UUID
 * @st: what fstat() would say; files are the same if st_dev and st_ino are
 * @lock: who has it open
 * @is_mapping: it only points to a LUN of its own, which has its bytes
 */
struct stored {
	const struct stored_ops *ops;
	unsigned int users;
	char volume[STORED_UUID_SIZE];
	struct stat st;
	struct stored_lock lock;
	bool is_mapping;
};

struct stored *stored_get(struct stored *stored);
void stored_put(struct stored *stored);

#endif /* SESPARSE_SOURCE_STORED_H */
