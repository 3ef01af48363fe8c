// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads an extent's metadata from its block device into the map.
 *
 * A disk of 1 TiB may have 65536 tables of 32 KiB, in whatever order they were
 * first written to.  One round trip for each would take minutes on a remote
 * LUN, so tables are read in the order of the device, neighbours together up to
 * 1 MiB, with several reads on their way.  A table of which the layers above
 * decided every grain is not read, and so not checked: no read depends on it.
 *
 * The directory is turned around for that: owners.c.
 */
#include "load.h"

#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/device-mapper.h>
#include <linux/highmem.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "owners.h"

#define DM_MSG_PREFIX "sesparse"

#define READ_BYTES SZ_1M
#define READ_MAX_SECTORS (READ_BYTES >> SECTOR_SHIFT)
#define READ_MAX_TABLES (READ_MAX_SECTORS / SESPARSE_TABLE_SECTORS)
#define READS_IN_FLIGHT 8

/* What a device can't read is tried again in parts of the directory this small. */
#define SALVAGE_BYTES 4096

/* What is read at once, see load_read_now(). */
static_assert(SALVAGE_BYTES <= SESPARSE_TABLE_BYTES);
static_assert(SESPARSE_HEADER_BYTES <= SESPARSE_TABLE_BYTES);
/* A stream's buffers are vmalloc()ed, see sesparse_alloc(). */
static_assert(READ_BYTES > PAGE_SIZE);

/* Says what is wrong with an extent. */
static __printf(2, 3) void load_report(const struct sesparse_source_dev *src,
				       const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	DMERR("%s: %pV", src->where, &vaf);
	va_end(args);
}

/**
 * struct piece - one read of metadata
 * @first: what it begins with, counted as its reader counts (tables, ...)
 * @sector: where, from the extent's start
 * @sectors: how much, at the most READ_MAX_SECTORS
 * @buf: what was read
 * @vecs: as many as @buf has pages, for @bio
 * @bio: the read on its way, whose memory is the load's: of the kernel's there may be
 *	two for all in the machine when memory is short, and who has some of those and
 *	waits for more may wait for ever.
 * @done: its end
 */
struct piece {
	u64 first;
	u64 sector;
	unsigned int sectors;
	void *buf;
	struct bio_vec *vecs;
	struct bio *bio;
	struct completion done;
};

/**
 * struct stream - reads that are on their way while earlier ones are used
 * @src: where from
 * @next: say what to read next, false at the end
 * @use: take what was read; @error is what the read came to
 * @private: for the two
 * @pieces: the reads, a ring
 * @vecs: theirs
 * @bios: theirs, as bytes, for in some kernels a bio ends in an array without a length
 */
struct stream {
	const struct sesparse_source_dev *src;
	bool (*next)(struct stream *s, struct piece *p);
	int (*use)(struct stream *s, struct piece *p, int error);
	void *private;
	struct piece pieces[READS_IN_FLIGHT];
	struct bio_vec vecs[READS_IN_FLIGHT][READ_BYTES / PAGE_SIZE];
	u8 bios[READS_IN_FLIGHT][sizeof(struct bio)]
		__aligned(__alignof__(struct bio));
};

static void load_piece_end_io(struct bio *bio)
{
	struct piece *p = bio->bi_private;

	complete(&p->done);
}

static void load_piece_start(const struct sesparse_source_dev *src,
			     struct piece *p)
{
	unsigned int left = p->sectors << SECTOR_SHIFT, len, offset = 0;
	struct bio *const bio = p->bio;

	bio_init(bio, src->bdev, p->vecs, DIV_ROUND_UP(left, PAGE_SIZE),
		 REQ_OP_READ | REQ_META);
	bio->bi_iter.bi_sector = src->start + p->sector;
	for (; left; left -= len, offset += len) {
		len = min_t(unsigned int, left, PAGE_SIZE);
		__bio_add_page(bio, vmalloc_to_page(p->buf + offset), len, 0);
	}
	bio->bi_end_io = load_piece_end_io;
	bio->bi_private = p;
	init_completion(&p->done);
	submit_bio(bio);
}

static int load_piece_wait(struct piece *p)
{
	int r;

	wait_for_completion_io(&p->done);
	invalidate_kernel_vmap_range(p->buf, p->sectors << SECTOR_SHIFT);
	r = blk_status_to_errno(p->bio->bi_status);
	bio_uninit(p->bio);
	return r;
}

static int load_stream_use(struct stream *s, struct piece *p)
{
	int error = load_piece_wait(p);

	return sesparse_interrupted() ? -EINTR : s->use(s, p, error);
}

/* Reads until @next says that it's enough, or the first error. */
static int load_stream_run(struct stream *s)
{
	u64 started = 0, used = 0;
	struct piece *p;
	int r = 0;

	do {
		while (started < used + READS_IN_FLIGHT) {
			p = &s->pieces[started % READS_IN_FLIGHT];
			if (!s->next(s, p))
				break;
			load_piece_start(s->src, p);
			started++;
		}
		if (started == used)
			return 0;
		r = load_stream_use(s, &s->pieces[used++ % READS_IN_FLIGHT]);
	} while (!r);

	while (used < started)
		load_piece_wait(&s->pieces[used++ % READS_IN_FLIGHT]);
	return r;
}

static void load_stream_free(struct stream *s, struct sesparse_account *account)
{
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < READS_IN_FLIGHT; i++)
		sesparse_free(account, s->pieces[i].buf, READ_BYTES);
	sesparse_free(account, s, sizeof(*s));
}

static struct stream *load_stream_alloc(const struct sesparse_source_dev *src,
					struct sesparse_account *account,
					int *error)
{
	struct stream *s = sesparse_zalloc(account, sizeof(*s), error);
	unsigned int i;
	int r;

	if (!s) {
		if (*error == -ENOSPC)
			sesparse_account_refuse(account,
						READS_IN_FLIGHT * READ_BYTES);
		return NULL;
	}
	s->src = src;
	for (i = 0; i < READS_IN_FLIGHT; i++) {
		s->pieces[i].vecs = s->vecs[i];
		s->pieces[i].bio = (void *)s->bios[i];
		s->pieces[i].buf = sesparse_alloc(account, READ_BYTES, &r);
		*error = *error ?: r;
	}
	return s;
}

/* Reads at once, a table at the most; @buf is vmalloc()ed. */
static int load_read_now(const struct sesparse_source_dev *src, u64 sector,
			 unsigned int sectors, void *buf)
{
	struct bio_vec vecs[DIV_ROUND_UP(SESPARSE_TABLE_BYTES, PAGE_SIZE)];
	struct bio bio;
	struct piece p = {
		.sector = sector,
		.sectors = sectors,
		.buf = buf,
		.vecs = vecs,
		.bio = &bio,
	};

	load_piece_start(src, &p);
	return load_piece_wait(&p);
}

/*
 * What is read must begin at one of the device's own blocks.  Those of the devices
 * beside it may be larger: they bind the starts, which the target has checked.
 */
static int load_check_alignment(const struct sesparse_source_dev *src,
				const struct sesparse_geometry *geo,
				char **error)
{
	const unsigned int block = bdev_logical_block_size(src->bdev);
	const u64 mask = (block >> SECTOR_SHIFT) - 1;

	if (!((geo->directory | geo->tables | geo->grains) & mask))
		return 0;
	load_report(src,
		    "grainDirectoryOffset is %llu, grainTablesOffset %llu and grainsOffset %llu, expected multiples of %llu sectors, the device's logical blocks of %u bytes (a loop device of smaller ones may take its place)",
		    geo->directory, geo->tables, geo->grains, mask + 1, block);
	*error = "Extent does not fit the device's logical blocks (see the kernel log)";
	return -EINVAL;
}

static int load_check_header(const struct sesparse_source_dev *src,
			     const void *buf, struct sesparse_geometry *geo,
			     char **error)
{
	const u64 sectors = bdev_nr_sectors(src->bdev) - src->start;
	char why[160];

	if (sesparse_decode_header(buf, sectors, geo, why, sizeof(why))) {
		load_report(src, "%s", why);
		*error = "Not a usable seSparse header (the kernel log says which field)";
		return -EINVAL;
	}
	if (geo->dirty && !src->ignore_dirty) {
		load_report(src,
			    "replayJournal is set, expected 0: the image was not closed cleanly (let ESXi close it, or ignore_dirty reads it as it stands)");
		*error = "Image is dirty (see the kernel log, or use ignore_dirty)";
		return -EINVAL;
	}
	return load_check_alignment(src, geo, error);
}

/**
 * sesparse_load_header() - read and check an extent's headers
 * @src: the extent; its start is a multiple of the device's logical blocks
 * @geo: filled in on success
 * @error: set to what ti->error should say on failure
 *
 * Context: Process context, sleeps.
 * Return: 0, -EINVAL, -EIO or -ENOMEM.  The kernel log has the details.
 */
int sesparse_load_header(const struct sesparse_source_dev *src,
			 struct sesparse_geometry *geo, char **error)
{
	const u64 sectors = bdev_nr_sectors(src->bdev);
	void *buf;
	int r;

	if (src->start >= sectors ||
	    sectors - src->start < SESPARSE_HEADER_BYTES >> SECTOR_SHIFT) {
		load_report(src,
			    "device has %llu sectors, expected at least 8 from the start on (truncated?)",
			    sectors);
		*error = "Extent device is too small for a header";
		return -EINVAL;
	}
	buf = vmalloc(SESPARSE_HEADER_BYTES);
	if (!buf) {
		*error = "Out of memory";
		return -ENOMEM;
	}
	r = load_read_now(src, 0, SESPARSE_HEADER_BYTES >> SECTOR_SHIFT, buf);
	if (r) {
		load_report(src, "cannot read the header: error %d", r);
		*error = "Cannot read an extent's header";
		r = -EIO;
	} else {
		r = load_check_header(src, buf, geo, error);
	}
	vfree(buf);
	return r;
}

/**
 * struct loading - what the two streams of one extent share
 * @src: the extent
 * @geo: its geometry
 * @build: where tables go
 * @owners: which 16 MiB of the disk each table in the extent is for
 * @at: how far the stream at hand has asked to read, in entries or tables
 * @limit: how much salvage may say
 */
struct loading {
	const struct sesparse_source_dev *src;
	const struct sesparse_geometry *geo;
	struct sesparse_build *build;
	struct sesparse_owners owners;
	u64 at;
	struct ratelimit_state limit;
};

/*
 * Says what is corrupt: always where that ends the load; where salvage goes on,
 * a few times, since a hostile image can have millions.
 */
static __printf(2, 3) void load_complain(struct loading *l, const char *fmt,
					 ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (l->src->salvage && !__ratelimit(&l->limit))
		return;
	va_start(args, fmt);
	vaf.va = &args;
	DMERR("%s: %pV%s", l->src->where, &vaf,
	      l->src->salvage ? "" : " (salvage makes I/O errors of it)");
	va_end(args);
}

/* Next part of the directory; @at counts its entries. */
static bool load_directory_next(struct stream *s, struct piece *p)
{
	struct loading *l = s->private;
	const unsigned int block =
		bdev_logical_block_size(l->src->bdev) >> SECTOR_SHIFT;
	u64 sectors;

	if (l->at >= l->geo->nr_tables)
		return false;
	sectors = DIV_ROUND_UP_ULL((l->geo->nr_tables - l->at) * sizeof(u64),
				   SECTOR_SIZE);
	p->first = l->at;
	p->sector = l->geo->directory + l->at * sizeof(u64) / SECTOR_SIZE;
	p->sectors = min_t(u64, round_up(sectors, block), READ_MAX_SECTORS);
	l->at += READ_BYTES / sizeof(u64);
	return true;
}

/*
 * Says what is wrong with an entry of the directory.  The text must not lie in the
 * frame of the caller, who has millions of entries: many kernels clear what is in a
 * frame whenever it comes into scope.
 */
static noinline_for_stack int
load_refuse_directory_entry(struct loading *l,
			    const struct sesparse_claim *claim)
{
	char why[SESPARSE_OWNERS_TEXT];

	sesparse_owners_explain(&l->owners, claim, why, sizeof(why));
	load_complain(l, "grain directory entry %llu %s", claim->table, why);
	return l->src->salvage ? sesparse_owners_spoil(claim, l->build) :
				 -EINVAL;
}

static int load_directory_entries(struct loading *l, u64 first, u64 nr,
				  const __le64 *entries)
{
	struct sesparse_claim claim;
	int r = 0;
	u64 i;

	for (i = 0; i < nr && !r; i++) {
		if (i % 64 == 0 && sesparse_interrupted())
			r = -EINTR;
		else if (!sesparse_owners_take(&l->owners, first + i,
					       le64_to_cpu(entries[i]), &claim))
			r = load_refuse_directory_entry(l, &claim);
	}
	return r;
}

/* A block of the directory that the device may not give away. */
static int load_salvage_directory(struct loading *l, u64 first, u64 sector,
				  unsigned int sectors, __le64 *entries)
{
	const u64 nr = min_t(u64, SALVAGE_BYTES / sizeof(u64),
			     l->geo->nr_tables - first);
	int r = load_read_now(l->src, sector, sectors, entries);
	u64 i;

	if (!r)
		return load_directory_entries(l, first, nr, entries);
	load_complain(l, "cannot read the grain directory at sector %llu: error %d",
		      sector, r);
	for (i = 0, r = 0; i < nr && !r; i++)
		r = sesparse_interrupted() ? -EINTR :
			sesparse_build_bad_table(l->build, first + i);
	return r;
}

static int load_directory_use(struct stream *s, struct piece *p, int error)
{
	struct loading *l = s->private;
	const unsigned int step = SALVAGE_BYTES >> SECTOR_SHIFT;
	const unsigned int per_sector = SECTOR_SIZE / sizeof(u64);
	const u64 nr = min_t(u64, READ_BYTES / sizeof(u64),
			     l->geo->nr_tables - p->first);
	unsigned int i;
	int r = 0;

	if (!error)
		return load_directory_entries(l, p->first, nr, p->buf);
	if (!l->src->salvage) {
		load_complain(l, "cannot read the grain directory at sector %llu: error %d",
			      p->sector, error);
		return -EIO;
	}
	for (i = 0; i < p->sectors && !r; i += step)
		r = load_salvage_directory(l, p->first + i * per_sector,
					   p->sector + i,
					   min(step, p->sectors - i), p->buf);
	return r;
}

static bool load_wants(const struct loading *l, u64 index)
{
	return sesparse_owners_wants(&l->owners, index, l->build->map);
}

/* Next tables that lie side by side; @at counts the extent's tables. */
static bool load_tables_next(struct stream *s, struct piece *p)
{
	struct loading *l = s->private;
	unsigned int nr = 0;

	for (; l->at < l->geo->max_tables && !load_wants(l, l->at); l->at++)
		if (l->at % SESPARSE_TABLE_ENTRIES == 0)
			cond_resched();
	p->first = l->at;
	p->sector = l->geo->tables + l->at * SESPARSE_TABLE_SECTORS;
	while (nr < READ_MAX_TABLES && l->at < l->geo->max_tables &&
	       load_wants(l, l->at)) {
		nr++;
		l->at++;
	}
	p->sectors = nr * SESPARSE_TABLE_SECTORS;
	return nr;
}

static int load_report_fault(struct loading *l, u64 index,
			     const struct sesparse_fault *fault)
{
	char why[SESPARSE_OWNERS_TEXT];

	sesparse_owners_explain_fault(&l->owners, index, fault, why,
				      sizeof(why));
	load_complain(l, "%s", why);
	return l->src->salvage ? 0 : -EINVAL;
}

static int load_take_table(struct loading *l, u64 index, const __le64 *entries)
{
	const u64 table = sesparse_owners_of(&l->owners, index);
	struct sesparse_fault fault;
	int r = sesparse_build_table(l->build, table, entries, &fault);

	if (!r && fault.nr)
		r = load_report_fault(l, index, &fault);
	return r;
}

/* A table that the device may not give away. */
static int load_salvage_table(struct loading *l, u64 index, void *buf)
{
	const u64 sector = l->geo->tables + index * SESPARSE_TABLE_SECTORS;
	int r = load_read_now(l->src, sector, SESPARSE_TABLE_SECTORS, buf);

	if (!r)
		return load_take_table(l, index, buf);
	load_complain(l,
		      "cannot read grain table %llu at sector %llu: error %d",
		      index, sector, r);
	return sesparse_build_bad_table(l->build,
					sesparse_owners_of(&l->owners, index));
}

static int load_tables_use(struct stream *s, struct piece *p, int error)
{
	struct loading *l = s->private;
	const unsigned int nr = p->sectors / SESPARSE_TABLE_SECTORS;
	unsigned int i;
	int r = 0;

	if (error && !l->src->salvage) {
		load_complain(l, "cannot read grain tables %llu to %llu at sector %llu: error %d",
			      p->first, p->first + nr - 1, p->sector, error);
		return -EIO;
	}
	for (i = 0; i < nr && !r; i++)
		r = fatal_signal_pending(current) ? -EINTR :
		    error ? load_salvage_table(l, p->first + i, p->buf) :
			    load_take_table(l, p->first + i,
					    p->buf + i * SESPARSE_TABLE_BYTES);
	return r;
}

static int load_extent(struct loading *l, struct stream *s, char **error)
{
	int r;

	*error = "Corrupt grain directory (the kernel log says where; salvage reads around it)";
	s->private = l;
	s->next = load_directory_next;
	s->use = load_directory_use;
	r = load_stream_run(s);
	if (r)
		return r;
	*error = "Corrupt grain table (the kernel log says where; salvage reads around it)";
	l->at = 0;
	s->next = load_tables_next;
	s->use = load_tables_use;
	return load_stream_run(s);
}

/* What to say where the image is not to blame. */
static char *load_error_text(int r, char *text)
{
	switch (r) {
	case -EINVAL:
		return text;
	case -ENOMEM:
		return "Out of memory while loading the grain tables";
	case -ENOSPC:
		return SESPARSE_TOO_MUCH;
	case -EINTR:
		return "Interrupted while loading the grain tables";
	default:
		return "Cannot read an extent's grain tables";
	}
}

/**
 * sesparse_load_tables() - read an extent's directory and tables into the map
 * @src: the extent
 * @geo: its geometry, from sesparse_load_header()
 * @build: the building, all layers above taken in
 * @error: set to what ti->error should say on failure
 *
 * Context: Process context, sleeps; a fatal signal ends it.
 * Return: 0, -EINVAL for a corrupt entry without @src->salvage, -EINTR, -EIO,
 * -ENOMEM, or -ENOSPC when the limit of the map's account is reached.  The kernel log
 * has the details.
 */
int sesparse_load_tables(const struct sesparse_source_dev *src,
			 const struct sesparse_geometry *geo,
			 struct sesparse_build *build, char **error)
{
	struct sesparse_account *const account = build->map->account;
	struct loading l = { .src = src, .geo = geo, .build = build };
	struct stream *s;
	int r;

	ratelimit_state_init(&l.limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	s = load_stream_alloc(src, account, &r);
	/* What the limit does not allow adds up, so that its refusal says all of it. */
	r = sesparse_owners_init(&l.owners, geo, account) ?: r;
	r = sesparse_build_begin_layer(build, src->layer, geo) ?: r;
	if (!r)
		r = load_extent(&l, s, error);
	if (!r)
		r = sesparse_build_end_layer(build);
	if (r)
		*error = load_error_text(r, *error);
	sesparse_owners_exit(&l.owners);
	load_stream_free(s, account);
	return r;
}
