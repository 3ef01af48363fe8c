/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMDK descriptor: the small text file that names a disk's extents and its
 * parent.  Whoever wrote it may be hostile; what leaves here has been checked.
 */
#ifndef SESPARSE_VMDK_DESCRIPTOR_H
#define SESPARSE_VMDK_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/stat.h>

#include "dm-sesparse/format.h"

struct file_found;
struct folder;
struct log;
struct source;

/* A parentCID that says that there is no parent. */
#define NO_PARENT 0xffffffff

/* So that no byte offset into a file overflows. */
#define FILE_SECTORS (INT64_MAX / SESPARSE_SECTOR_SIZE)

enum extent_type {
	EXTENT_SESPARSE,
	EXTENT_FLAT,
	EXTENT_VMFS, /* FLAT by another name */
	EXTENT_ZERO,
	EXTENT_FOREIGN, /* not read, as another disk stands in for its own */
	EXTENT_MISSING, /* of a base that is not here: an I/O error */
};

/* Which extents may be of a kind that is not read, and become EXTENT_FOREIGN. */
enum foreign {
	FOREIGN_NONE,
	FOREIGN_MAPPED, /* those that map a LUN */
	FOREIGN_ANY, /* all but seSparse */
};

/**
 * struct extent - a line of a descriptor that says where a range's data is
 * @type: how it is kept
 * @sectors: the range's length
 * @file: name of the file as opening it wants it; NULL for EXTENT_ZERO,
 *        EXTENT_FOREIGN and what never had one
 * @raw: its name in the descriptor's bytes, or NULL where they are the same
 * @offset: sector of the file where the range begins
 * @line: of the descriptor
 * @device: what the command line has in the file's place, or NULL
 * @source: what it is read from, once that is found
 * @nr_replayed: records of its journal that @source reads as if they were in place
 * @first_replayed: sequence number of the oldest of them, if there are any
 * @last_replayed: that of the newest
 */
struct extent {
	enum extent_type type;
	u64 sectors;
	char *file;
	char *raw;
	u64 offset;
	unsigned int line;
	char *device;
	struct source *source;
	unsigned int nr_replayed;
	u64 first_replayed;
	u64 last_replayed;
};

/**
 * struct descriptor - a descriptor, parsed
 * @path: of the file
 * @folder: that it is in, where its names start from; NULL: it names no file
 * @is_given: the user has named the file
 * @st: what fstat() says of the file; it tells whether it has been met before
 * @in_datastore: it is not this machine's file
 * @cid: content ID
 * @parent_cid: that of the parent, as it was when the snapshot was taken
 * @cid_line: line of @cid
 * @parent_cid_line: line of @parent_cid
 * @create_type: what it says it is, or NULL
 * @hint: name of the parent's descriptor; NULL: none is given
 * @raw_hint: its name in the descriptor's bytes, or NULL: they are the same
 * @hint_line: line of @hint
 * @capacity: of all extents, in sectors, at most SESPARSE_MAX_CAPACITY; if @bare
 *            it is whatever the header says until extents_check()
 * @extents: in the order of the disk
 * @nr_extents: at least 1
 * @cipher: the key by which it says that its data are encrypted, or NULL
 * @cipher_line: line of @cipher
 * @bare: there is no such file, but the extent was given alone
 * @stands_in: nor for this one: it is the disk given as the oldest parent, or
 *             what there is instead of one that is not here
 *
 * What there is no file for has line 0 for all of its lines.
 */
struct descriptor {
	char *path;
	struct folder *folder;
	bool is_given;
	struct stat st;
	bool in_datastore;
	u32 cid;
	u32 parent_cid;
	unsigned int cid_line;
	unsigned int parent_cid_line;
	char *create_type;
	char *hint;
	char *raw_hint;
	unsigned int hint_line;
	u64 capacity;
	struct extent *extents;
	size_t nr_extents;
	char *cipher;
	unsigned int cipher_line;
	bool bare;
	bool stands_in;
};

int descriptor_read(const struct log *log, const struct file_found *found,
		    enum foreign foreign, struct descriptor **descriptor);
int descriptor_read_source(const struct log *log, const struct source *source,
			   enum foreign foreign,
			   struct descriptor **descriptor);
void extent_free(struct extent *e);
int descriptor_check_cipher(const struct descriptor *d);
void descriptor_free(struct descriptor *d);
const char *extent_type_name(enum extent_type type);

#endif /* SESPARSE_VMDK_DESCRIPTOR_H */
