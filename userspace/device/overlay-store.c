// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store of dm-snapshot begins with a chunk of which the kernel uses 16 bytes;
 * it rewrites that chunk, with zeros after them, only to call the store invalid.
 * So the label is there, and goes wherever the store is copied to.  The next
 * chunk, and each 257th from there on, is a table of 256 chunks that follow it.
 */
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/overlay-store.h"
#include "dm-sesparse/format.h"
#include "sesparse/header.h"
#include "source/bytes.h"
#include "source/source.h"
#include "util/hash.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

#define CHUNK_BYTES (STORE_CHUNK_SECTORS * SESPARSE_SECTOR_SIZE)
#define CHUNKS_OF_TABLE 256

#define MAGIC 0x70416e53U /* "SnAp" */
#define VERSION_SEEN 1

#define LABEL_AT 512
#define LABEL_ROOM (CHUNK_BYTES - LABEL_AT)
#define LABEL_MAGIC "sesparsesetup overlay\n"

/* The kernel's header; all is little-endian. */
struct store_header {
	uint32_t magic;
	uint32_t valid;
	uint32_t version;
	uint32_t chunk_size; /* sectors */
};

/* The first chunk, and the first table. */
struct store_start {
	struct store_header header;
	char pad[LABEL_AT - sizeof(struct store_header)];
	char label[LABEL_ROOM];
	char table[CHUNK_BYTES];
};

/**
 * overlay_store_bytes() - how large a store is that can hold all of a disk
 * @capacity: of the disk, in sectors, at most SESPARSE_MAX_CAPACITY
 *
 * Return: bytes, with a table more than is used: it is made ahead.
 */
u64 overlay_store_bytes(u64 capacity)
{
	const u64 chunks = (capacity + STORE_CHUNK_SECTORS - 1) /
			   STORE_CHUNK_SECTORS;
	const u64 tables = (chunks + CHUNKS_OF_TABLE - 1) / CHUNKS_OF_TABLE;

	return (1 + (tables + 1) * (CHUNKS_OF_TABLE + 1)) * CHUNK_BYTES;
}

static int add_header(const struct source *source, u64 sector, u64 *hash)
{
	int error = header_hash(source, sector, hash);

	if (error)
		return fail(EXIT_DEVICE, "%s: cannot read the header: %s",
			    source->path, error == ENODATA ? "it is cut off" :
			    strerror(error));
	return 0;
}

static int print_label(FILE *f, const struct chain *chain)
{
	u64 hash = HASH_START;
	const struct descriptor *d;
	const struct extent *e;
	size_t i, j;
	int r = 0;

	fprintf(f, LABEL_MAGIC "capacity=%llu\nCIDs=",
		chain->links[0]->capacity);
	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		fprintf(f, "%s%08x", i ? "," : "", d->cid);
		for (j = 0; j < d->nr_extents && !r; j++) {
			e = &d->extents[j];
			if (e->type == EXTENT_SESPARSE)
				r = add_header(e->source, e->offset, &hash);
		}
	}
	fprintf(f, "\nheaders=%016llx\n", hash);
	return r;
}

/**
 * overlay_store_label() - what the store of a disk's writes is known by
 * @image: the disk
 * @label: set to a text, to be freed by the caller
 *
 * That is the content IDs of all of the chain, and the headers of its layers,
 * which count transactions: copies of a disk at two times may share the IDs.
 *
 * Return: 0, or an exit code after a message.
 */
int overlay_store_label(const struct image *image, char **label)
{
	size_t length;
	FILE *f;
	int r;

	*label = NULL;
	f = open_memstream(label, &length);
	if (!f)
		return fail_memory();
	r = print_label(f, &image->chain);
	if (fclose(f))
		return fail_memory();
	if (!r && length >= LABEL_ROOM)
		r = fail(EXIT_DEVICE,
			 "the chain is too long for an overlay: %zu bytes name it, expected less than %d",
			 length, LABEL_ROOM);
	return r;
}

static bool is_zero(const void *bytes, size_t size)
{
	const char *c = bytes;

	return !size || (!*c && !memcmp(c, c + 1, size - 1));
}

/* The first line of @found that is not @expected's. */
static int fail_label(const char *path, const char *found, const char *expected)
{
	size_t line = strcspn(found, "\n");

	while (found[line] && !strncmp(found, expected, line + 1)) {
		found += line + 1;
		expected += line + 1;
		line = strcspn(found, "\n");
	}
	return fail(EXIT_DEVICE,
		    "%s: holds the writes to another disk, or to this one in another state: found %.*s, expected %.*s: take another FILE, or this one all the same with --ignore-cid",
		    path, (int)line, found, (int)strcspn(expected, "\n"),
		    expected);
}

static int check_label(const char *path, char *found, const char *label,
		       bool ignore)
{
	found[LABEL_ROOM - 1] = '\0';
	if (!strcmp(found, label))
		return 0;
	if (ignore) {
		warn("%s: is not known to hold writes to this disk", path);
		return 0;
	}
	if (!strncmp(found, LABEL_MAGIC, strlen(LABEL_MAGIC)))
		return fail_label(path, found, label);
	return fail(EXIT_DEVICE,
		    "%s: is a store of dm-snapshot that does not say to which disk: take another FILE, or this one all the same with --ignore-cid",
		    path);
}

/**
 * overlay_store_look() - look what a file or device holds
 * @path: its name
 * @fd: it, open
 * @label: of overlay_store_label()
 * @ignore_label: only warn of another
 * @state: set to what it holds
 *
 * Return: 0, or an exit code after a message, if it holds something else.
 */
int overlay_store_look(const char *path, int fd, const char *label,
		       bool ignore_label, enum store_state *state)
{
	struct store_start start = { 0 };
	size_t done;
	int error;

	error = bytes_read_some(fd, &start, sizeof(start), 0, &done);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s", path,
			    strerror(error));
	*state = STORE_EMPTY;
	if (is_zero(&start, sizeof(start)))
		return 0;
	*state = STORE_OURS;
	if (le32toh(start.header.magic) != MAGIC)
		return fail(EXIT_DEVICE,
			    "%s: holds something else than an overlay, expected a new name, an empty file or zeros",
			    path);
	if (le32toh(start.header.version) != VERSION_SEEN)
		return fail(EXIT_DEVICE,
			    "%s: is a store of dm-snapshot's version %u, expected %u",
			    path, le32toh(start.header.version),
			    VERSION_SEEN);
	if (!le32toh(start.header.valid))
		return fail(EXIT_DEVICE,
			    "%s: the overlay became invalid when it could not be written to, and what it held is lost: remove it",
			    path);
	return check_label(path, start.label, label, ignore_label);
}

/* Return: 0, or an errno. */
static int write_start(int fd, const struct store_start *start)
{
	int error = bytes_write(fd, start, sizeof(*start), 0);

	return !error && fsync(fd) ? errno : error;
}

/**
 * overlay_store_format() - make a store without any writes in it yet
 * @path: where
 * @fd: the same, open for writing
 * @label: of overlay_store_label()
 *
 * Return: 0, or an exit code after a message.
 */
int overlay_store_format(const char *path, int fd, const char *label)
{
	struct store_start start = {
		.header.magic = htole32(MAGIC),
		.header.valid = htole32(1),
		.header.version = htole32(VERSION_SEEN),
		.header.chunk_size = htole32(STORE_CHUNK_SECTORS),
	};

	int error;

	memcpy(start.label, label, strlen(label));
	error = write_start(fd, &start);
	return error ? fail(exit_code_of(error), "%s: cannot write: %s", path,
			    strerror(error)) : 0;
}

/**
 * overlay_store_wipe() - take a store's beginning away again
 * @fd: where, open for writing
 *
 * Return: 0, or an errno.
 */
int overlay_store_wipe(int fd)
{
	const struct store_start start = { 0 };

	return write_start(fd, &start);
}
