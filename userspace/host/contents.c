// SPDX-License-Identifier: GPL-2.0-only
#include <blkid/blkid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "host/contents.h"
#include "source/file.h"
#include "util/message.h"
#include "util/ranges.h"

static blkid_probe signature_probe(int fd)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		return NULL;
	if (!blkid_probe_set_device(probe, fd, 0, 0) &&
	    !blkid_probe_enable_superblocks(probe, 1) &&
	    !blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_MAGIC |
					       BLKID_SUBLKS_TYPE |
					       BLKID_SUBLKS_BADCSUM) &&
	    !blkid_probe_enable_partitions(probe, 1) &&
	    !blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC |
					      BLKID_PARTS_FORCE_GPT))
		return probe;
	blkid_free_probe(probe);
	return NULL;
}

/* Signatures lie within this many bytes, at a multiple of it. */
#define PLACE_BYTES 4096

static int tell_signature(blkid_probe probe, FILE *text, struct ranges *places)
{
	const char *type, *at;
	u64 place;

	if (!blkid_probe_lookup_value(probe, "TYPE", &type, NULL) &&
	    !blkid_probe_lookup_value(probe, "SBMAGIC_OFFSET", &at, NULL))
		fprintf(text, "%s%s at byte %s", ftell(text) ? ", " : "", type,
			at);
	else if (!blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) &&
		 !blkid_probe_lookup_value(probe, "PTMAGIC_OFFSET", &at, NULL))
		fprintf(text, "%sa partition table (%s) at byte %s",
			ftell(text) ? ", " : "", type, at);
	else
		return 0;
	if (!places)
		return 0;
	place = strtoull(at, NULL, 10) / PLACE_BYTES * PLACE_BYTES;
	return ranges_add(places, place, place + PLACE_BYTES);
}

/* Return: 0, or an exit code, after a message where it is out of memory. */
static int tell_signatures(int fd, FILE *text, struct ranges *places)
{
	blkid_probe probe = signature_probe(fd);
	int r = -1, failed = 0;

	if (!probe)
		return EXIT_DEVICE;
	while (!failed && !(r = blkid_do_probe(probe)))
		failed = tell_signature(probe, text, places);
	blkid_free_probe(probe);
	return failed ? failed : r < 0 ? EXIT_DEVICE : 0;
}

/**
 * contents_find() - look for filesystems, partition tables and the like
 * @path: a file or block device
 * @fd: the same, open
 * @found: set to what was found and where, to be freed by the caller; NULL: none
 * @places: the 4 KiB that each signature begins in are added to it; or NULL
 *
 * Return: 0, or an exit code after a message.
 */
int contents_find(const char *path, int fd, char **found, struct ranges *places)
{
	size_t length;
	FILE *text;
	int r;

	*found = NULL;
	text = open_memstream(found, &length);
	if (!text)
		return fail_memory();
	r = tell_signatures(fd, text, places);
	if (fclose(text))
		return fail_memory();
	if (r == EXIT_DEVICE)
		return fail(r, "%s: cannot look for what it holds: %m", path);
	if (!r && length)
		return 0;
	free(*found);
	*found = NULL;
	return r;
}

static void take_value(blkid_probe probe, const char *name, char *text,
		       size_t size)
{
	const char *value;

	*text = '\0';
	if (!blkid_probe_lookup_value(probe, name, &value, NULL))
		snprintf(text, size, "%s", value);
}

/* Return: 0, or an exit code without a message. */
static int look(blkid_probe probe, int fd, u64 start, u64 bytes,
		struct contents *contents)
{
	char usage[CONTENTS_TYPE_SIZE];
	int r;

	if (blkid_probe_set_device(probe, fd, (blkid_loff_t)start,
				   (blkid_loff_t)bytes) ||
	    blkid_probe_enable_superblocks(probe, 1) ||
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE |
					      BLKID_SUBLKS_LABEL |
					      BLKID_SUBLKS_USAGE))
		return EXIT_DEVICE;
	r = blkid_do_safeprobe(probe);
	/* -2: several; 1: none. */
	contents->is_ambiguous = r == -2;
	if (r)
		return r == -2 || r == 1 ? 0 : EXIT_DEVICE;
	take_value(probe, "TYPE", contents->type, sizeof(contents->type));
	take_value(probe, "LABEL", contents->label, sizeof(contents->label));
	take_value(probe, "USAGE", usage, sizeof(usage));
	contents->is_filesystem = !strcmp(usage, "filesystem");
	return 0;
}

/**
 * contents_look() - what a range of a disk holds, as a whole
 * @path: the disk's name, for messages
 * @fd: it
 * @start: first byte
 * @bytes: the length
 * @contents: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int contents_look(const char *path, int fd, u64 start, u64 bytes,
		  struct contents *contents)
{
	blkid_probe probe = blkid_new_probe();
	int r;

	*contents = (struct contents){ 0 };
	if (!probe)
		return fail_memory();
	errno = 0;
	r = look(probe, fd, start, bytes, contents);
	if (r)
		fail(r, "%s: cannot look for what it holds from byte %llu on: %m",
		     path, start);
	blkid_free_probe(probe);
	return r;
}

/*
 * An extended partition is only the space that logical ones lie in.  As the
 * kernel and kpartx have it: so much of it that a boot loader fits.
 */
#define EXTENDED_SECTORS 2

static int take_partition(const char *path, u64 capacity, u64 scale,
		blkid_partition found, struct partition *p)
{
	const blkid_loff_t start = blkid_partition_get_start(found);
	const blkid_loff_t sectors = blkid_partition_get_size(found);
	const int number = blkid_partition_get_partno(found);

	if (number < 1 || number > MAX_PARTITION)
		return fail(EXIT_DEVICE,
			    "%s: partition %d, expected 1 to %d", path, number,
			    MAX_PARTITION);
	if (start < 0 || sectors < 1 || (u64)start > capacity ||
	    (u64)sectors > capacity - (u64)start)
		return fail(EXIT_DEVICE,
			    "%s: partition %d has %lld sectors from sector %lld on, but the disk has %llu: open without --partitions takes it",
			    path, number, (long long)sectors, (long long)start,
			    capacity);
	p->number = (unsigned int)number;
	p->start = (u64)start;
	p->sectors = (u64)sectors;
	if (blkid_partition_is_extended(found))
		p->sectors = min_t(u64, p->sectors, EXTENDED_SECTORS * scale);
	return 0;
}

static int take_partitions(const char *path, u64 capacity, blkid_probe probe,
		    struct partitions *partitions)
{
	const u64 scale = blkid_probe_get_sectorsize(probe) /
			  SESPARSE_SECTOR_SIZE;
	blkid_partlist list;
	int i, nr, r = 0;

	if (blkid_do_fullprobe(probe) < 0)
		return fail(EXIT_DEVICE,
			    "%s: cannot read the partition table: %m", path);
	list = blkid_probe_get_partitions(probe);
	nr = list ? blkid_partlist_numof_partitions(list) : 0;
	if (nr < 1)
		return 0;
	partitions->list = calloc((size_t)nr, sizeof(*partitions->list));
	if (!partitions->list)
		return fail_memory();
	for (i = 0; i < nr && !r; i++)
		r = take_partition(path, capacity, scale,
			 blkid_partlist_get_partition(list, i),
			 &partitions->list[partitions->nr++]);
	return r;
}

/**
 * contents_partitions() - read the partition table of a disk
 * @path: the disk
 * @capacity: its length in sectors of 512 bytes
 * @partitions: filled in, for partitions_free(), on failure too; none, if there
 *		is no table
 *
 * Return: 0, or an exit code after a message.
 */
int contents_partitions(const char *path, u64 capacity,
		     struct partitions *partitions)
{
	blkid_probe probe;
	struct stat st;
	int fd, r;

	memset(partitions, 0, sizeof(*partitions));
	r = file_open(path, &fd, &st);
	if (r)
		return r;
	probe = blkid_new_probe();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0))
		r = fail(probe ? EXIT_DEVICE : EXIT_MEMORY,
			 "%s: libblkid cannot look into it", path);
	if (!r) {
		blkid_probe_enable_superblocks(probe, 0);
		blkid_probe_enable_partitions(probe, 1);
		r = take_partitions(path, capacity, probe, partitions);
	}
	blkid_free_probe(probe);
	close(fd);
	return r;
}

/**
 * partitions_free() - free what contents_partitions() made
 * @partitions: it
 */
void partitions_free(struct partitions *partitions)
{
	free(partitions->list);
	partitions->list = NULL;
	partitions->nr = 0;
}
