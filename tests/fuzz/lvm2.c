// SPDX-License-Identifier: GPL-2.0-only
/*
 * What LVM2 keeps on a disk, whose checksums are right: one physical volume, or two
 * with the same text.  Whatever the text says, each place of a volume that can be had
 * must lie on a physical volume, and a volume that cannot must say why.
 *
 * An input is a byte, of which the lowest bit says whether there are two, and the text.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fuzz.h"
#include "host/lvm2.h"
#include "lines.h"
#include "util/message.h"

#define SECTOR 512
#define PV_SECTORS 64
#define AREA_AT 1024
#define AREA_BYTES 8192

/* The text begins so many bytes before the end of its area, and goes on behind the header. */
#define TAIL 300
#define MAX_TEXT (AREA_BYTES - 2 * SECTOR)

static char disk[2 * PV_SECTORS * SECTOR];

static uint32_t crc_of(const char *data, size_t bytes)
{
	uint32_t crc = 0xf597a6cf;
	int bit;

	for (; bytes--; data++) {
		crc ^= (unsigned char)*data;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

static void put32(char *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static void put64(char *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

static void put_label(char *pv, char id)
{
	char *sector = pv + SECTOR;

	memcpy(sector, "LABELONE", 8);
	put64(sector + 8, 1);
	put32(sector + 20, 32);
	memcpy(sector + 24, "LVM2 001", 8);
	memset(sector + 32, id, 32);
	put64(sector + 64, PV_SECTORS * SECTOR);
	put64(sector + 72, PV_SECTORS * SECTOR / 2);
	put64(sector + 104, AREA_AT);
	put64(sector + 112, AREA_BYTES);
	put32(sector + 16, crc_of(sector + 20, SECTOR - 20));
}

static void put_text(char *pv, const uint8_t *text, size_t bytes)
{
	const size_t first = bytes < TAIL ? bytes : TAIL;
	char *header = pv + AREA_AT;

	memcpy(header + 4, " LVM2 x[5A%r0N*>", 16);
	put32(header + 20, 1);
	put64(header + 24, AREA_AT);
	put64(header + 32, AREA_BYTES);
	put64(header + 40, AREA_BYTES - TAIL);
	put64(header + 48, bytes);
	put32(header + 56, crc_of((const char *)text, bytes));
	put32(header, crc_of(header + 4, SECTOR - 4));
	memcpy(header + AREA_BYTES - TAIL, text, first);
	memcpy(header + SECTOR, text + first, bytes - first);
}

static bool is_on(const struct lvm2_pv *pv, u64 place, u64 sectors)
{
	return place >= pv->start && place - pv->start <= pv->sectors &&
	       sectors <= pv->sectors - (place - pv->start);
}

static u64 check_segment(const struct lvm2 *lvm, const struct lvm2_segment *s)
{
	size_t i;

	must(s->sectors && s->nr_places && s->places);
	must(s->nr_places == 1 || s->stripe_sectors);
	must(s->nr_places == 1 ||
	     !(s->sectors % (s->stripe_sectors * s->nr_places)));
	for (i = 0; i < s->nr_places; i++)
		must(is_on(&lvm->pvs[0], s->places[i],
			   s->sectors / s->nr_places) ||
		     (lvm->nr_pvs == 2 &&
		      is_on(&lvm->pvs[1], s->places[i],
			    s->sectors / s->nr_places)));
	return s->sectors;
}

/* Return: is it one that can be had? */
static bool check_volume(const struct lvm2 *lvm, const struct lvm2_volume *v)
{
	u64 sectors = 0;
	size_t i;

	must(*v->group && !strpbrk(v->group, "/ \n\""));
	must(*v->name && !strpbrk(v->name, "/ \n\""));
	must(memchr(v->problem, '\0', sizeof(v->problem)));
	if (*v->problem)
		return false;
	must(v->nr && v->segments);
	for (i = 0; i < v->nr; i++)
		sectors += check_segment(lvm, &v->segments[i]);
	must_equal(v->sectors, sectors);
	return true;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	static const char good[] =
		"1guest-vg {\nid = \"a-b\"\nseqno = 5\nextent_size = 2\n"
		"physical_volumes {\n"
		"pv0 {\nid = \"aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa\"\n"
		"pe_start = 32\npe_count = 16\n}\n"
		"pv1 {\nid = \"bbbbbb-bbbb-bbbb-bbbb-bbbb-bbbb-bbbbbb\"\n"
		"pe_start = 32\npe_count = 16\n}\n}\n"
		"logical_volumes {\n"
		"root {\nstatus = [\"READ\", \"VISIBLE\"]\n"
		"segment_count = 2\n"
		"segment1 {\nstart_extent = 0\nextent_count = 8\n"
		"type = \"striped\"\nstripe_count = 1\n"
		"stripes = [\"pv0\", 0]\n}\n"
		"segment2 {\nstart_extent = 8\nextent_count = 8\n"
		"type = \"striped\"\nstripe_count = 2\nstripe_size = 4\n"
		"stripes = [\"pv0\", 8,\n\"pv1\", 12]\n}\n}\n}\n}\n";

	return lines_mutate(data, size, max, seed, good, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t nr = size && *data & 1 ? 2 : 1;
	struct lvm2 lvm = { 0 };
	bool taken = false;
	size_t i;
	int fd;

	if (size < 2 || size - 1 > MAX_TEXT)
		return 0;
	memset(disk, 0, sizeof(disk));
	for (i = 0; i < nr; i++) {
		put_label(disk + i * PV_SECTORS * SECTOR, i ? 'b' : 'a');
		put_text(disk + i * PV_SECTORS * SECTOR, data + 1, size - 1);
	}
	fd = files_set(0, disk, nr * PV_SECTORS * SECTOR, false);
	for (i = 0; i < nr; i++)
		must(!lvm2_add(&lvm, "disk", fd, i * PV_SECTORS, PV_SECTORS));
	must_equal(lvm.nr_pvs, nr);
	must(!lvm2_find_volumes(&lvm, "disk"));
	must(!fuzz_told());
	for (i = 0; i < lvm.nr_volumes; i++)
		taken |= check_volume(&lvm, &lvm.volumes[i]);
	if (taken)
		fuzz_taken();
	lvm2_free(&lvm);
	return 0;
}
