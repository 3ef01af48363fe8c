// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/assembly.h"
#include "device/dm-table.h"
#include "device/volumes.h"
#include "dm-sesparse/format.h"
#include "source/file.h"
#include "util/message.h"

#define PHYSICAL_VOLUME "LVM2_member"

/**
 * struct looking - a disk that is looked into
 * @path: its name
 * @fd: it
 * @sectors: its length
 * @volumes: what has been found
 */
struct looking {
	const char *path;
	int fd;
	u64 sectors;
	struct volumes *volumes;
};

/* There may be thousands of them, while signals are held. */
static int look(const struct looking *l, u64 start, u64 sectors,
		struct contents *contents)
{
	return assembly_check() ?:
	       contents_look(l->path, l->fd, start * SESPARSE_SECTOR_SIZE,
			     sectors * SESPARSE_SECTOR_SIZE, contents);
}

static int add(struct looking *l, struct volume volume)
{
	struct volumes *v = l->volumes;
	struct volume *list;

	list = reallocarray(v->list, v->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	v->list = list;
	list[v->nr++] = volume;
	return 0;
}

static int add_part(struct looking *l, struct volume volume)
{
	struct lvm2 *lvm = &l->volumes->lvm;
	int r;

	r = look(l, volume.start, volume.sectors, &volume.contents);
	if (!r)
		r = add(l, volume);
	if (r || strcmp(volume.contents.type, PHYSICAL_VOLUME))
		return r;
	return lvm2_add(lvm, l->path, l->fd, volume.start, volume.sectors);
}

static int add_parts(struct looking *l)
{
	struct partitions partitions;
	size_t i;
	int r;

	r = contents_partitions(l->path, l->sectors, &partitions);
	if (!r && !partitions.nr)
		r = add_part(l, (struct volume){ .sectors = l->sectors });
	for (i = 0; i < partitions.nr && !r; i++)
		r = add_part(l, (struct volume){
			.partition = partitions.list[i].number,
			.start = partitions.list[i].start,
			.sectors = partitions.list[i].sectors,
		});
	partitions_free(&partitions);
	return r;
}

/*
 * Before it is a device only the first of its places can be looked into, which nearly
 * all that is to be found there has its marks in.
 */
static int add_logical(struct looking *l, const struct lvm2_volume *logical)
{
	const struct lvm2_segment *first = logical->segments;
	struct volume volume = {
		.logical = logical,
		.sectors = logical->sectors,
	};
	int r = 0;

	if (!*logical->problem)
		r = look(l, first->places[0],
			 first->stripe_sectors ?: first->sectors,
			 &volume.contents);
	return r ? r : add(l, volume);
}

/* Those were found in the order of the list. */
static void take_problems(struct volumes *volumes)
{
	const struct lvm2_pv *pv = volumes->lvm.pvs;
	size_t i;

	for (i = 0; i < volumes->nr; i++)
		if (!strcmp(volumes->list[i].contents.type, PHYSICAL_VOLUME))
			volumes->list[i].problem = pv++->problem;
}

static int find(struct looking *l)
{
	struct lvm2 *lvm = &l->volumes->lvm;
	u64 bytes;
	size_t i;
	int r;

	if (ioctl(l->fd, BLKGETSIZE64, &bytes))
		return fail(EXIT_DEVICE, "%s: cannot ask for its size: %m",
			    l->path);
	l->sectors = bytes / SESPARSE_SECTOR_SIZE;
	r = add_parts(l);
	if (!r)
		r = lvm2_find_volumes(lvm, l->path);
	if (!r)
		take_problems(l->volumes);
	for (i = 0; i < lvm->nr_volumes && !r; i++)
		r = add_logical(l, &lvm->volumes[i]);
	return r;
}

/**
 * volumes_find() - find what of a disk may hold a file system
 * @path: the disk, a block device
 * @volumes: filled in, for volumes_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int volumes_find(const char *path, struct volumes *volumes)
{
	struct looking l = { .path = path, .volumes = volumes };
	struct stat st;
	int r;

	*volumes = (struct volumes){ 0 };
	r = file_open(path, &l.fd, &st);
	if (r)
		return r;
	r = find(&l);
	close(l.fd);
	return r;
}

static int add_stripes(struct dm_table *table, const struct lvm2_segment *s,
		       const char *disk)
{
	size_t length, i;
	char *params;
	FILE *text;

	text = open_memstream(&params, &length);
	if (!text)
		return fail_memory();
	fprintf(text, "%zu %llu", s->nr_places, s->stripe_sectors);
	for (i = 0; i < s->nr_places; i++)
		fprintf(text, " %s %llu", disk, s->places[i]);
	if (fclose(text)) {
		free(params);
		return fail_memory();
	}
	return dm_table_add(table, s->sectors, "striped", params);
}

/**
 * volume_table() - make a dm table of a volume without a problem
 * @volume: the volume
 * @disk: the disk, as a dm table calls it
 * @table: filled in, for dm_table_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int volume_table(const struct volume *volume, const char *disk,
		 struct dm_table *table)
{
	const struct lvm2_volume *logical = volume->logical;
	const struct lvm2_segment *s;
	size_t i;
	int r = 0;

	*table = (struct dm_table){ 0 };
	if (!logical)
		return dm_table_add_linear(table, volume->sectors, disk,
					   volume->start);
	for (i = 0; i < logical->nr && !r; i++) {
		s = &logical->segments[i];
		r = s->nr_places > 1 ?
			    add_stripes(table, s, disk) :
			    dm_table_add_linear(table, s->sectors, disk,
						s->places[0]);
	}
	return r;
}

/**
 * volumes_free() - free what volumes_find() made
 * @volumes: it
 */
void volumes_free(struct volumes *volumes)
{
	lvm2_free(&volumes->lvm);
	free(volumes->list);
	*volumes = (struct volumes){ 0 };
}
