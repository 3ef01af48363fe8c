// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is made of an extent's metadata when some of them are lost, and the file that
 * it is kept in: over a small extent in memory, of two tables with a few grains each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sesparse/recover-layout.h"
#include "sesparse/recover.h"
#include "unit.h"

#define SECTOR SESPARSE_SECTOR_SIZE
#define CAPACITY (2 * 32768U)
#define DIRECTORY 4096U
#define TABLES 6144U
#define BITMAP 8192U
#define BACKMAP 10240U
#define GRAINS 12288U
#define NR 600U /* grains in the file; two of three are the first table's */
#define SECTORS (GRAINS + NR * SESPARSE_GRAIN_SECTORS)

static u8 *disk;
static u64 unreadable = ~0ULL; /* a sector */

static void set(u64 sector, u64 index, u64 value)
{
	const __le64 word = cpu_to_le64(value);

	memcpy(disk + sector * SECTOR + index * sizeof(word), &word,
	       sizeof(word));
}

static u64 get(u64 sector, u64 index)
{
	__le64 word;

	memcpy(&word, disk + sector * SECTOR + index * sizeof(word),
	       sizeof(word));
	return le64_to_cpu(word);
}

static u64 virt_of(u64 grain)
{
	return grain % 3 ? grain * 5 : 4096 + grain;
}

static void entry(u64 virt, u64 value)
{
	set(TABLES + (virt >> 12) * SESPARSE_TABLE_SECTORS, virt % 4096, value);
}

static u64 owned_by(u64 virt)
{
	return (sesparse_encode_gte(virt) & ~(15ULL << 60)) | 1ULL << 60;
}

static void make(void)
{
	const u64 words[] = { SESPARSE_CONST_MAGIC, SESPARSE_VERSION, CAPACITY,
			      8, 64, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2048, 2048,
			      DIRECTORY, 2048, TABLES, 2048, BITMAP, 2048,
			      BACKMAP, 2048, GRAINS, CAPACITY };
	u64 i;

	unreadable = ~0ULL;
	memset(disk, 0, SECTORS * SECTOR);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		set(0, i, words[i]);
	set(1, 0, SESPARSE_VOLATILE_MAGIC);
	set(1, 1, 2);
	set(1, 2, 4);
	set(2, 0, 0xdeafc0de);
	set(2, 1, 4);
	set(2, 2, 1);
	for (i = 0; i < 2; i++)
		set(DIRECTORY, i, 0x10000000ULL << 32 | i);
	for (i = 0; i < NR; i++) {
		entry(virt_of(i), sesparse_encode_gte(i));
		set(BACKMAP, i, owned_by(virt_of(i)));
		disk[BITMAP * SECTOR + i / 8] |= (u8)(1 << i % 8);
	}
	entry(4000, 2ULL << 60);
}

static int read_disk(void *private, u64 at, void *buf, size_t bytes, bool *hole)
{
	(void)private;
	*hole = false;
	if (at / SECTOR <= unreadable && (at + bytes - 1) / SECTOR >= unreadable)
		return EIO;
	if (at + bytes > SECTORS * SECTOR)
		return ENODATA;
	memcpy(buf, disk + at, bytes);
	return 0;
}

static int recover(struct recover *out)
{
	const struct recover_input in = { .sectors = SECTORS,
					  .capacity = CAPACITY,
					  .read = read_disk };

	return recover_extent(&in, out);
}

static void noise(u64 sector, u64 sectors)
{
	unsigned long long state = sector + 1;
	u64 i;

	for (i = 0; i < sectors * SECTOR / 8; i++)
		set(sector, i, unit_random(&state));
}

static void apply(const struct patch *p)
{
	u64 i;

	for (i = 0; i < p->nr; i++)
		memcpy(disk + le64_to_cpu(p->at[i]) * SECTOR,
		       p->data + i * SECTOR, SECTOR);
}

/* Everything the patch gives for data is as make() has it; how many entries are. */
static u64 right_entries(void)
{
	u64 right = 0, i, virt;

	for (i = 0; i < NR; i++) {
		virt = virt_of(i);
		right += get(TABLES + (virt >> 12) * 64, virt % 4096) ==
			 sesparse_encode_gte(i);
	}
	return right;
}

static bool good_extents_have_nothing_wrong(void)
{
	struct recover out;

	make();
	expect(recover(&out), 0);
	expect(out.damaged, false);
	expect(out.patch.nr, 0);
	expect(out.lost.nr + out.unsure.nr + out.unconfirmed.nr, 0);
	recover_free(&out);
	return true;
}

static bool headers_follow_from_the_capacity(void)
{
	u8 was[4 * SECTOR];
	struct recover out;

	make();
	memcpy(was, disk, sizeof(was));
	noise(0, 4);
	expect(recover(&out), 0);
	expect(out.unsure.nr + out.lost.nr, 0);
	apply(&out.patch);
	expect(memcmp(disk, was, SECTOR), 0);
	expect(get(1, 0), SESPARSE_VOLATILE_MAGIC);
	expect(get(1, 1), 2);
	expect(get(1, 3), 0);
	recover_free(&out);
	return true;
}

static bool a_directory_follows_from_tables(void)
{
	struct recover out;

	make();
	noise(DIRECTORY, 1);
	expect(recover(&out), 0);
	expect(out.unsure.nr + out.lost.nr, 0);
	apply(&out.patch);
	expect(get(DIRECTORY, 0), 0x10000000ULL << 32);
	expect(get(DIRECTORY, 1), 0x10000000ULL << 32 | 1);
	recover_free(&out);
	return true;
}

static bool tables_follow_from_the_back_map(void)
{
	struct recover out;

	make();
	noise(TABLES, 128);
	expect(recover(&out), 0);
	expect(out.unsure.nr, 0);
	expect(ranges_bytes(&out.lost), CAPACITY * SECTOR - NR * 4096ULL);
	apply(&out.patch);
	expect(right_entries(), NR);
	recover_free(&out);
	return true;
}

static bool what_cannot_be_read_is_as_lost(void)
{
	struct recover out;

	make();
	unreadable = TABLES;
	expect(recover(&out), 0);
	expect(out.unsure.nr, 0);
	expect(out.damaged, true);
	memset(disk + TABLES * SECTOR, 0xff, SECTOR);
	apply(&out.patch);
	expect(right_entries(), NR);
	recover_free(&out);
	return true;
}

static bool one_place_alone_is_unsure(void)
{
	struct recover out;

	make();
	noise(BACKMAP, 2048);
	expect(recover(&out), 0);
	expect(ranges_bytes(&out.unsure), NR * 4096);
	expect(out.lost.nr, 0);
	recover_free(&out);
	/* The bitmap is gone, and a table: the back map alone. */
	make();
	noise(BITMAP, 2048);
	noise(TABLES, 64);
	expect(recover(&out), 0);
	expect(ranges_bytes(&out.unsure), NR * 2 / 3 * 4096);
	recover_free(&out);
	return true;
}

/* Data that became unmapped by a bit, while bitmap and back map have them. */
static bool unmapped_entries_with_data_are_unsure(void)
{
	struct recover out;

	make();
	entry(virt_of(7), sesparse_encode_gte(7) ^ 2ULL << 60);
	expect(recover(&out), 0);
	expect(out.unsure.nr, 1);
	expect(out.unsure.list[0].start, virt_of(7) * 4096);
	expect(ranges_bytes(&out.unsure), 4096);
	expect(out.patch.nr, 0);
	recover_free(&out);
	/* By the bitmap, too, they are gone. */
	disk[BITMAP * SECTOR] &= (u8)~(1 << 7);
	expect(recover(&out), 0);
	expect(out.damaged, false);
	recover_free(&out);
	return true;
}

/* An entry for zeros, and one for another's grain. */
static bool contradictions_are_lost_or_told(void)
{
	struct recover out;

	make();
	entry(virt_of(7), 2ULL << 60);
	expect(recover(&out), 0);
	expect(out.lost.nr, 1);
	expect(out.lost.list[0].start, virt_of(7) * 4096);
	expect(ranges_bytes(&out.lost), 4096);
	recover_free(&out);
	make();
	entry(virt_of(7), sesparse_encode_gte(8));
	expect(recover(&out), 0);
	expect(out.lost.nr + out.unsure.nr, 0);
	apply(&out.patch);
	expect(right_entries(), NR);
	recover_free(&out);
	make();
	entry(virt_of(7), 0);
	expect(recover(&out), 0);
	expect(out.unsure.nr, 1);
	expect(out.unsure.list[0].start, virt_of(7) * 4096);
	recover_free(&out);
	return true;
}

static bool flags_that_are_not_known_make_all_unsure(void)
{
	struct recover out;

	make();
	set(0, 5, 4);
	expect(recover(&out), 0);
	expect(ranges_bytes(&out.unsure), CAPACITY * SECTOR);
	recover_free(&out);
	return true;
}

/* Both are without fault, and nothing but the end of the disk depends on it. */
static bool another_capacity_makes_the_end_unsure(void)
{
	struct recover_input in = { .sectors = SECTORS, .read = read_disk };
	struct recover out;

	make();
	in.capacity = CAPACITY - 8;
	expect(recover_extent(&in, &out), 0);
	expect(out.nr_items, 2);
	expect(out.items[0].sure, false);
	expect(out.unsure.nr, 0);
	recover_free(&out);
	set(0, 2, CAPACITY - 24);
	in.capacity = CAPACITY - 8;
	expect(recover_extent(&in, &out), 0);
	expect(out.unsure.nr, 1);
	expect(out.unsure.list[0].start, (CAPACITY - 24ULL) * SECTOR);
	expect(out.unsure.list[0].end, (CAPACITY - 8ULL) * SECTOR);
	recover_free(&out);
	return true;
}

static int read_hole(void *private, u64 at, void *buf, size_t bytes, bool *hole)
{
	(void)private;
	(void)buf;
	*hole = at + bytes <= 1ULL << 50;
	return 0;
}

/* The most memory that there was at once, in KiB; 0: not known. */
static long peak(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* Forgets what there was before. */
static long peak_of_now(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	if (!f || fputs("5", f) < 0 || fclose(f))
		return 0;
	return peak();
}

/* Of a file that has 64 GiB of grains by its length, all of it a hole. */
static bool holes_take_no_memory(void)
{
	const struct recover_input in = { .sectors = 3ULL << 26,
					  .capacity = 1ULL << 27,
					  .read = read_hole };
	struct recover out;
	long before, after;

	before = peak_of_now();
	expect(recover_extent(&in, &out), 0);
	after = peak();
	expect(before > 0, true);
	expect(out.hopeless, false);
	expect(ranges_bytes(&out.unsure), (1ULL << 27) * SECTOR);
	/* The owners of the grains would be 128 MiB. */
	expect(after - before < 64 << 10, true);
	recover_free(&out);
	return true;
}

static bool extents_cut_off_in_the_metadata_are_lost(void)
{
	struct recover_input in = { .sectors = BACKMAP, .capacity = CAPACITY,
				    .read = read_disk };
	struct recover out;

	make();
	for (; in.sectors; in.sectors = in.sectors == BACKMAP ? 4 : 0) {
		expect(recover_extent(&in, &out), 0);
		expect(out.hopeless, true);
		expect(ranges_bytes(&out.lost), CAPACITY * SECTOR);
		recover_free(&out);
	}
	return true;
}

static bool allocations_that_fail_leave_nothing(void)
{
	struct recover out;
	int error = ENOMEM;
	long after;

	for (after = 0; after < 200 && error; after++) {
		make();
		noise(0, 4);
		noise(TABLES, 64);
		unit_fail_allocation(after);
		error = recover(&out);
		unit_fail_allocation(-1);
		recover_free(&out);
		expect(error && error != ENOMEM, 0);
	}
	expect(error, 0);
	return true;
}

/*
 * An extent that was written in the order of the disk, so that tables and back map
 * agree elsewhere, too.
 */
#define BIG_CAPACITY (300ULL * 32768)

static u8 *big;
static u64 big_bytes;

static int read_big(void *private, u64 at, void *buf, size_t bytes, bool *hole)
{
	(void)private;
	*hole = at >= big_bytes;
	if (!*hole)
		memcpy(buf, big + at, bytes);
	return 0;
}

static void set_big(u64 sector, u64 index, u64 value)
{
	const __le64 word = cpu_to_le64(value);

	memcpy(big + sector * SECTOR + index * sizeof(word), &word,
	       sizeof(word));
}

static void make_big(u64 journal, struct sesparse_const_header *h)
{
	u64 i;

	recover_make_header(BIG_CAPACITY, journal, h);
	big_bytes = le64_to_cpu(h->grains.offset) * SECTOR;
	free(big);
	big = calloc(1, big_bytes);
	memcpy(big, h, sizeof(*h));
	set_big(1, 0, SESPARSE_VOLATILE_MAGIC);
	set_big(1, 1, BIG_CAPACITY / 32768);
	set_big(2, 0, 0xdeafc0de);
	for (i = 0; i < BIG_CAPACITY / 32768; i++)
		set_big(le64_to_cpu(h->grain_directory.offset), i,
			0x10000000ULL << 32 | i);
	for (i = 0; i < BIG_CAPACITY / 8; i++) {
		set_big(le64_to_cpu(h->grain_tables.offset), i,
			sesparse_encode_gte(i));
		set_big(le64_to_cpu(h->backmap.offset), i, owned_by(i));
	}
	memset(big + le64_to_cpu(h->free_bitmap.offset) * SECTOR, 0xff,
	       BIG_CAPACITY / 64);
}

static void lose_big(u64 sector, u64 sectors)
{
	unsigned long long state = sector + 1;
	u64 i;

	for (i = 0; i < sectors * SECTOR / 8; i++)
		set_big(sector, i, unit_random(&state));
}

/* Return: the header's sector for grains by the patch, or 0 where all is unsure. */
static u64 recover_big(void)
{
	const struct recover_input in = {
		.sectors = big_bytes / SECTOR + BIG_CAPACITY,
		.capacity = BIG_CAPACITY,
		.read = read_big,
	};
	const struct sesparse_const_header *h;
	struct recover out;
	u64 grains = 0;

	if (recover_extent(&in, &out))
		return 0;
	h = (const void *)out.patch.data;
	if (out.patch.nr && !le64_to_cpu(out.patch.at[0]) &&
	    ranges_bytes(&out.unsure) + ranges_bytes(&out.lost) <
	    BIG_CAPACITY * SECTOR)
		grains = le64_to_cpu(h->grains.offset);
	recover_free(&out);
	return grains;
}

static bool regions_elsewhere_are_not_taken_for_sure(void)
{
	struct sesparse_const_header h;

	/* The first MiB and each other one, up to the first tables. */
	make_big(2048, &h);
	lose_big(0, 4);
	lose_big(4096, 2048);
	lose_big(6144, 2048);
	expect(recover_big(), le64_to_cpu(h.grains.offset));
	/* A journal of 2 MiB is found if the directory confirms it. */
	make_big(4096, &h);
	lose_big(0, 4);
	expect(recover_big(), le64_to_cpu(h.grains.offset));
	lose_big(le64_to_cpu(h.grain_directory.offset), 2048);
	expect(recover_big(), 0);
	free(big);
	big = NULL;
	return true;
}

static bool patches_are_read_as_they_were_written(void)
{
	struct patches list = { 0 }, parsed;
	u8 buf[SECTOR] = { 1 };
	struct patch p;
	char why[160];
	size_t size;
	void *bytes;
	u64 i;

	make();
	expect(patch_begin(&p, SECTORS, GRAINS, read_disk, NULL), 0);
	strcpy(p.name, "extent");
	for (i = 0; i < 100; i++) {
		buf[0] = (u8)i;
		expect(patch_add(&p, 10 + 3 * i, buf), 0);
	}
	list = (struct patches){ .list = &p, .nr = 1 };
	expect(patches_encode(&list, &bytes, &size), 0);
	expect(patches_parse(bytes, size, &parsed, why, sizeof(why)), 0);
	expect(parsed.nr, 1);
	expect(parsed.list[0].sectors, SECTORS);
	expect(parsed.list[0].metadata, GRAINS);
	expect(strcmp(parsed.list[0].name, "extent"), 0);
	expect(strcmp(parsed.list[0].before, p.before), 0);
	expect(parsed.list[0].nr, 100);
	expect(le64_to_cpu(parsed.list[0].at[99]), 10 + 3 * 99);
	expect(parsed.list[0].data[99 * SECTOR], 99);
	patches_free(&parsed);
	/* Whatever byte is another one, it is refused. */
	for (i = 0; i < size; i += i < 200 ? 1 : 997) {
		((u8 *)bytes)[i] ^= 1;
		expect(patches_parse(bytes, size, &parsed, why, sizeof(why)),
		       EINVAL);
		patches_free(&parsed);
		((u8 *)bytes)[i] ^= 1;
	}
	for (i = 0; i < size; i += 4099) {
		expect(patches_parse(bytes, i, &parsed, why, sizeof(why)),
		       EINVAL);
		patches_free(&parsed);
	}
	free(bytes);
	patch_free(&p);
	return true;
}

/* What is not zeros, wherever it is, and what cannot be read. */
static bool patches_fit_one_state_of_the_metadata(void)
{
	const u64 words[] = { 3, 600, DIRECTORY * 64, TABLES * 64 + 5,
			      BITMAP * 64, BACKMAP * 64 + 9, GRAINS * 64 - 1 };
	struct patch p;
	size_t i;
	bool fits;

	make();
	expect(patch_begin(&p, SECTORS, GRAINS, read_disk, NULL), 0);
	expect(patch_still_fits(&p, read_disk, NULL, &fits), 0);
	expect(fits, true);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		disk[words[i] * 8] ^= 1;
		expect(patch_still_fits(&p, read_disk, NULL, &fits), 0);
		expect(fits, false);
		disk[words[i] * 8] ^= 1;
	}
	unreadable = TABLES + 7;
	expect(patch_still_fits(&p, read_disk, NULL, &fits), 0);
	expect(fits, false);
	unreadable = ~0ULL;
	disk[GRAINS * SECTOR] ^= 1;
	expect(patch_still_fits(&p, read_disk, NULL, &fits), 0);
	expect(fits, true);
	return true;
}

static int reads;

/* From the 400th reading on a word is another one. */
static int read_changing(void *private, u64 at, void *buf, size_t bytes,
			 bool *hole)
{
	if (reads++ == 400)
		disk[BACKMAP * SECTOR + 9] ^= 1;
	return read_disk(private, at, buf, bytes, hole);
}

static bool extents_that_change_meanwhile_are_refused(void)
{
	struct recover_input in = { .sectors = SECTORS, .capacity = CAPACITY,
				    .read = read_changing };
	struct recover out;

	make();
	noise(DIRECTORY, 1);
	reads = -1000000;
	expect(recover_extent(&in, &out), 0);
	expect(reads + 1000000 > 10, true);
	recover_free(&out);
	reads = 400 - (reads + 1000000) / 2;
	expect(recover_extent(&in, &out), EBUSY);
	recover_free(&out);
	return true;
}

static const struct unit units[] = {
	{ "good_extents_have_nothing_wrong", good_extents_have_nothing_wrong },
	{ "headers_follow_from_the_capacity", headers_follow_from_the_capacity },
	{ "a_directory_follows_from_tables", a_directory_follows_from_tables },
	{ "tables_follow_from_the_back_map", tables_follow_from_the_back_map },
	{ "what_cannot_be_read_is_as_lost", what_cannot_be_read_is_as_lost },
	{ "one_place_alone_is_unsure", one_place_alone_is_unsure },
	{ "contradictions_are_lost_or_told", contradictions_are_lost_or_told },
	{ "unmapped_entries_with_data_are_unsure",
	  unmapped_entries_with_data_are_unsure },
	{ "regions_elsewhere_are_not_taken_for_sure",
	  regions_elsewhere_are_not_taken_for_sure },
	{ "extents_that_change_meanwhile_are_refused",
	  extents_that_change_meanwhile_are_refused },
	{ "patches_fit_one_state_of_the_metadata",
	  patches_fit_one_state_of_the_metadata },
	{ "flags_that_are_not_known_make_all_unsure",
	  flags_that_are_not_known_make_all_unsure },
	{ "another_capacity_makes_the_end_unsure",
	  another_capacity_makes_the_end_unsure },
	{ "holes_take_no_memory", holes_take_no_memory },
	{ "extents_cut_off_in_the_metadata_are_lost",
	  extents_cut_off_in_the_metadata_are_lost },
	{ "allocations_that_fail_leave_nothing",
	  allocations_that_fail_leave_nothing },
	{ "patches_are_read_as_they_were_written",
	  patches_are_read_as_they_were_written },
	{ 0 }
};

int main(int argc, char **argv)
{
	int status;

	disk = malloc(SECTORS * SECTOR);
	if (!disk)
		return 1;
	status = unit_main(units, argc, argv);
	free(disk);
	return status;
}
