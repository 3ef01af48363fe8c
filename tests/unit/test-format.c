// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoding: what a good header gives, that every bad one is refused by name,
 * and every kind of entry.
 */
#include <string.h>

#include "../../dm-sesparse/format.h"
#include "unit.h"

#define MIB 2048ULL /* sectors */

static u64 round_mib(u64 sectors)
{
	return DIV_ROUND_UP_ULL(sectors, MIB) * MIB;
}

/* The headers that ESXi would write, and the sectors up to the grains. */
static u64 make_header(u8 *block, u64 capacity)
{
	struct sesparse_const_header *h = (void *)block;
	struct sesparse_volatile_header *v = (void *)(block + 512);
	const u64 tables = DIV_ROUND_UP_ULL(capacity, SESPARSE_TABLE_SPAN);
	const u64 sizes[] = {
		round_mib(DIV_ROUND_UP_ULL(tables * 8, 512)),
		round_mib(tables * 64),
		round_mib(DIV_ROUND_UP_ULL(DIV_ROUND_UP_ULL(capacity, 8), 4096)),
		round_mib(tables * 64),
	};
	struct sesparse_extent *region = &h->grain_directory;
	u64 at = 2 * MIB;
	int i;

	memset(block, 0, SESPARSE_HEADER_BYTES);
	h->magic = cpu_to_le64(0xcafebabe);
	h->version = cpu_to_le64(0x200000001);
	h->capacity = cpu_to_le64(capacity);
	h->grain_size = cpu_to_le64(8);
	h->grain_table_size = cpu_to_le64(64);
	h->volatile_header = (struct sesparse_extent){ cpu_to_le64(1),
						       cpu_to_le64(1) };
	h->journal_header = (struct sesparse_extent){ cpu_to_le64(2),
						      cpu_to_le64(2) };
	h->journal = (struct sesparse_extent){ cpu_to_le64(MIB),
					       cpu_to_le64(MIB) };
	for (i = 0; i < 4; i++, region++) {
		region->offset = cpu_to_le64(at);
		region->size = cpu_to_le64(sizes[i]);
		at += sizes[i];
	}
	h->grains.offset = cpu_to_le64(at);
	h->grains.size = cpu_to_le64(capacity);
	v->magic = cpu_to_le64(0xcafecafe);
	return at;
}

static bool check_geometry(u64 capacity)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 grains = make_header(block, capacity);
	struct sesparse_geometry geo;
	char why[160] = "";

	expect(sesparse_decode_header(block, grains + 80, &geo, why,
				      sizeof(why)), 0);
	expect(geo.capacity, capacity);
	expect(geo.nr_grains, (capacity + 7) / 8);
	expect(geo.nr_tables, (capacity + 32767) / 32768);
	expect(geo.directory, 2 * MIB);
	expect(geo.grains, grains);
	expect(geo.max_grains, min_t(u64, 10, (capacity + 7) / 8));
	expect(geo.region_grains, (capacity + 7) / 8);
	expect(geo.dirty, 0);
	return true;
}

static bool good_headers_give_their_geometry(void)
{
	const u64 capacities[] = { 1, 7, 8, 9, 32767, 32768, 32769, 1048576,
				   133143986176ULL /* 62 TiB */, 1ULL << 37 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(capacities); i++)
		if (!check_geometry(capacities[i]))
			return false;
	return true;
}

/* A word of the header changed, and the message that must follow. */
struct refusal {
	size_t offset; /* bytes */
	u64 value;
	const char *why;
};

static bool bad_headers_are_refused_by_name(void)
{
	static const struct refusal refusals[] = {
		{ 0, 0xcafebabf, "constMagic is 0xcafebabf, expected 0xcafebabe" },
		{ 8, 0x200000002, "version is 0x200000002, expected 0x200000001" },
		{ 16, 0, "capacity is 0 sectors, expected 1 to" },
		{ 16, (1ULL << 37) + 1, "capacity is 137438953473 sectors" },
		{ 16, ~0ULL, "capacity is 18446744073709551615 sectors" },
		{ 16, 1046528, "grainsSize is 1048576 sectors, expected at most 1046528" },
		{ 16, 1048577, "grainTablesSize is 2048 sectors, expected at least 2112" },
		{ 24, 16, "grainSize is 0x10, expected 0x8" },
		{ 32, 32, "grainTableSize is 0x20, expected 0x40" },
		{ 40, 1, "flags is 0x1, expected 0x0" },
		{ 48, 1, "reserved1 is 0x1, expected 0x0" },
		{ 56, 0x200, "reserved2 is 0x200" },
		{ 64, 1, "reserved3 is 0x1" },
		{ 72, 1, "reserved4 is 0x1" },
		{ 80, 2, "volatileHeaderOffset is 0x2, expected 0x1" },
		{ 88, 0, "volatileHeaderSize is 0 sectors, expected at least 1" },
		{ 88, 2, "journalHeaderOffset is 2, expected at least 3, where volatileHeader (sectors 1+2) ends" },
		{ 96, 1, "journalHeaderOffset is 1, expected at least 2, where volatileHeader" },
		{ 104, 2047, "journalOffset is 2048, expected at least 2049, where journalHeader" },
		{ 112, ~0ULL, "overflow 64 bits" },
		{ 128, 1ULL << 40, "grainDirectory ends at sector" },
		{ 128, 1, "grainDirectoryOffset is 1, expected 4096, where journal (sectors 2048+2048) ends" },
		{ 128, 4097, "grainDirectoryOffset is 4097, expected 4096, where journal" },
		{ 136, 0, "grainDirectorySize is 0 sectors, expected at least 1" },
		{ 136, ~0ULL, "overflow 64 bits" },
		{ 144, 1ULL << 63, "grainTables ends at sector" },
		{ 144, 4096, "grainTablesOffset is 4096, expected 6144, where grainDirectory (sectors 4096+2048) ends" },
		{ 144, 6208, "grainTablesOffset is 6208, expected 6144, where grainDirectory" },
		{ 152, 1ULL << 63, "grainTables ends at sector" },
		{ 152, 2047, "grainTablesSize is 2047 sectors, expected at least 2048" },
		{ 152, 2112, "freeBitmapOffset is 8192, expected 8256, where grainTables" },
		{ 160, 8193, "freeBitmapOffset is 8193, expected 8192, where grainTables" },
		{ 160, 1ULL << 50, "freeBitmap ends at sector" },
		{ 168, 31, "freeBitmapSize is 31 sectors, expected at least 32" },
		{ 168, 2040, "backmapOffset is 10240, expected 10232, where freeBitmap" },
		{ 176, 10248, "backmapOffset is 10248, expected 10240, where freeBitmap" },
		{ 184, 1ULL << 50, "backmap ends at sector" },
		{ 184, 2047, "backmapSize is 2047 sectors, expected at least 2048" },
		{ 184, 2056, "grainsOffset is 12288, expected 12296, where backmap" },
		{ 192, 0, "grainsOffset is 0, expected 12288, where backmap (sectors 10240+2048) ends" },
		{ 192, 12296, "grainsOffset is 12296, expected 12288, where backmap" },
		{ 192, 1ULL << 50, "grains begins at sector" },
		{ 192, ~0ULL, "overflow 64 bits" },
		{ 200, ~0ULL, "grainsSize is 18446744073709551615 sectors, expected at most 1048576" },
		{ 200, 1048575, "grainsSize is 1048575 sectors, expected at least 1048576" },
		{ 200, 1048577, "grainsSize is 1048577 sectors, expected at most 1048576" },
		{ 512, 0xcafebabe, "volatileMagic is 0xcafebabe, expected 0xcafecafe" },
	};
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	struct sesparse_geometry geo;
	char why[160];
	size_t i;
	u64 end;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		end = make_header(block, 1048576) + 80;
		*(__le64 *)(block + refusals[i].offset) =
			cpu_to_le64(refusals[i].value);
		why[0] = '\0';
		expect(sesparse_decode_header(block, end, &geo, why,
					      sizeof(why)), -EINVAL);
		expect_text(why, refusals[i].why);
	}
	return true;
}

static bool truncation_before_the_grains_is_refused(void)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 grains = make_header(block, 1048576);
	struct sesparse_geometry geo;
	char why[160];

	expect(sesparse_decode_header(block, grains - 1, &geo, why,
				      sizeof(why)), -EINVAL);
	expect_text(why, "truncated?");
	expect(sesparse_decode_header(block, grains, &geo, why, sizeof(why)), 0);
	expect(geo.max_grains, 0);
	return true;
}

static bool the_last_grain_of_all_is_out_of_bounds(void)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 grains = make_header(block, 1ULL << 37);
	struct sesparse_geometry geo;
	char why[160];
	u64 grain;

	expect(sesparse_decode_header(block, grains + (1ULL << 38), &geo, why,
				      sizeof(why)), 0);
	expect(geo.max_grains, (1ULL << 34) - 1);
	expect(sesparse_decode_gte(&geo, sesparse_encode_gte((1ULL << 34) - 2),
				   &grain), SESPARSE_ALLOCATED);
	expect(sesparse_decode_gte(&geo, sesparse_encode_gte((1ULL << 34) - 1),
				   &grain), SESPARSE_CORRUPT);
	return true;
}

/* Wherever a region is said to be, no other offset or size fits the rest. */
static bool no_offset_or_size_can_change_alone(void)
{
	static const u64 shifts[] = { 1, 8, 64, 2048, 4096, 1 << 20 };
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	struct sesparse_geometry geo;
	char why[160];
	size_t at, i;
	u64 *word;

	/* From the directory's offset to the grains' size. */
	for (at = 128; at <= 200; at += 8) {
		for (i = 0; i < 2 * ARRAY_SIZE(shifts); i++) {
			make_header(block, 4 << 20);
			word = (u64 *)(block + at);
			*word = cpu_to_le64(le64_to_cpu(*word) +
					    (i % 2 ? -shifts[i / 2] :
					     shifts[i / 2]));
			expect(sesparse_decode_header(block, 1ULL << 40, &geo,
						      why, sizeof(why)),
			       -EINVAL);
		}
	}
	return true;
}

/* Not known of disks that are no multiple of it; such are taken either way. */
static bool the_grains_may_be_rounded_up_to_a_mib(void)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 end = make_header(block, 20011) + 1024;
	struct sesparse_const_header *h = (void *)block;
	struct sesparse_geometry geo;
	char why[160];

	h->grains.size = cpu_to_le64(20016);
	expect(sesparse_decode_header(block, end, &geo, why, sizeof(why)), 0);
	h->grains.size = cpu_to_le64(20480);
	expect(sesparse_decode_header(block, end, &geo, why, sizeof(why)), 0);
	expect(geo.capacity, 20011);
	h->grains.size = cpu_to_le64(20481);
	expect(sesparse_decode_header(block, end, &geo, why, sizeof(why)),
	       -EINVAL);
	return true;
}

/* How far regions are rounded up is known of small disks only. */
static bool regions_larger_than_usual_are_accepted(void)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 end = make_header(block, 1048576);
	struct sesparse_const_header *h = (void *)block;
	struct sesparse_extent *e = &h->grain_directory;
	struct sesparse_geometry geo;
	char why[160];
	u64 at = 4096;

	for (; e <= &h->grains; e++) {
		e->offset = cpu_to_le64(at);
		if (e < &h->grains)
			e->size = cpu_to_le64(le64_to_cpu(e->size) + 8);
		at += le64_to_cpu(e->size);
	}
	expect(sesparse_decode_header(block, end + 32, &geo, why, sizeof(why)),
	       0);
	expect(geo.tables, 4096 + 2056);
	expect(geo.grains, end + 32);
	return true;
}

static bool reserved1_of_newer_esxi_is_accepted(void)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 end = make_header(block, 1048576);
	struct sesparse_geometry geo;
	char why[160];

	((struct sesparse_const_header *)block)->reserved1 = cpu_to_le64(0x200);
	expect(sesparse_decode_header(block, end, &geo, why, sizeof(why)), 0);
	return true;
}

static bool a_set_replay_journal_is_told(void)
{
	u8 block[SESPARSE_HEADER_BYTES] __attribute__((aligned(8)));
	const u64 end = make_header(block, 1048576);
	struct sesparse_geometry geo;
	char why[160];

	*(__le64 *)(block + 512 + 24) = cpu_to_le64(1ULL << 56);
	expect(sesparse_decode_header(block, end, &geo, why, sizeof(why)), 0);
	expect(geo.dirty, 1);
	return true;
}

static bool directory_entries_are_decoded(void)
{
	const struct sesparse_geometry geo = { .max_tables = 0x20 };
	u32 index = 0;

	expect(sesparse_decode_gde(&geo, 0, &index), SESPARSE_ABSENT);
	expect(sesparse_decode_gde(&geo, 0x1000000000000000, &index),
	       SESPARSE_ALLOCATED);
	expect(index, 0);
	expect(sesparse_decode_gde(&geo, 0x100000000000001f, &index),
	       SESPARSE_ALLOCATED);
	expect(index, 0x1f);
	expect(sesparse_decode_gde(&geo, 0x1000000000000020, &index),
	       SESPARSE_CORRUPT);
	expect(sesparse_decode_gde(&geo, 0x1000000100000001, &index),
	       SESPARSE_CORRUPT);
	expect(sesparse_decode_gde(&geo, 1, &index), SESPARSE_CORRUPT);
	expect(sesparse_decode_gde(&geo, 0x2000000000000001, &index),
	       SESPARSE_CORRUPT);
	return true;
}

static bool table_entries_are_decoded(void)
{
	const struct sesparse_geometry geo = { .max_grains = 0x12345679 };
	u64 grain = 0, nibble;

	expect(sesparse_decode_gte(&geo, 0, &grain), SESPARSE_ABSENT);
	expect(sesparse_decode_gte(&geo, 1, &grain), SESPARSE_CORRUPT);
	expect(sesparse_decode_gte(&geo, 0x1678000000012345, &grain),
	       SESPARSE_UNMAPPED);
	expect(sesparse_decode_gte(&geo, 0x2000000000000000, &grain),
	       SESPARSE_ZERO);
	expect(sesparse_decode_gte(&geo, 0x3678000000012345, &grain),
	       SESPARSE_ALLOCATED);
	expect(grain, 0x12345678);
	expect(sesparse_encode_gte(grain), 0x3678000000012345);
	expect(sesparse_decode_gte(&geo, 0x3679000000012345, &grain),
	       SESPARSE_CORRUPT);
	expect(sesparse_decode_gte(&geo, 0x3fffffffffffffff, &grain),
	       SESPARSE_CORRUPT);
	for (nibble = 4; nibble < 16; nibble++)
		expect(sesparse_decode_gte(&geo, nibble << 60, &grain),
		       SESPARSE_CORRUPT);
	return true;
}

static bool zeros_with_other_bits_are_told_from_noise(void)
{
	const struct sesparse_geometry geo = {
		.max_grains = 5, .region_grains = 0x12345679,
	};
	u64 nibble;

	expect(sesparse_gte_is_noise(&geo, 0x1000000000000000), false);
	expect(sesparse_gte_is_noise(&geo, 0x1678000000012345), false);
	expect(sesparse_gte_is_noise(&geo, 0x1679000000012345), true);
	expect(sesparse_gte_is_noise(&geo, 0x1fffffffffffffff), true);
	expect(sesparse_gte_is_noise(&geo, 0x2000000000000000), false);
	expect(sesparse_gte_is_noise(&geo, 0x2000000000000001), true);
	expect(sesparse_gte_is_noise(&geo, 0x2800000000000000), true);
	/* Others are what they are, noise or not. */
	for (nibble = 0; nibble < 16; nibble++)
		if (nibble != 1 && nibble != 2)
			expect(sesparse_gte_is_noise(&geo, nibble << 60 | 7),
			       false);
	return true;
}

static bool only_the_last_grain_may_be_cut_short(void)
{
	/* The disk ends 3 sectors into grain 5; 2 grains and 3 sectors exist. */
	const struct sesparse_geometry geo = {
		.capacity = 43, .grains = 100, .end = 119, .max_grains = 3,
	};

	expect(sesparse_grain_fits(&geo, 0, 0), true);
	expect(sesparse_grain_fits(&geo, 4, 1), true);
	expect(sesparse_grain_fits(&geo, 4, 2), false);
	expect(sesparse_grain_fits(&geo, 5, 2), true);
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "good_headers_give_their_geometry",
		  good_headers_give_their_geometry },
		{ "bad_headers_are_refused_by_name",
		  bad_headers_are_refused_by_name },
		{ "truncation_before_the_grains_is_refused",
		  truncation_before_the_grains_is_refused },
		{ "the_last_grain_of_all_is_out_of_bounds",
		  the_last_grain_of_all_is_out_of_bounds },
		{ "no_offset_or_size_can_change_alone",
		  no_offset_or_size_can_change_alone },
		{ "the_grains_may_be_rounded_up_to_a_mib",
		  the_grains_may_be_rounded_up_to_a_mib },
		{ "regions_larger_than_usual_are_accepted",
		  regions_larger_than_usual_are_accepted },
		{ "reserved1_of_newer_esxi_is_accepted",
		  reserved1_of_newer_esxi_is_accepted },
		{ "a_set_replay_journal_is_told", a_set_replay_journal_is_told },
		{ "directory_entries_are_decoded", directory_entries_are_decoded },
		{ "table_entries_are_decoded", table_entries_are_decoded },
		{ "zeros_with_other_bits_are_told_from_noise",
		  zeros_with_other_bits_are_told_from_noise },
		{ "only_the_last_grain_may_be_cut_short",
		  only_the_last_grain_may_be_cut_short },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
