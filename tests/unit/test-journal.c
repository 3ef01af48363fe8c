// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of an extent's journal is taken for records, what a replay leaves of each
 * sector, and which replays are refused: over a small extent in memory, whose
 * metadata are written by transactions here, and kept as they were after each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sesparse/fields.h"
#include "sesparse/journal-check.h"
#include "unit.h"

#define SECTOR SESPARSE_SECTOR_SIZE
#define SLOTS 6U
#define JOURNAL 8U
#define DIRECTORY (JOURNAL + SLOTS * JOURNAL_SLOT_SECTORS)
#define TABLES (DIRECTORY + 1)
#define BITMAP (TABLES + 3 * SESPARSE_TABLE_SECTORS)
#define BACKMAP (BITMAP + 2)
#define GRAINS (BACKMAP + 128)
/* Two tables, the last of the disk's grains being one that is cut short. */
#define CAPACITY (2 * 32768U - 1)
#define FIRST_SEQUENCE 4U
/* Transactions; each maps so many grains. */
#define NR 20U
#define BATCH 16U

/* A transaction: the sectors it changed, and all metadata as it left them. */
struct step {
	unsigned int nr;
	unsigned int sectors[JOURNAL_MAX_PAYLOAD];
	u8 (*after)[SECTOR];
};

struct disk {
	u8 sectors[GRAINS][SECTOR];
	bool msb_first;
	struct step steps[NR];
};

static struct disk *disk;

static __le64 *word(unsigned int sector, u64 index)
{
	return (__le64 *)disk->sectors[sector] + index;
}

static void set(unsigned int sector, u64 index, u64 value)
{
	*word(sector, index) = cpu_to_le64(value);
}

static u64 owned_by(u64 virt)
{
	return (sesparse_encode_gte(virt) & ~(15ULL << 60)) | 1ULL << 60;
}

static void region(unsigned int index, u64 offset, u64 size)
{
	set(0, index, offset);
	set(0, index + 1, size);
}

static void make_headers(void)
{
	set(0, 0, SESPARSE_CONST_MAGIC);
	set(0, 1, SESPARSE_VERSION);
	set(0, 2, CAPACITY);
	set(0, 3, SESPARSE_GRAIN_SECTORS);
	set(0, 4, SESPARSE_TABLE_SECTORS);
	region(10, 1, 1);
	region(12, 2, 2);
	region(14, JOURNAL, SLOTS * JOURNAL_SLOT_SECTORS);
	region(16, DIRECTORY, 1);
	region(18, TABLES, 3 * SESPARSE_TABLE_SECTORS);
	region(20, BITMAP, 2);
	region(22, BACKMAP, 128);
	region(24, GRAINS, CAPACITY + 1);
	set(1, 0, SESPARSE_VOLATILE_MAGIC);
	set(1, 2, FIRST_SEQUENCE);
	set(1, 3, 1);
	set(2, 0, SESPARSE_JOURNAL_MAGIC);
	set(2, 1, FIRST_SEQUENCE);
}

static void note_sector(struct step *s, unsigned int sector)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (s->sectors[i] == sector)
			return;
	s->sectors[s->nr++] = sector;
}

static void put_word(struct step *s, unsigned int first, u64 index, u64 value)
{
	const unsigned int sector = first + (unsigned int)(index / 64);

	note_sector(s, sector);
	set(sector, index % 64, value);
}

static void put_bit(struct step *s, u64 grain, bool value)
{
	const unsigned int sector = BITMAP + (unsigned int)(grain / 4096);
	u8 *byte = &disk->sectors[sector][grain % 4096 / 8];
	const unsigned int bit = disk->msb_first ? 7 - grain % 8 : grain % 8;

	note_sector(s, sector);
	*byte = (u8)((*byte & ~(1U << bit)) | (unsigned int)value << bit);
}

static void map_grain(struct step *s, u64 virt, u64 grain)
{
	/* The disk's first table is the extent's second. */
	const u64 table = !(virt >> SESPARSE_TABLE_SHIFT);

	put_word(s, TABLES, table * 4096 + virt % 4096,
		 sesparse_encode_gte(grain));
	put_word(s, BACKMAP, grain, owned_by(virt));
	put_bit(s, grain, true);
}

static void unmap_grain(struct step *s, u64 virt, u64 grain)
{
	const u64 table = !(virt >> SESPARSE_TABLE_SHIFT);

	put_word(s, TABLES, table * 4096 + virt % 4096, owned_by(grain));
	put_word(s, BACKMAP, grain, 0);
	put_bit(s, grain, false);
}

/* Every third takes back some of what the one before mapped. */
static void run_step(unsigned int number)
{
	struct step *s = &disk->steps[number];
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		map_grain(s, (number * 531 + i * 3) % 8000,
			  number * BATCH + i);
	for (i = 0; number % 3 == 1 && i < 3; i++)
		unmap_grain(s, ((number - 1) * 531 + i * 9) % 8000,
			    (number - 1) * BATCH + i * 3);
	s->after = malloc(sizeof(disk->sectors));
	memcpy(s->after, disk->sectors, sizeof(disk->sectors));
}

static unsigned int slot_of(unsigned int number)
{
	return number % SLOTS;
}

static u8 *slot_at(unsigned int slot)
{
	return disk->sectors[JOURNAL + slot * JOURNAL_SLOT_SECTORS];
}

static void put_record(unsigned int number)
{
	const struct step *s = &disk->steps[number];
	__le64 *h = (void *)slot_at(slot_of(number));
	unsigned int i;

	memset(h, 0, SECTOR);
	h[0] = cpu_to_le64(JOURNAL_RECORD_MAGIC);
	h[1] = cpu_to_le64(1);
	h[2] = cpu_to_le64(slot_of(number));
	h[3] = cpu_to_le64(s->nr + 1);
	h[4] = cpu_to_le64(0x0123456789abcdef);
	h[5] = cpu_to_le64(FIRST_SEQUENCE + number);
	h[6] = ~0ULL;
	h[7] = cpu_to_le64(number * 1000 + 7);
	for (i = 0; i < s->nr; i++) {
		h[16 + 2 * i] = cpu_to_le64(s->sectors[i]);
		h[17 + 2 * i] = cpu_to_le64(1);
		memcpy((u8 *)h + (i + 1) * SECTOR, s->after[s->sectors[i]],
		       SECTOR);
	}
}

/* The disk after its first @nr transactions, of which the last ones are recorded. */
static void begin_with(unsigned int nr, bool msb_first)
{
	unsigned int i;

	disk = calloc(1, sizeof(*disk));
	disk->msb_first = msb_first;
	make_headers();
	set(DIRECTORY, 0, 1ULL << 60 | 1);
	set(DIRECTORY, 1, 1ULL << 60 | 0);
	for (i = 0; i < nr; i++)
		run_step(i);
	for (i = 0; i < nr; i++)
		put_record(i);
	set(1, 2, FIRST_SEQUENCE + nr);
	set(2, 1, FIRST_SEQUENCE + nr);
}

static void begin(unsigned int nr)
{
	begin_with(nr, false);
}

static void end(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		free(disk->steps[i].after);
	free(disk);
}

/* The metadata after so many transactions. */
static const u8 *version(unsigned int sector, unsigned int nr)
{
	static const u8 nothing[SECTOR];

	return nr ? disk->steps[nr - 1].after[sector] : nothing;
}

static bool names(unsigned int number, unsigned int sector)
{
	const struct step *s = &disk->steps[number];
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (s->sectors[i] == sector)
			return true;
	return false;
}

/* Takes sectors back as far as the records reach, or less, at random. */
static void take_back(unsigned int nr, unsigned long long *random)
{
	const unsigned int oldest = nr > SLOTS ? nr - SLOTS : 0;
	unsigned int sector, done;

	for (sector = TABLES; sector < GRAINS; sector++) {
		done = oldest;
		if (random)
			done += (unsigned int)(unit_random(random) %
					       (nr - oldest + 1));
		while (done > oldest && !names(done - 1, sector))
			done--;
		memcpy(disk->sectors[sector], version(sector, done), SECTOR);
	}
}

static int read_sector(void *private, u64 sector, void *buf)
{
	const unsigned int *bad = private;

	if (bad && *bad == sector)
		return EIO;
	memcpy(buf, disk->sectors[sector], SECTOR);
	return 0;
}

/* A replay of all that journal.c chooses, but the first @less and last @fewer. */
struct trial {
	unsigned int less;
	unsigned int fewer;
	unsigned int bad; /* a sector that cannot be read */
	int error;
	size_t changed;
	struct journal_why why;
};

static void check_records(struct trial *t, const struct journal *journal,
			  const struct sesparse_geometry *geo)
{
	struct journal_patches patches = { 0 };
	struct journal_check check = { 0 };
	const struct journal_extent x = {
		.headers = disk->sectors,
		.geo = geo,
		.patches = &patches,
		.read = read_sector,
		.private = &t->bad,
	};
	size_t i;

	t->error = journal_collect(journal, journal->first + t->less,
				   journal->nr - t->fewer, &patches);
	if (!t->error)
		t->error = journal_check_begin(&check, &x, &t->why);
	t->changed = check.changed;
	for (i = 0; i < patches.nr && !t->error; i++)
		memcpy(disk->sectors[patches.list[i].sector],
		       patches.list[i].data, SECTOR);
	journal_check_end(&check);
	free(patches.list);
}

static void replay(struct trial *t)
{
	const struct journal_bytes bytes = {
		.headers = disk->sectors,
		.header = disk->sectors[2],
		.slots = slot_at(0),
		.size = SLOTS * JOURNAL_SLOT_SECTORS * SECTOR,
	};
	struct sesparse_geometry geo;
	struct journal journal = { 0 };
	char why[160];

	*t->why.text = '\0';
	t->changed = 0;
	t->error = sesparse_decode_header(disk->sectors, GRAINS + CAPACITY + 8,
					  &geo, why, sizeof(why));
	if (!t->error)
		t->error = journal_parse(&bytes, &journal, &t->why);
	if (!t->error && journal.nr)
		check_records(t, &journal, &geo);
	journal_free(&journal);
}

/* Is all metadata as transaction @number left it? */
static bool is_version(unsigned int number)
{
	unsigned int sector;

	for (sector = DIRECTORY; sector < GRAINS; sector++)
		if (memcmp(disk->sectors[sector],
			   disk->steps[number].after[sector], SECTOR)) {
			expect(sector, -1);
		}
	return true;
}

static bool replays_to(unsigned int nr)
{
	struct trial t = { 0 };

	replay(&t);
	if (t.error)
		expect_text(t.why.text, "no refusal");
	expect(t.error, 0);
	return is_version(nr - 1);
}

/* With a refusal of this text. */
static bool is_refused(const char *why)
{
	struct trial t = { 0 };

	replay(&t);
	expect_text(t.why.text, why);
	expect(t.error, EINVAL);
	return true;
}

static bool any_state_in_place_comes_out(void)
{
	unsigned long long random = 1;
	unsigned int nr, i;
	bool good = true;

	for (nr = 1; nr <= NR && good; nr++) {
		for (i = 0; i < 40 && good; i++) {
			begin_with(nr, i & 1);
			take_back(nr, i < 2 ? NULL : &random);
			good = replays_to(nr);
			end();
		}
	}
	return good;
}

static bool headers_may_lag(void)
{
	bool good;

	begin(NR);
	take_back(NR, NULL);
	set(1, 2, FIRST_SEQUENCE);
	set(2, 1, FIRST_SEQUENCE);
	good = replays_to(NR);
	end();
	return good;
}

static bool a_ring_that_began_again_at_slot_0(void)
{
	bool good;

	begin(4);
	/* What was in slot 3 is in slot 0, where the oldest record was. */
	memcpy(slot_at(0), slot_at(3), JOURNAL_SLOT_SECTORS * SECTOR);
	memset(slot_at(3), 0, JOURNAL_SLOT_SECTORS * SECTOR);
	set(JOURNAL, 2, 0);
	good = replays_to(4);
	end();
	return good;
}

static bool an_empty_journal_replays_nothing(void)
{
	struct trial t = { 0 };

	begin(3);
	memset(slot_at(0), 0, SLOTS * JOURNAL_SLOT_SECTORS * SECTOR);
	replay(&t);
	end();
	expect(t.error, 0);
	expect(t.changed, 0);
	return true;
}

/* A word of the journal's or the headers, changed. */
static bool refused_with(unsigned int nr, unsigned int sector, u64 index,
			 u64 value, const char *why)
{
	bool good;

	begin(nr);
	set(sector, index, value);
	good = is_refused(why);
	end();
	return good;
}

static bool bad_magics(void)
{
	return refused_with(3, 2, 0, 0xdeafc0dd,
			    "step 1: journalMagic is 0xdeafc0dd, expected 0xdeafc0de");
}

static bool bad_record_headers(void)
{
	const unsigned int slot_1 = JOURNAL + JOURNAL_SLOT_SECTORS;
	const struct {
		u64 index;
		u64 value;
		const char *why;
	} words[] = {
		{ 0, 0xc0ffef, "step 2: journal slot 1 (sequence 5): the magic is 0xc0ffef, expected 0xc0ffee" },
		{ 1, 2, "step 2: journal slot 1 (sequence 5): the field at byte 8 is 0x2, expected 0x1" },
		{ 2, 0, "step 2: journal slot 1 (sequence 5): its own slot number is 0x0, expected 0x1" },
		{ 3, 1, "has 1 sectors, expected 2 to 25" },
		{ 3, 26, "has 26 sectors, expected 2 to 25" },
		{ 3, ~0ULL, "expected 2 to 25" },
		{ 3, 2, "something stands behind its 1 descriptors, expected zeros" },
		{ 3, 25, "descriptor 5 is of 0 sectors, expected 1 to 19" },
		{ 6, ~1ULL, "the field at byte 48 is 0xfffffffffffffffe, expected 0xffffffffffffffff" },
		{ 16, DIRECTORY - 1, "descriptor 0 names sector 157, expected one of the directory, tables, bitmap or back map" },
		{ 16, GRAINS, "names sector 481" },
		{ 16, ~0ULL, "names sector 18446744073709551615" },
		{ 17, 0, "descriptor 0 is of 0 sectors, expected 1 to 5" },
		{ 17, 6, "descriptor 0 is of 6 sectors, expected 1 to 5" },
		{ 17, ~0ULL, "descriptor 0 is of 18446744073709551615 sectors" },
		{ 17, 2, "something stands behind its 4 descriptors" },
		{ 63, 1, "something stands behind its 5 descriptors, expected zeros" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!refused_with(3, slot_1, words[i].index, words[i].value,
				  words[i].why))
			return false;
	return true;
}

static bool a_descriptor_of_several_sectors(void)
{
	__le64 *h;
	bool good;

	begin(1);
	disk->steps[0].nr = 3;
	disk->steps[0].sectors[0] = BITMAP;
	disk->steps[0].sectors[1] = BITMAP + 1;
	disk->steps[0].sectors[2] = BACKMAP;
	put_record(0);
	h = (void *)slot_at(0);
	h[17] = cpu_to_le64(3);
	memset(h + 18, 0, 4 * sizeof(*h));
	good = replays_to(1);
	/* The last of the back map's sectors is the last that may be named. */
	h[16] = cpu_to_le64(GRAINS - 2);
	good = good && is_refused("names sector 479");
	end();
	return good;
}

static bool two_records_of_one_sequence(void)
{
	return refused_with(3, JOURNAL + JOURNAL_SLOT_SECTORS, 5,
			    FIRST_SEQUENCE,
			    "step 3: journal slots 0 and 1 both have sequence 4");
}

static bool headers_ahead_of_the_records(void)
{
	return refused_with(3, 1, 2, FIRST_SEQUENCE + 4,
			    "step 4: the newest record has sequence 6, but the headers say that 8 comes next, expected at most 7") &&
	       refused_with(3, 2, 1, ~0ULL, "step 4: the newest record");
}

static bool records_out_of_their_slots(void)
{
	bool good;

	begin(3);
	memcpy(slot_at(4), slot_at(2), JOURNAL_SLOT_SECTORS * SECTOR);
	memset(slot_at(2), 0, JOURNAL_SLOT_SECTORS * SECTOR);
	set(JOURNAL + 4 * JOURNAL_SLOT_SECTORS, 2, 4);
	good = is_refused("step 5: sequence 6 is in journal slot 4, behind slot 1, expected slot 2 or 0");
	end();
	return good;
}

static bool records_missing_before_the_run(void)
{
	bool good;

	begin(5);
	memset(slot_at(2), 0, JOURNAL_SLOT_SECTORS * SECTOR);
	set(1, 2, FIRST_SEQUENCE + 2);
	set(2, 1, FIRST_SEQUENCE + 2);
	good = is_refused("step 5: records go from sequence 7 to 8 without a gap, but the headers say that 6 comes next: some are missing");
	/* What was written before the headers were counts no more. */
	set(2, 1, FIRST_SEQUENCE + 3);
	good = good && replays_to(5);
	end();
	return good;
}

/* Each subset of the newest record's payload, the rest as the slot was before. */
static bool torn_newest_records(void)
{
	const unsigned int nr = 14;
	unsigned int mask, i, refused = 0;
	struct trial t = { .fewer = 1 };
	const struct step *s;
	struct trial whole = { 0 };

	for (mask = 0; mask < 1U << 5; mask++) {
		begin(nr);
		s = &disk->steps[nr - 1];
		take_back(nr, NULL);
		/* Nothing of it is in place yet, so it is safe to leave it out. */
		for (i = 0; i < s->nr; i++)
			if (!(mask >> i & 1))
				memset(slot_at(slot_of(nr - 1)) +
				       (i + 1) * SECTOR, 0, SECTOR);
		expect(s->nr <= 5, true);
		replay(&whole);
		refused += whole.error == EINVAL;
		if (!whole.error && !is_version(nr - 1))
			return false;
		if (whole.error)
			expect_text(whole.why.text, "step 7: ");
		if (!whole.error) {
			end();
			continue;
		}
		replay(&t);
		expect(t.error, 0);
		if (!is_version(nr - 2))
			return false;
		end();
	}
	/* All but the whole record, whatever bits its payload doesn't need. */
	expect(refused >= (1U << 5) - 4, true);
	return true;
}

/* Its slot being taken by what was to come, the oldest record is in place. */
static bool half_used_oldest_records(void)
{
	const unsigned int nr = 14, oldest = nr - SLOTS;
	struct trial all = { 0 }, but_one = { .less = 1 };
	unsigned int sector;
	bool good;

	begin(nr);
	take_back(nr, NULL);
	for (sector = TABLES; sector < GRAINS; sector++)
		if (names(oldest, sector))
			memcpy(disk->sectors[sector],
			       version(sector, oldest + 1), SECTOR);
	memset(slot_at(slot_of(oldest)) + SECTOR, 0xa5, 3 * SECTOR);
	replay(&all);
	replay(&but_one);
	good = but_one.error ? false : is_version(nr - 1);
	end();
	expect(all.error, EINVAL);
	expect_text(all.why.text, "step 7: ");
	return good;
}

/* What a payload sector holds in the place of what was to be in it. */
static void spoil(u8 *sector, unsigned long long *random)
{
	unsigned int i, other;

	switch (unit_random(random) % 4) {
	case 0:
		memset(sector, 0, SECTOR);
		break;
	case 1:
		for (i = 0; i < SECTOR; i++)
			sector[i] = (u8)unit_random(random);
		break;
	case 2:
		memset(sector, 0xff, SECTOR);
		break;
	default:
		other = (unsigned int)(unit_random(random) %
				       (SLOTS * JOURNAL_SLOT_SECTORS));
		memcpy(sector, disk->sectors[JOURNAL + other], SECTOR);
	}
}

/* Either that is refused, or what became of it doesn't count. */
static bool payloads_that_are_something_else(void)
{
	const unsigned int nr = 14;
	unsigned long long random = 7;
	unsigned int number, i, refused = 0;
	struct trial t = { 0 };
	bool good = true;

	begin(nr);
	for (i = 0; i < 1000 && good; i++) {
		take_back(nr, NULL);
		number = nr - 1 - (unsigned int)(unit_random(&random) % SLOTS);
		spoil(slot_at(slot_of(number)) + SECTOR +
		      unit_random(&random) % disk->steps[number].nr * SECTOR,
		      &random);
		replay(&t);
		refused += t.error == EINVAL;
		good = t.error == EINVAL || is_version(nr - 1);
		put_record(number);
	}
	end();
	expect(refused > 100, true);
	expect(refused < 1000, true);
	return good;
}

/* A word of what the only record brings, changed. */
static bool brings(unsigned int sector, u64 index, u64 value, const char *why)
{
	bool good;

	begin(1);
	take_back(1, NULL);
	((__le64 *)disk->steps[0].after[sector])[index] = cpu_to_le64(value);
	put_record(0);
	good = is_refused(why);
	end();
	return good;
}

/* What the back map says of a grain, its entry need not. */
static bool used_for_what_is_elsewhere(void)
{
	bool good;

	begin(1);
	take_back(1, NULL);
	((__le64 *)disk->steps[0].after[BITMAP])[0] = cpu_to_le64(0x1ffff);
	((__le64 *)disk->steps[0].after[BACKMAP])[16] = cpu_to_le64(owned_by(7000));
	put_record(0);
	good = is_refused("step 7: grain 16 of the extent would become used in the bitmap, for grain 7000 of the disk by the back map, but that one's entry is 0x0000000000000000, expected it to map it");
	end();
	return good;
}

static bool entries_that_do_not_fit(void)
{
	const unsigned int table = TABLES + SESPARSE_TABLE_SECTORS;

	return brings(table, 3, 4ULL << 60, "step 7: grain 3 of the disk would get the entry 0x4000000000000000, expected one of type 1 to 3") &&
	       brings(table, 3, 5, "expected one of type 1 to 3") &&
	       brings(table, 3, sesparse_encode_gte(9000), "step 7: grain 3 of the disk would get the entry 0x3328000000000002, expected a grain of the extent below 8192") &&
	       brings(table, 3, sesparse_encode_gte(2), "step 7: grain 3 of the disk would be grain 2 of the extent, but the back map has 0x1006000000000000 for that, expected it to point back") &&
	       brings(table, 4, sesparse_encode_gte(1), "step 7: grain 4 of the disk would be grain 1") &&
	       brings(BACKMAP, 1, owned_by(7000), "step 7: grain 3 of the disk would be grain 1 of the extent, but the back map has") &&
	       brings(BACKMAP, 40, owned_by(7000), "step 7: grain 40 of the extent would get 0x1b58000000000001 in the back map, but the entry of grain 7000 of the disk is 0x0000000000000000, expected it to map it") &&
	       brings(BACKMAP, 40, 7, "step 7: grain 40 of the extent would get 0x0000000000000007 in the back map, expected 0 or a grain of the disk") &&
	       brings(BITMAP, 0, 0xfffe, "step 7: grain 0 of the disk would be grain 0 of the extent, which is free in the bitmap, expected it used") &&
	       brings(BITMAP, 0, 0x1ffff, "step 7: grain 16 of the extent would become used in the bitmap, but the back map has 0x0000000000000000 for it, expected a grain of the disk") &&
	       used_for_what_is_elsewhere();
}

static bool entries_never_go_back_to_0(void)
{
	const unsigned int table = TABLES + SESPARSE_TABLE_SECTORS;
	bool good;

	begin(1);
	((__le64 *)disk->steps[0].after[table])[3] = 0;
	put_record(0);
	good = is_refused("step 7: grain 3 of the disk would get the entry 0x0000000000000000, expected one of type 1 to 3");
	end();
	return good;
}

/* Each order of bits may be meant, but one of them throughout. */
static bool both_orders_of_bits_never_mix(void)
{
	bool good;

	begin(1);
	take_back(1, NULL);
	set(DIRECTORY, 1, 1ULL << 60);
	/* Grains 4096 and on are in the bitmap's second sector. */
	disk->steps[0].nr = 0;
	map_grain(&disk->steps[0], 0, 0);
	map_grain(&disk->steps[0], 1, 4096);
	disk->sectors[BITMAP + 1][0] = 0x80;
	memcpy(disk->steps[0].after, disk->sectors, sizeof(disk->sectors));
	put_record(0);
	take_back(1, NULL);
	good = is_refused("step 7: grain 1 of the disk would be grain 4096 of the extent, which is free in the bitmap");
	disk->steps[0].after[BITMAP][0] = 0x80;
	put_record(0);
	good = good && replays_to(1);
	end();
	return good;
}

static bool directory_entries_only_come(void)
{
	struct step *s;
	bool good;

	begin(1);
	s = &disk->steps[0];
	note_sector(s, DIRECTORY);
	put_record(0);
	/* The second table's entry is not on disk yet, or was another. */
	set(DIRECTORY, 1, 0);
	good = replays_to(1);
	set(DIRECTORY, 1, 1ULL << 60 | 2);
	good = good && is_refused("step 7: grain directory entry 1 would go from 0x1000000000000002 to 0x1000000000000000, expected only 0 to become an entry");
	((__le64 *)s->after[DIRECTORY])[1] = cpu_to_le64(1ULL << 60 | 3);
	put_record(0);
	set(DIRECTORY, 1, 0);
	good = good && is_refused("step 7: grain directory entry 1 would go from 0x0000000000000000 to 0x1000000000000003");
	((__le64 *)s->after[DIRECTORY])[1] = 0;
	((__le64 *)s->after[DIRECTORY])[2] = cpu_to_le64(1ULL << 60 | 2);
	put_record(0);
	good = good && is_refused("step 7: grain directory entry 2 would go from 0x0000000000000000 to 0x1000000000000002, expected only 0 to become an entry of one of the disk's 2 tables");
	end();
	return good;
}

static bool tables_without_a_directory_entry(void)
{
	bool good;

	begin(1);
	set(DIRECTORY, 0, 0);
	good = is_refused("step 7: grain table 1 is in the journal, but no grain directory entry names it, expected one");
	set(DIRECTORY, 0, 1ULL << 60 | 1);
	set(DIRECTORY, 1, 1ULL << 60 | 1);
	good = good && is_refused("step 7: grain table 1 would change, which grain directory entries 0 and 1 both name");
	end();
	return good;
}

/* The disk has a part of its last grain, and none behind it. */
static bool the_disks_last_grain(void)
{
	const u64 last = CAPACITY / SESPARSE_GRAIN_SECTORS;
	bool good;

	begin(1);
	take_back(1, NULL);
	disk->steps[0].nr = 0;
	map_grain(&disk->steps[0], last, 0);
	memcpy(disk->steps[0].after, disk->sectors, sizeof(disk->sectors));
	put_record(0);
	take_back(1, NULL);
	good = replays_to(1);
	end();
	return good;
}

/* As journal_check_mapped() is told of what maps a grain that becomes free. */
static bool grains_that_stay_mapped_never_become_free(void)
{
	struct journal_patch patch = { .sector = BITMAP };
	struct journal_patches patches = { .list = &patch, .nr = 1 };
	struct sesparse_geometry geo;
	struct journal_extent x = { .geo = &geo, .patches = &patches,
				    .read = read_sector };
	struct journal_check check;
	struct journal_why why;
	u8 bits[SECTOR] = { 0 };
	char text[160];
	int begun, other, mapped;

	begin(1);
	x.headers = disk->sectors;
	patch.data = bits;
	memset(disk->sectors[TABLES], 0, 2 * SESPARSE_TABLE_SECTORS * SECTOR);
	memset(disk->sectors[BACKMAP], 0, SECTOR);
	sesparse_decode_header(disk->sectors, GRAINS + CAPACITY + 8, &geo, text,
			       sizeof(text));
	begun = journal_check_begin(&check, &x, &why);
	other = journal_check_mapped(&check, 16, 9000, &why);
	mapped = journal_check_mapped(&check, 15, 1, &why);
	journal_check_end(&check);
	end();
	expect(begun, 0);
	expect(other, 0);
	expect(mapped, EINVAL);
	expect_text(why.text, "step 7: grain 15 of the extent would become free in the bitmap, but an entry maps it");
	return true;
}

static bool sectors_that_cannot_be_read(void)
{
	const struct step *s;
	struct trial t = { .bad = DIRECTORY };
	unsigned int i;

	begin(NR);
	s = &disk->steps[NR - 1];
	replay(&t);
	for (i = 0; i < s->nr && t.error == EIO; i++) {
		t.bad = s->sectors[i];
		replay(&t);
	}
	end();
	expect(t.error, EIO);
	expect(i >= 4, true);
	return true;
}

static bool memory_that_is_not_there(void)
{
	struct trial t = { 0 };
	long i;

	begin(NR);
	for (i = 0; i < 10; i++) {
		unit_fail_allocation(i);
		replay(&t);
		unit_fail_allocation(-1);
		if (t.error != ENOMEM)
			break;
	}
	end();
	expect(t.error, 0);
	expect(i, 3);
	return true;
}

int main(int argc, char **argv)
{
	const struct unit units[] = {
		{ "any_state_in_place_comes_out",
		  any_state_in_place_comes_out },
		{ "headers_may_lag", headers_may_lag },
		{ "a_ring_that_began_again_at_slot_0",
		  a_ring_that_began_again_at_slot_0 },
		{ "an_empty_journal_replays_nothing",
		  an_empty_journal_replays_nothing },
		{ "bad_magics", bad_magics },
		{ "bad_record_headers", bad_record_headers },
		{ "a_descriptor_of_several_sectors",
		  a_descriptor_of_several_sectors },
		{ "two_records_of_one_sequence", two_records_of_one_sequence },
		{ "headers_ahead_of_the_records",
		  headers_ahead_of_the_records },
		{ "records_out_of_their_slots", records_out_of_their_slots },
		{ "records_missing_before_the_run",
		  records_missing_before_the_run },
		{ "torn_newest_records", torn_newest_records },
		{ "half_used_oldest_records", half_used_oldest_records },
		{ "payloads_that_are_something_else",
		  payloads_that_are_something_else },
		{ "entries_that_do_not_fit", entries_that_do_not_fit },
		{ "entries_never_go_back_to_0", entries_never_go_back_to_0 },
		{ "both_orders_of_bits_never_mix",
		  both_orders_of_bits_never_mix },
		{ "directory_entries_only_come", directory_entries_only_come },
		{ "tables_without_a_directory_entry",
		  tables_without_a_directory_entry },
		{ "the_disks_last_grain", the_disks_last_grain },
		{ "grains_that_stay_mapped_never_become_free",
		  grains_that_stay_mapped_never_become_free },
		{ "sectors_that_cannot_be_read", sectors_that_cannot_be_read },
		{ "memory_that_is_not_there", memory_that_is_not_there },
		{ 0 },
	};

	return unit_main(units, argc, argv);
}
