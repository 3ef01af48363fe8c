// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal of an extent that was not closed cleanly, replayed in memory.  An input
 * picks an extent that mksesparse has written, how to replay it, and changes words of its
 * headers, its journal and its other metadata.
 *
 * Whatever is replayed, a sector that records name must read as the newest of those
 * that were replayed has it, the headers as of an extent that was closed, and all else as
 * on disk; replayed a second time, over that, the journal must change nothing.  What is
 * refused must read as it did.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "fuzz.h"
#include "image.h"
#include "sesparse/header.h"
#include "sesparse/replay.h"
#include "sesparse/replayed.h"
#include "source/source.h"
#include "util/message.h"

#define NR_EXTENTS 6
#define MAX_CHANGES 12
#define SECTOR 512
#define WORDS (SECTOR / 8)
/* A slot of the journal, and what of a record's header is looked at, in words. */
#define SLOT_SECTORS 25
#define RECORD_MAGIC 0xc0ffee
#define RECORD_SECTORS 3
#define RECORD_SEQUENCE 5
#define RECORD_TARGETS 16
/* Of the volatile header and the journal's: what a replay changes. */
#define FREE_TABLES 1
#define NEXT_SEQUENCE 2
#define REPLAY_JOURNAL 3
#define JOURNAL_SEQUENCE 1

/* How an extent is replayed. */
#define HOW_SALVAGE 1
#define HOW_LEAVE_OUT 2
#define HOW_NOTED 4
#define HOW_DRY 8

static struct image extents[NR_EXTENTS];

/*
 * Of each extent, what the source must read as, and that with a dirty header: grains are
 * put there once, metadata for each input.
 */
static unsigned char *all_wanted[NR_EXTENTS], *all_again[NR_EXTENTS];
/* Of the extent at hand these, and what the source does read as. */
static unsigned char *wanted, *again, *now;
/* Bytes of its metadata, more if it says so: no others are ever changed. */
static u64 metadata;

static bool is_zero(const unsigned char *sector)
{
	return !*sector && !memcmp(sector, sector + 1, SECTOR - 1);
}

/* Whether a region begins there, or a slot of the journal. */
static bool is_begin(const struct image *x, u64 sector)
{
	const u64 *h = (const void *)x->memory;
	const u64 journal = le64_to_cpu(h[14]);
	int i;

	for (i = 10; i <= 24; i += 2)
		if (sector == le64_to_cpu(h[i]))
			return true;
	return sector > journal && sector < journal + le64_to_cpu(h[15]) &&
	       !((sector - journal) % SLOT_SECTORS);
}

/* The metadata that are not zeros, with a sector of zeros where some follow. */
static void add_places(struct image *x)
{
	const u64 *h = (const void *)x->memory;
	const u64 end = le64_to_cpu(h[24]); /* grainsOffset */
	u64 sector, behind;

	for (sector = 0; sector < end; sector = behind) {
		for (behind = sector + 1;
		     behind < end && !is_zero(x->memory + (behind - 1) * SECTOR) &&
		     !is_begin(x, behind);)
			behind++;
		if (!is_zero(x->memory + sector * SECTOR))
			image_add_place(x, sector * SECTOR,
					(behind - sector) * SECTOR);
	}
}

static u64 word_at(const unsigned char *memory, u64 sector, unsigned int word)
{
	u64 value;

	memcpy(&value, memory + sector * SECTOR + word * sizeof(value),
	       sizeof(value));
	return le64_to_cpu(value);
}

static unsigned char *copy(const struct image *x)
{
	unsigned char *memory = malloc(x->bytes);

	must(memory);
	return memcpy(memory, x->memory, x->bytes);
}

static void load(void)
{
	char name[32];
	u64 most = 0;
	int i;

	if (extents[0].nr)
		return;
	for (i = 0; i < NR_EXTENTS; i++) {
		snprintf(name, sizeof(name), "journals/%d.img", i);
		image_load(&extents[i], name);
		add_places(&extents[i]);
		must(extents[i].nr > 4);
		most = max_t(u64, most, extents[i].bytes);
		all_wanted[i] = copy(&extents[i]);
		all_again[i] = copy(&extents[i]);
	}
	now = malloc(most);
	must(now);
}

/* Up to its grains, and to the journal's header, which is changed, too. */
static u64 metadata_of(const struct image *x)
{
	const u64 end = max_t(u64, word_at(x->memory, 0, 24),
			      word_at(x->memory, 0, 12) + 1);

	return min_t(u64, end, x->bytes / SECTOR) * SECTOR;
}

/* Grains are as they were, whatever was taken for metadata. */
static void put_grains(const struct image *x, u64 at)
{
	memcpy(wanted + at, x->memory + at, metadata - at);
	memcpy(again + at, x->memory + at, metadata - at);
}

static struct source open_file(unsigned int nr, const void *bytes, u64 size)
{
	static char path[] = "extent";
	struct source source = SOURCE_CLOSED(path);
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d",
		 files_set(nr, bytes, size, false));
	source.fd = open(name, O_RDONLY);
	must(source.fd >= 0);
	source.sectors = size / SECTOR;
	return source;
}

static void set_word(unsigned char *memory, u64 sector, unsigned int word,
		     u64 value)
{
	value = cpu_to_le64(value);
	memcpy(memory + sector * SECTOR + word * sizeof(value), &value,
	       sizeof(value));
}

/* Puts down what the record in a slot says, if there is one of this sequence. */
static bool put_record(const struct image *x, u64 slot, u64 sequence)
{
	const u64 sectors = word_at(x->memory, slot, RECORD_SECTORS);
	u64 at, count, nr = 1;
	unsigned int word = RECORD_TARGETS;

	if (word_at(x->memory, slot, 0) != RECORD_MAGIC ||
	    word_at(x->memory, slot, RECORD_SEQUENCE) != sequence)
		return false;
	must(sectors >= 2 && sectors <= SLOT_SECTORS);
	for (; nr < sectors; word += 2) {
		at = word_at(x->memory, slot, word);
		count = word_at(x->memory, slot, word + 1);
		must(word < WORDS && count && count <= sectors - nr);
		/* Directory to back map. */
		must(at >= word_at(x->memory, 0, 16));
		must(at + count <= word_at(x->memory, 0, 24));
		must((at + count) * SECTOR <= metadata);
		memcpy(wanted + at * SECTOR, x->memory + (slot + nr) * SECTOR,
		       count * SECTOR);
		nr += count;
	}
	return true;
}

/* What the records of a replay leave, one after the other, whatever else there is. */
static void put_records(const struct image *x, const struct replay *out)
{
	const u64 journal = word_at(x->memory, 0, 14);
	const u64 slots = word_at(x->memory, 0, 15) / SLOT_SECTORS;
	u64 sequence, slot, found;

	memcpy(wanted, x->memory, metadata);
	if (!out->nr)
		return;
	must_equal(out->last - out->first + 1, out->nr);
	for (sequence = out->first; sequence - out->first < out->nr; sequence++) {
		for (slot = 0, found = 0; slot < slots; slot++)
			found += put_record(x, journal + slot * SLOT_SECTORS,
					    sequence);
		must_equal(found, 1);
	}
}

static u64 count_changed(const struct image *x)
{
	u64 sector, nr = 0;

	for (sector = 0; sector < metadata / SECTOR; sector++)
		nr += memcmp(wanted + sector * SECTOR,
			     x->memory + sector * SECTOR, SECTOR) != 0;
	return nr;
}

/* Those of an extent that was closed: what comes next is behind what was replayed. */
static void put_headers(const struct image *x, const struct replay *out)
{
	const u64 journal = word_at(x->memory, 0, 12);
	const u64 before = max_t(u64, word_at(x->memory, 1, NEXT_SEQUENCE),
				 word_at(x->memory, journal, JOURNAL_SEQUENCE));
	const u64 next = word_at(now, 1, NEXT_SEQUENCE);

	must(next == before || (out->nr && next == out->last + 1));
	must(next >= before && (!out->nr || next > out->last));
	must_equal(word_at(now, journal, JOURNAL_SEQUENCE), next);
	must_equal(word_at(now, 1, REPLAY_JOURNAL), 0);
	must(word_at(now, 1, FREE_TABLES) >= word_at(x->memory, 1, FREE_TABLES));
	set_word(wanted, journal, JOURNAL_SEQUENCE, next);
	set_word(wanted, 1, NEXT_SEQUENCE, next);
	set_word(wanted, 1, REPLAY_JOURNAL, 0);
	set_word(wanted, 1, FREE_TABLES, word_at(now, 1, FREE_TABLES));
}

static void read_all(const struct source *source, u64 bytes)
{
	must(!source_read(source, now, bytes, 0));
}

static int replay(const struct image *x, uint8_t how, struct source *source,
		  struct replay *out)
{
	const struct log log = { 0 };
	struct replayed replayed = { 0 };
	const struct replay_options options = {
		.log = &log,
		.salvage = how & HOW_SALVAGE,
		.leave_out_newest = how & HOW_LEAVE_OUT,
		.replayed = how & HOW_NOTED ? &replayed : NULL,
		.dry = how & HOW_DRY,
	};
	int r;

	r = replay_extent(&options, source, 0, out);
	must(r >= 0 && r <= EXIT_BUSY);
	must(fuzz_told() || !r);
	must(!out->error);
	must_equal(!source->splice, r || out->is_refused || how & HOW_DRY);
	must(!source->splice || !replayed_check_unchanged(&replayed));
	replayed_drop(&replayed, 0);
	read_all(source, x->bytes);
	return r;
}

/* Over what came of it, in which each record is in place. */
static void replay_again(const struct image *x, uint8_t how)
{
	const struct image copy = { .memory = again, .bytes = x->bytes };
	struct source source;
	struct replay out;

	memcpy(again, now, metadata);
	set_word(again, 1, REPLAY_JOURNAL, word_at(x->memory, 1, REPLAY_JOURNAL));
	source = open_file(1, again, x->bytes);
	must(!replay(&copy, how, &source, &out));
	must(!out.is_refused);
	must_equal(out.changed, 0);
	must(!memcmp(now, wanted, x->bytes));
	source_close(&source);
}

static void check_replayed(const struct image *x, uint8_t how,
			   const struct replay *out)
{
	char text[REPLAY_TEXT];

	replay_describe(out, text);
	must(memchr(text, '\0', sizeof(text)));
	must(!out->left_out_newest || how & HOW_LEAVE_OUT);
	put_records(x, out);
	must_equal(out->changed, count_changed(x));
	if (how & HOW_DRY) {
		must(!memcmp(now, x->memory, x->bytes));
		return;
	}
	put_headers(x, out);
	must(!memcmp(now, wanted, x->bytes));
	if (!out->left_out_oldest && !out->left_out_newest)
		replay_again(x, how);
	fuzz_taken();
}

static void look(const struct image *x, uint8_t how)
{
	struct source source = open_file(0, x->memory, x->bytes);
	struct sesparse_geometry geo;
	struct header headers;
	struct replay out;
	char why[160];

	if (!header_read(&source, 0, &headers) &&
	    !header_decode(&source, 0, &headers, &geo, why, sizeof(why)) &&
	    geo.dirty) {
		if (replay(x, how, &source, &out) || out.is_refused) {
			must(!out.is_refused || *out.why.text);
			must(!memcmp(now, x->memory, x->bytes));
		} else {
			check_replayed(x, how, &out);
		}
	}
	source_close(&source);
	must(!files_open());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	const unsigned int extent = draw_byte(&draw) % NR_EXTENTS;
	const uint8_t how = draw_byte(&draw);
	const struct image *x = &extents[extent];
	struct image_change changes[MAX_CHANGES];
	u64 grains;
	int nr = 0;

	load();
	grains = metadata_of(x);
	while (draw.left && nr < MAX_CHANGES)
		image_change(x, &draw, &changes[nr++]);
	wanted = all_wanted[extent];
	again = all_again[extent];
	metadata = max_t(u64, grains, metadata_of(x));
	look(x, how);
	put_grains(x, grains);
	while (nr--)
		image_undo(x, &changes[nr]);
	return 0;
}
