// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "source/folder.h"
#include "util/message.h"
#include "vmfs/datastore.h"
#include "vmfs/fs.h"
#include "vmfs/lun.h"
#include "vmfs/lvm.h"
#include "vmfs/partition.h"
#include "vmfs/seen.h"
#include "vmfs/vmfs-folder.h"

/**
 * struct datastores - the volumes on some LUNs
 * @luns: the LUNs
 * @filesystems: one a volume; folders and files have their addresses
 * @list: the same, for others
 * @nr: their number
 * @seen: files that were mapped
 */
struct datastores {
	struct luns luns;
	struct fs *filesystems;
	struct datastore *list;
	size_t nr;
	struct seen seen;
};

/* What is on each of the LUNs; one with nothing for us is not what was meant. */
static int find_extents(const struct log *log, const struct luns *luns,
			struct extents *extents)
{
	struct vmfs_partitions found;
	unsigned int i, j;
	int r = 0;

	for (i = 0; i < luns->nr && !r; i++) {
		r = vmfs_partitions_find(log, &luns->list[i], &found);
		if (!r && !found.nr)
			r = fail(EXIT_DEVICE,
				 "%s: no VMFS volume, neither in a partition nor on the whole device",
				 luns->list[i].source.path);
		for (j = 0; j < found.nr && !r; j++)
			r = lvm_read(&luns->list[i], &found.list[j], extents);
	}
	return r;
}

/* By volume, and by what of it they have. */
static int compare_extents(const void *a, const void *b)
{
	const struct extent *x = *(struct extent *const *)a;
	const struct extent *y = *(struct extent *const *)b;
	const int order = memcmp(x->volume, y->volume, UUID_BYTES);

	if (order)
		return order;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The volume that @nr extents make. */
static int open_volume(const struct log *log,
		       const struct datastores_options *options,
		       struct datastores *all, struct extent *const *extents,
		       size_t nr)
{
	struct datastore *d = &all->list[all->nr];
	struct fs *fs = &all->filesystems[all->nr];
	int r;

	fs->log = log;
	fs->force = options && options->force;
	fs->number = (unsigned int)all->nr++;
	fs->seen = &all->seen;
	r = volume_assemble(&all->luns, extents, nr, &fs->volume);
	if (!r)
		r = fs_open(fs);
	if (r)
		return r;
	d->label = fs->label;
	d->uuid = fs->uuid;
	return vmfs_folder_root(fs, &d->root);
}

static int open_volumes(const struct log *log,
			const struct datastores_options *options,
			struct datastores *all, struct extents *extents)
{
	struct extent **sorted = calloc(extents->nr, sizeof(*sorted));
	size_t i, nr;
	int r = 0;

	all->filesystems = calloc(extents->nr, sizeof(*all->filesystems));
	all->list = calloc(extents->nr, sizeof(*all->list));
	if (!sorted || !all->filesystems || !all->list)
		r = fail_memory();
	for (i = 0; i < extents->nr && !r; i++)
		sorted[i] = &extents->list[i];
	if (!r)
		qsort(sorted, extents->nr, sizeof(*sorted), compare_extents);
	for (i = 0; i < extents->nr && !r; i += nr) {
		for (nr = 1; i + nr < extents->nr; nr++)
			if (memcmp(sorted[i]->volume, sorted[i + nr]->volume,
				   UUID_BYTES))
				break;
		r = open_volume(log, options, all, sorted + i, nr);
	}
	free(sorted);
	return r;
}

/**
 * datastores_open() - find the volumes on some LUNs
 * @log: how much to tell; must outlive them
 * @luns: devices, or images of such, that the user has named
 * @nr_luns: their number
 * @options: how to take what is not as it should be, or NULL
 * @all: set to them, for datastores_close(), on success
 *
 * The devices are opened for reading only, and what of them is in this machine's
 * cache is forgotten.
 *
 * Return: 0, or an exit code after a message.
 */
int datastores_open(const struct log *log, const char *const *luns,
		    size_t nr_luns, const struct datastores_options *options,
		    struct datastores **all)
{
	struct datastores *d = calloc(1, sizeof(*d));
	struct extents extents = { 0 };
	int r;

	if (!d)
		return fail_memory();
	r = vmfs_luns_open(log, luns, nr_luns, &d->luns);
	if (!r)
		r = find_extents(log, &d->luns, &extents);
	if (!r)
		r = open_volumes(log, options, d, &extents);
	extents_free(&extents);
	if (r)
		datastores_close(d);
	else
		*all = d;
	return r;
}

/**
 * datastores_nr() - how many volumes there are
 * @all: they
 *
 * Return: their number, not 0.
 */
size_t datastores_nr(const struct datastores *all)
{
	return all->nr;
}

/**
 * datastores_get() - one of the volumes
 * @all: they
 * @i: which
 *
 * Return: it, as long as they are open.
 */
const struct datastore *datastores_get(const struct datastores *all, size_t i)
{
	return &all->list[i];
}

/**
 * datastores_device() - one of the devices that the user has named
 * @all: the volumes on them
 * @i: which, from 0 on
 *
 * Return: it, or NULL if there are no more.
 */
const struct source *datastores_device(const struct datastores *all, size_t i)
{
	return i < all->luns.nr ? all->luns.sources[i] : NULL;
}

/**
 * datastores_check_unchanged() - read again what tells where files lie
 * @all: the volumes; the files are those that were mapped
 *
 * Return: 0, or an exit code after a message that names a file that is not where it
 * was: what was read of it is worth nothing.
 */
int datastores_check_unchanged(const struct datastores *all)
{
	vmfs_luns_flush(&all->luns);
	return seen_check(&all->seen);
}

/**
 * datastores_close() - close them
 * @all: they, of which no folder, file or layout is held any more; or NULL
 */
void datastores_close(struct datastores *all)
{
	if (!all)
		return;
	seen_free(&all->seen);
	while (all->nr) {
		folder_put(all->list[--all->nr].root);
		fs_close(&all->filesystems[all->nr]);
	}
	free(all->list);
	free(all->filesystems);
	vmfs_luns_close(&all->luns);
	free(all);
}
