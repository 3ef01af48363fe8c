// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device-mapper target "sesparse": a VMware seSparse snapshot chain as a
 * read-only block device.
 *
 * The constructor reads all metadata of all layers into one map and checks it;
 * afterwards a read is one look-up and one remap a run of grains, however deep
 * the chain is: read.c.  Nothing is ever written, to the device or below it.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/stringify.h>

#include "compat.h"
#include "debug.h"
#include "load.h"
#include "target.h"

#define DM_MSG_PREFIX "sesparse"

static ulong max_map_bytes;
module_param(max_map_bytes, ulong, 0644);
MODULE_PARM_DESC(max_map_bytes, "Most memory that the maps of all devices may take together (0: a quarter of all)");

/* What all maps and loads hold, of max_map_bytes. */
static atomic64_t map_bytes;

/* A buffered reader's readahead is twice the optimal I/O: 2 MiB. */
#define OPTIMAL_IO SZ_1M

/* A chain of more layers is told to IMA in fewer words. */
#define IMA_NAMED_LAYERS 24

/* The constructor's errors come here, too: what it has not come to is 0. */
static void sesparse_dtr(struct dm_target *ti)
{
	struct sesparse *s = ti->private;
	unsigned int i;

	sesparse_map_exit(&s->map);
	WARN_ON_ONCE(s->account.held);
	if (s->parent)
		dm_put_device(ti, s->parent);
	for (i = 0; i < s->nr_layers; i++)
		dm_put_device(ti, s->layers[i].dev);
	kfree(s);
}

static int target_open_device(struct dm_target *ti, struct dm_arg_set *as,
			      struct dm_dev **dev, sector_t *start)
{
	const char *path = dm_shift_arg(as);
	const char *arg = dm_shift_arg(as);
	unsigned long long sector;
	int r;

	if (!path || !arg) {
		ti->error = "Too few arguments: a device and its start sector expected";
		return -EINVAL;
	}
	if (kstrtoull(arg, 10, &sector) || sector != (sector_t)sector) {
		DMERR("start sector of %s is \"%s\", expected a number", path,
		      arg);
		ti->error = "Invalid start sector (see the kernel log)";
		return -EINVAL;
	}
	r = dm_get_device(ti, path, dm_table_get_mode(ti->table), dev);
	if (r) {
		DMERR("cannot open device %s: error %d", path, r);
		ti->error = "Cannot open a device (see the kernel log)";
		return r;
	}
	*start = sector;
	return 0;
}

static int target_open_layers(struct dm_target *ti, struct dm_arg_set *as,
			      unsigned int nr)
{
	struct sesparse *s = ti->private;
	struct sesparse_layer *layer;
	int r;

	while (s->nr_layers < nr) {
		layer = &s->layers[s->nr_layers];
		r = target_open_device(ti, as, &layer->dev, &layer->start);
		if (r)
			return r;
		s->nr_layers++;
	}
	return 0;
}

static int target_open_parent(struct dm_target *ti, struct dm_arg_set *as)
{
	struct sesparse *s = ti->private;
	sector_t sectors;
	int r;

	if (s->parent) {
		ti->error = "Option parent is given twice";
		return -EINVAL;
	}
	r = target_open_device(ti, as, &s->parent, &s->parent_start);
	if (r)
		return r;
	sectors = bdev_nr_sectors(s->parent->bdev);
	if (s->parent_start >= sectors) {
		DMERR("parent %pg has %llu sectors, expected more than its start %llu",
		      s->parent->bdev, (u64)sectors, (u64)s->parent_start);
		ti->error = "Parent starts behind the end of its device";
		return -EINVAL;
	}
	s->parent_sectors = sectors - s->parent_start;
	return 0;
}

static int target_read_options(struct dm_target *ti, struct dm_arg_set *as)
{
	static const struct dm_arg args[] = {
		{ 0, 5, "Invalid number of options, expected 0 to 5, then as many words" },
	};
	struct sesparse *s = ti->private;
	unsigned int nr;
	const char *opt;
	int r;

	if (!as->argc)
		return 0;
	r = dm_read_arg_group(args, as, &nr, &ti->error);
	if (r)
		return r;
	if (nr != as->argc) {
		ti->error = "Number of options is not what follows it";
		return -EINVAL;
	}
	while (as->argc) {
		opt = dm_shift_arg(as);
		if (!strcmp(opt, "parent")) {
			r = target_open_parent(ti, as);
			if (r)
				return r;
		} else if (!strcmp(opt, "salvage")) {
			s->salvage = true;
		} else if (!strcmp(opt, "ignore_dirty")) {
			s->ignore_dirty = true;
		} else {
			DMERR("option \"%s\", expected parent, salvage or ignore_dirty",
			      opt);
			ti->error = "Unknown option (see the kernel log)";
			return -EINVAL;
		}
	}
	return 0;
}

/* The device whose logical blocks are largest: the disk's are of that size. */
static struct block_device *target_coarsest(const struct sesparse *s)
{
	struct block_device *most = s->layers[0].dev->bdev, *bdev;
	unsigned int i;

	for (i = 1; i <= s->nr_layers; i++) {
		if (i < s->nr_layers)
			bdev = s->layers[i].dev->bdev;
		else if (s->parent)
			bdev = s->parent->bdev;
		else
			break;
		if (bdev_logical_block_size(bdev) >
		    bdev_logical_block_size(most))
			most = bdev;
	}
	return most;
}

static int target_check_sector(struct dm_target *ti, struct block_device *most,
			       u64 sector, const char *what)
{
	const unsigned int block = bdev_logical_block_size(most);

	if (!(sector & ((block >> SECTOR_SHIFT) - 1)))
		return 0;
	DMERR("%s is sector %llu, expected a multiple of %u: %pg has blocks of %u bytes",
	      what, sector, block >> SECTOR_SHIFT, most, block);
	ti->error = "Table does not fit its devices' blocks (a loop device can give smaller ones)";
	return -EINVAL;
}

/*
 * All devices' logical blocks must fit into a grain, and where the extents and the
 * parent begin, and the line itself, must fit the largest of them.  Device mapper
 * demands most of it, but only when the table is resumed, with all tables read.
 */
static int target_check_blocks(struct dm_target *ti)
{
	const struct sesparse *s = ti->private;
	struct block_device *most = target_coarsest(s);
	char what[32];
	unsigned int i;
	int r;

	if (bdev_logical_block_size(most) > SESPARSE_GRAIN_BYTES) {
		DMERR("%pg has logical blocks of %u bytes, expected at most %u",
		      most, bdev_logical_block_size(most),
		      SESPARSE_GRAIN_BYTES);
		ti->error = "A device has too large blocks (a loop device can give smaller ones)";
		return -EINVAL;
	}
	r = target_check_sector(ti, most, ti->begin, "start of the table line");
	if (!r)
		r = target_check_sector(ti, most, ti->begin + ti->len,
					"end of the table line");
	for (i = 0; i < s->nr_layers && !r; i++) {
		snprintf(what, sizeof(what), "start of layer %u", i);
		r = target_check_sector(ti, most, s->layers[i].start, what);
	}
	if (s->parent && !r)
		r = target_check_sector(ti, most, s->parent_start,
					"start of the parent");
	return r;
}

static struct sesparse_source_dev target_layer_source(const struct sesparse *s,
						      unsigned int i)
{
	const struct sesparse_layer *layer = &s->layers[i];
	struct sesparse_source_dev src = {
		.bdev = layer->dev->bdev,
		.start = layer->start,
		.layer = i,
		.salvage = s->salvage,
		.ignore_dirty = s->ignore_dirty,
	};

	snprintf(src.where, sizeof(src.where), "layer %u (%pg, sector %llu)", i,
		 src.bdev, (u64)src.start);
	return src;
}

static int target_load_header(struct dm_target *ti, unsigned int i,
			      struct sesparse_geometry *geo)
{
	struct sesparse *s = ti->private;
	const struct sesparse_source_dev src = target_layer_source(s, i);
	int r = sesparse_load_header(&src, geo, &ti->error);

	if (r)
		return r;
	if (geo->capacity != ti->len) {
		DMERR("%s: capacity is %llu sectors, expected the table line's length %llu",
		      src.where, geo->capacity, (u64)ti->len);
		ti->error = "Capacity is not the table line's length (see the kernel log)";
		return -EINVAL;
	}
	s->layers[i].grains = s->layers[i].start + geo->grains;
	return 0;
}

static int target_load_tables(struct dm_target *ti,
			      const struct sesparse_geometry *geo)
{
	struct sesparse *s = ti->private;
	struct sesparse_build build;
	struct sesparse_source_dev src;
	unsigned int i;
	int r;

	r = sesparse_build_init(&build, &s->map);
	if (r)
		ti->error = "Out of memory";
	for (i = 0; i < s->nr_layers && !r; i++) {
		src = target_layer_source(s, i);
		r = sesparse_load_tables(&src, &geo[i], &build, &ti->error);
	}
	s->counts = build.counts;
	sesparse_build_exit(&build);
	return r;
}

/* All headers come first: what they tell is known before any table is read. */
static int target_load_layers(struct dm_target *ti)
{
	struct sesparse *s = ti->private;
	struct sesparse_geometry *geo;
	unsigned int i;
	int r = 0;

	geo = kcalloc(s->nr_layers, sizeof(*geo), GFP_KERNEL);
	if (!geo) {
		ti->error = "Out of memory";
		return -ENOMEM;
	}
	for (i = 0; i < s->nr_layers && !r; i++)
		r = target_load_header(ti, i, &geo[i]);
	if (!r)
		r = target_load_tables(ti, geo);
	kfree(geo);
	return r;
}

/*
 * A quarter of what the allocator has: memory that is mapped for good, and, where
 * addresses are few, not all of those that vmalloc() hands out.
 */
static u64 target_default_limit(void)
{
	const u64 memory = (u64)(totalram_pages() - totalhigh_pages())
			   << PAGE_SHIFT;

	/* Without an MMU there are no such addresses. */
	return min_not_zero(memory, (u64)VMALLOC_TOTAL) >> 2;
}

static u64 target_map_limit(void)
{
	return READ_ONCE(max_map_bytes) ?: target_default_limit();
}

/* What the map came to: -ENOSPC is the limit of all. */
static int target_check_map(struct dm_target *ti, int r)
{
	const struct sesparse *s = ti->private;

	if (r != -ENOSPC)
		return r;
	DMERR("map needs some %llu bytes and others hold %llu, expected at most %llu in all",
	      s->account.need, atomic64_read(&map_bytes) - s->account.held,
	      s->account.limit);
	ti->error = SESPARSE_TOO_MUCH;
	return -ENOMEM;
}

static int target_make_map(struct dm_target *ti)
{
	struct sesparse *s = ti->private;
	int r;

	if (ti->len > SESPARSE_MAX_CAPACITY) {
		ti->error = "Length is over 64 TiB";
		return -EINVAL;
	}
	sesparse_account_init(&s->account, &map_bytes, target_map_limit());
	r = sesparse_map_init(&s->map,
			      DIV_ROUND_UP_ULL(ti->len, SESPARSE_GRAIN_SECTORS),
			      s->parent, &s->account);
	if (r == -ENOMEM)
		ti->error = "Out of memory";
	if (r)
		return target_check_map(ti, r);
	r = target_load_layers(ti);
	if (r)
		return target_check_map(ti, r);
	return target_check_map(ti, sesparse_map_finish(&s->map));
}

/*
 * Construct a sesparse mapping:
 *   <#layers> {<extent dev> <start sector>}... [<#opts> <opt>...]
 *
 * Layers come newest first, 1 to SESPARSE_MAX_LAYERS of them.  Options:
 *   parent <dev> <start sector>  what no layer decides is read from here
 *   salvage                      a corrupt entry is an I/O error, not a refusal
 *   ignore_dirty                 replayJournal does not matter
 */
static int sesparse_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	static const struct dm_arg args[] = {
		{ 1, SESPARSE_MAX_LAYERS,
		  "Invalid number of layers, expected 1 to " __stringify(SESPARSE_MAX_LAYERS) },
	};
	struct dm_arg_set as = { .argc = argc, .argv = argv };
	struct sesparse *s;
	unsigned int nr;
	int r;

	if (dm_table_get_mode(ti->table) & BLK_OPEN_WRITE) {
		ti->error = "Table must be read-only (use --readonly)";
		return -EINVAL;
	}
	r = dm_read_arg(args, &as, &nr, &ti->error);
	if (r)
		return r;
	s = kzalloc(struct_size(s, layers, nr), GFP_KERNEL);
	if (!s) {
		ti->error = "Out of memory";
		return -ENOMEM;
	}
	ti->private = s;
	ti->accounts_remapped_io = true;

	r = target_open_layers(ti, &as, nr);
	if (r)
		goto bad;
	r = target_read_options(ti, &as);
	if (r)
		goto bad;
	r = target_check_blocks(ti);
	if (r)
		goto bad;
	r = target_make_map(ti);
	if (r)
		goto bad;
	return 0;
bad:
	sesparse_dtr(ti);
	return r;
}

static unsigned int target_nr_option_args(const struct sesparse *s)
{
	return (s->parent ? 3 : 0) + s->salvage + s->ignore_dirty;
}

/*
 * What IMA measures: with a name for each layer's device and start, or, of a deep
 * chain, as a list.  The options come first, where they can't be cut off.
 *
 * Which of the two it is depends on the table alone, not on @maxlen, since dmsetup
 * measure asks with more room than IMA does.  Device mapper has room for 2047 bytes
 * there.  With the longest numbers that devices and sectors have, IMA_NAMED_LAYERS
 * layers take 1804 by name, and a list of 61 takes 2045.
 */
static void target_emit_ima(struct dm_target *ti, char *result,
			    unsigned int maxlen)
{
	const struct sesparse *s = ti->private;
	const bool list = s->nr_layers > IMA_NAMED_LAYERS;
	unsigned int i, sz = 0;

	DMEMIT_TARGET_NAME_VERSION(ti->type);
	DMEMIT(",layers=%u", s->nr_layers);
	if (s->parent)
		DMEMIT(",parent_device_name=%s,parent_start=%llu",
		       s->parent->name, (u64)s->parent_start);
	DMEMIT(",salvage=%c,ignore_dirty=%c", s->salvage ? 'y' : 'n',
	       s->ignore_dirty ? 'y' : 'n');
	if (list)
		DMEMIT(",layer_devices=");
	for (i = 0; i < s->nr_layers; i++) {
		const char *name = s->layers[i].dev->name;
		const u64 start = s->layers[i].start;

		if (list)
			DMEMIT("%s%s:%llu", i ? " " : "", name, start);
		else
			DMEMIT(",layer_%u_device_name=%s,layer_%u_start=%llu",
			       i, name, i, start);
	}
	DMEMIT(";");
}

static void sesparse_status(struct dm_target *ti, status_type_t type,
			    unsigned int status_flags, char *result,
			    unsigned int maxlen)
{
	const struct sesparse *s = ti->private;
	const struct sesparse_counts *c = &s->counts;
	unsigned int i, sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		DMEMIT("%llu %llu %llu %llu %llu %u %lld %llu", c->mapped,
		       c->zero,
		       s->map.nr_grains - c->mapped - c->zero - c->corrupt,
		       c->corrupt, s->map.held, s->nr_layers,
		       atomic64_read(&map_bytes), target_map_limit());
		break;
	case STATUSTYPE_TABLE:
		DMEMIT("%u", s->nr_layers);
		for (i = 0; i < s->nr_layers; i++)
			DMEMIT(" %s %llu", s->layers[i].dev->name,
			       (u64)s->layers[i].start);
		if (target_nr_option_args(s))
			DMEMIT(" %u", target_nr_option_args(s));
		if (s->parent)
			DMEMIT(" parent %s %llu", s->parent->name,
			       (u64)s->parent_start);
		if (s->salvage)
			DMEMIT(" salvage");
		if (s->ignore_dirty)
			DMEMIT(" ignore_dirty");
		break;
	case STATUSTYPE_IMA:
		target_emit_ima(ti, result, maxlen);
		break;
	}
}

/*
 * Grains may lie anywhere, so each device is passed whole, but for a last part of a
 * grain: device mapper wants lengths in the disk's logical blocks, and those may be
 * larger than this device's.  The part is read all the same, if it is the end of a
 * parent or of a disk whose own blocks are smaller.
 */
static int target_iterate_device(struct dm_target *ti, struct dm_dev *dev,
				 sector_t start, iterate_devices_callout_fn fn,
				 void *data)
{
	const sector_t sectors = bdev_nr_sectors(dev->bdev) - start;

	return fn(ti, dev, start,
		  sectors & ~(sector_t)(SESPARSE_GRAIN_SECTORS - 1), data);
}

static int sesparse_iterate_devices(struct dm_target *ti,
				    iterate_devices_callout_fn fn, void *data)
{
	const struct sesparse *s = ti->private;
	unsigned int i;
	int r = 0;

	for (i = 0; i < s->nr_layers && !r; i++)
		r = target_iterate_device(ti, s->layers[i].dev,
					  s->layers[i].start, fn, data);
	if (s->parent && !r)
		r = target_iterate_device(ti, s->parent, s->parent_start, fn,
					  data);
	return r;
}

/*
 * The optimal and the least I/O must be multiples of the physical block, which was
 * perhaps smaller before: else device mapper finds them misaligned, and drops the
 * former.
 */
static void sesparse_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	const unsigned int block = max_t(unsigned int, SESPARSE_GRAIN_BYTES,
					 limits->physical_block_size);

	limits->physical_block_size = block;
	limits->io_min = roundup(max(block, limits->io_min), block);
	if (!limits->io_opt || limits->io_opt % block)
		limits->io_opt = roundup(OPTIMAL_IO, block);
}

static struct target_type sesparse_target = {
	.name = "sesparse",
	.version = { 1, 2, 0 },
	.features = DM_TARGET_NOWAIT,
	.module = THIS_MODULE,
	.ctr = sesparse_ctr,
	.dtr = sesparse_dtr,
	.map = sesparse_read,
	.status = sesparse_status,
	.iterate_devices = sesparse_iterate_devices,
	.io_hints = sesparse_io_hints,
};

static int __init sesparse_init(void)
{
	int r = sesparse_read_init();

	if (r)
		return r;
	r = dm_register_target(&sesparse_target);
	if (r)
		sesparse_read_exit();
	return r;
}

static void __exit sesparse_exit(void)
{
	dm_unregister_target(&sesparse_target);
	sesparse_debug_exit();
	sesparse_read_exit();
}

module_init(sesparse_init);
module_exit(sesparse_exit);

MODULE_DESCRIPTION(DM_NAME " target for VMware seSparse snapshot chains");
MODULE_AUTHOR("The dm-sesparse developers");
MODULE_LICENSE("GPL");
