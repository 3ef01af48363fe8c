// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two states of a chain, such as two snapshots of its LUN, may have all names,
 * sizes and content IDs in common.  So the layers' headers are hashed, which count
 * transactions, and samples of the data, spread over all of it.
 *
 * Behind a tab in a line is what is only for people: names, which may change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "disk/disk.h"
#include "dm-sesparse/format.h"
#include "host/identity.h"
#include "restore/fingerprint.h"
#include "restore/target.h"
#include "sesparse/header.h"
#include "source/bytes.h"
#include "source/source.h"
#include "source/stored.h"
#include "util/hash.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

/* Samples of the data, and sectors of each. */
#define MAX_SAMPLES 256
#define SAMPLE_SECTORS 8

/* What cannot be read is like anything: a failing disk may read it next time. */
#define UNREADABLE '-'

static const char samples_key[] = "samples:";

/* A name of any bytes, at the end of a line. */
static void print_name(FILE *f, const char *path)
{
	char *absolute = realpath(path, NULL);
	const char *c = absolute ? absolute : path;

	fputc('\t', f);
	for (; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == '%' || *c == 0x7f)
			fprintf(f, "%%%02x", (unsigned char)*c);
		else
			fputc(*c, f);
	fputc('\n', f);
	free(absolute);
}

/* That of a file changes with every write, as far as its file system tells. */
static int print_source(FILE *f, const struct source *source)
{
	struct stat st;
	int error;

	fprintf(f, "of %llu sectors, ", source->sectors);
	if (source->stored)
		fprintf(f, "file %llu of datastore %s",
			(unsigned long long)source->stored->st.st_ino,
			source->stored->volume);
	else
		identity_print(f, source->fd);
	if (source->is_block)
		return 0;
	error = source_stat(source, &st);
	if (error)
		return fail(exit_code_of(error), "%s: %s", source->path,
			    strerror(error));
	fprintf(f, ", changed at %lld.%09ld", (long long)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec);
	return 0;
}

static int print_header(FILE *f, const struct extent *e)
{
	u64 hash = HASH_START;
	int error;

	if (e->type != EXTENT_SESPARSE)
		return 0;
	error = header_hash(e->source, e->offset, &hash);
	if (error)
		return fail(EXIT_DEVICE, "%s: cannot read the header: %s",
			    e->source->path, strerror(error));
	fprintf(f, ", header %016llx", hash);
	return 0;
}

/*
 * What a replay leaves in the headers does not tell which records it had: with the
 * newest and without it, the next transaction may have the same number.
 */
static void print_replay(FILE *f, const struct extent *e)
{
	if (e->nr_replayed)
		fprintf(f, ", journal replayed from sequence %llu to %llu",
			e->first_replayed, e->last_replayed);
}

static int print_extent(FILE *f, const struct extent *e)
{
	int r;

	if (!e->source) {
		fprintf(f, "extent of %llu sectors of zeros\n", e->sectors);
		return 0;
	}
	fprintf(f, "extent of %llu sectors at sector %llu of one ", e->sectors,
		e->offset);
	r = print_source(f, e->source);
	if (!r)
		r = print_header(f, e);
	if (r)
		return r;
	print_replay(f, e);
	print_name(f, e->source->path);
	return 0;
}

static int print_chain(FILE *f, const struct chain *chain, size_t first)
{
	const struct descriptor *d;
	size_t i, j;
	int r = 0;

	for (i = first; i < chain->nr_links && !r; i++) {
		d = chain->links[i];
		fprintf(f, "disk of %llu sectors, CID %08x:", d->capacity,
			d->cid);
		print_name(f, d->path);
		for (j = 0; j < d->nr_extents && !r; j++)
			r = print_extent(f, &d->extents[j]);
	}
	return r;
}

static u64 count_data(const struct disk *disk)
{
	struct disk_range range;
	u64 sector, data = 0;

	for (sector = 0; sector < disk->capacity; sector += range.sectors) {
		disk_look(disk, sector, &range);
		data += range.kind == DISK_DATA ? range.sectors : 0;
	}
	return data;
}

/* Of at most SAMPLE_SECTORS of the data of @range, from its sector @skip on. */
typedef int sample_use(void *private, const struct disk_range *range, u64 skip);

/* So many at most, as far from each other in the data as they can be. */
static int take_samples(const struct disk *disk, sample_use *use, void *private)
{
	const u64 step = max_t(u64, SAMPLE_SECTORS,
			       DIV_ROUND_UP_ULL(count_data(disk), MAX_SAMPLES));
	struct disk_range range;
	u64 sector, data = 0, next = 0;
	int r = 0;

	for (sector = 0; sector < disk->capacity; sector += range.sectors) {
		disk_look(disk, sector, &range);
		if (range.kind != DISK_DATA)
			continue;
		for (; next < data + range.sectors && !r; next += step)
			r = use(private, &range, next - data);
		data += range.sectors;
	}
	return r;
}

/**
 * struct sample - some of a disk's data
 * @bytes: they
 * @size: their number
 */
struct sample {
	char bytes[SAMPLE_SECTORS * SESPARSE_SECTOR_SIZE];
	size_t size;
};

/* Return: 0, or an errno. */
static int read_sample(const struct disk_range *range, u64 skip,
		       struct sample *sample)
{
	const u64 sectors = min_t(u64, range->sectors - skip, SAMPLE_SECTORS);

	sample->size = (size_t)sectors * SESPARSE_SECTOR_SIZE;
	return source_read(range->source, sample->bytes, sample->size,
			   (range->at + skip) * SESPARSE_SECTOR_SIZE);
}

static int print_sample(void *private, const struct disk_range *range, u64 skip)
{
	struct sample sample;
	FILE *f = private;
	u64 hash;

	fputc(' ', f);
	if (read_sample(range, skip, &sample)) {
		fputc(UNREADABLE, f);
		return 0;
	}
	hash = hash_add(HASH_START, sample.bytes, sample.size);
	fprintf(f, "%08x", (unsigned int)(hash ^ hash >> 32));
	return 0;
}

static void print_samples(FILE *f, const struct disk *disk)
{
	fputs(samples_key, f);
	take_samples(disk, print_sample, f);
	fputc('\n', f);
}

static int compare_sample(void *private, const struct disk_range *range,
			  u64 skip)
{
	const u64 at = (range->start + skip) * SESPARSE_SECTOR_SIZE;
	const struct target *t = private;
	struct sample sample, there;
	int error;

	if (read_sample(range, skip, &sample))
		return 0;
	error = bytes_read(t->fd, there.bytes, sample.size, at);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read at byte %llu: %s",
			    t->path, at, strerror(error));
	if (!memcmp(there.bytes, sample.bytes, sample.size))
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: differs from the older disk at byte %llu, expected what that holds",
		    t->path, at);
}

/**
 * fingerprint_check_target() - see that a target holds a disk, by samples
 * @disk: the disk
 * @t: the target
 *
 * Return: 0, or an exit code after a message.
 */
int fingerprint_check_target(const struct disk *disk, const struct target *t)
{
	return take_samples(disk, compare_sample, (void *)t);
}

static void print_target(FILE *f, const struct target *t)
{
	if (t->is_block)
		fprintf(f, "to a block device of %llu bytes, ", t->bytes);
	else
		fputs("to a ", f);
	identity_print(f, t->fd);
	print_name(f, t->path);
}

/**
 * fingerprint_make() - put into words what is restored, and to where
 * @image: the disk's files
 * @first: the newest link of its chain that counts
 * @disk: what that and those below read as
 * @t: the target
 * @salvage: what is corrupt or cannot be read is left out
 * @text: set to lines, to be freed by the caller
 *
 * Return: 0, or an exit code after a message.
 */
int fingerprint_make(const struct image *image, size_t first,
		     const struct disk *disk, const struct target *t,
		     bool salvage, char **text)
{
	size_t length;
	FILE *f;
	int r;

	*text = NULL;
	f = open_memstream(text, &length);
	if (!f)
		return fail_memory();
	r = print_chain(f, &image->chain, first);
	if (!r) {
		print_samples(f, disk);
		fprintf(f, "corrupt entries: %s\n",
			salvage ? "salvaged" : "refused");
		print_target(f, t);
	}
	return fclose(f) ? fail_memory() : r;
}

/* Samples of the same places, but for those that could not be read. */
static bool are_same_samples(const char *a, const char *b)
{
	while (*a != '\n' && *b != '\n') {
		if (*a == UNREADABLE || *b == UNREADABLE) {
			a += strcspn(a, " \n");
			b += strcspn(b, " \n");
		} else if (*a++ != *b++) {
			return false;
		}
		if (!*a || !*b)
			return false;
	}
	return *a == *b;
}

static bool is_same_line(const char *a, const char *b)
{
	const size_t length = strcspn(b, "\t\n");

	if (!strncmp(a, samples_key, strlen(samples_key)) &&
	    !strncmp(b, samples_key, strlen(samples_key)))
		return are_same_samples(a, b);
	return strcspn(a, "\t\n") == length && !memcmp(a, b, length);
}

static void fail_line(const char *path, size_t line, const char *a,
		      const char *b, const char *anew)
{
	const int tab[2] = { (int)strcspn(a, "\t\n"), (int)strcspn(b, "\t\n") };
	const int end[2] = { (int)strcspn(a, "\n"), (int)strcspn(b, "\n") };

	if (!strncmp(a, samples_key, strlen(samples_key))) {
		fail(EXIT_DEVICE,
		     "%s:%zu: samples of the disk's data differ from those of the restore that was begun: the disk was changed since, or is another state of it: remove the file and restore %s to begin again",
		     path, line, anew);
		return;
	}
	fail(EXIT_DEVICE,
	     "%s:%zu: the restore that was begun has \"%.*s%s%.*s\", this one \"%.*s%s%.*s\", expected the same: remove the file and restore %s to begin again",
	     path, line, tab[0], a, tab[0] < end[0] ? " " : "",
	     max_t(int, end[0] - tab[0] - 1, 0), a + tab[0] + 1,
	     tab[1], b, tab[1] < end[1] ? " " : "",
	     max_t(int, end[1] - tab[1] - 1, 0), b + tab[1] + 1, anew);
}

static const char *next_line(const char *text)
{
	text += strcspn(text, "\n");
	return text + (*text != '\0');
}

/**
 * fingerprint_fits() - is one that was written down the same as one just made?
 * @found: what was written down, and whatever follows it there
 * @wanted: of fingerprint_make()
 * @rest: set to what follows in @found, if so
 *
 * Return: true if so.
 */
bool fingerprint_fits(const char *found, const char *wanted, const char **rest)
{
	for (; *wanted; wanted = next_line(wanted), found = next_line(found))
		if (!is_same_line(found, wanted))
			return false;
	*rest = found;
	return true;
}

/**
 * fingerprint_hash() - one number for all that counts in a fingerprint
 * @text: of fingerprint_make()
 *
 * Return: that number.
 */
u64 fingerprint_hash(const char *text)
{
	u64 hash = HASH_START;

	for (; *text; text = next_line(text))
		if (strncmp(text, samples_key, strlen(samples_key)))
			hash = hash_add(hash, text, strcspn(text, "\t\n"));
	return hash;
}

/**
 * fingerprint_compare() - compare one that was written down with one just made
 * @path: where it was written down
 * @line: in which line there it begins
 * @found: what was written down, and whatever follows it there
 * @wanted: of fingerprint_make()
 * @anew: what to restore with to begin again, for messages
 *
 * Return: what follows in @found, or NULL after a message.
 */
const char *fingerprint_compare(const char *path, size_t line, const char *found,
				const char *wanted, const char *anew)
{
	for (; *wanted; line++) {
		if (!is_same_line(found, wanted)) {
			fail_line(path, line, found, wanted, anew);
			return NULL;
		}
		wanted = next_line(wanted);
		found = next_line(found);
	}
	return found;
}
