// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is around the volume on a LUN: the partition table, and the header and
 * tables of VMware's volume manager.
 */
#include <stdio.h>

#include "../gen/report.h"
#include "bytes.h"
#include "volume.h"

#define LVM_MAGIC 0xc001d00d
#define LVM_SLOT 512 /* bytes of a volume's descriptor */
#define PE_ENTRY 128
#define PES_PER_MAP 8192

static const u8 guid_printed[16] = {
	0xaa, 0x31, 0xe0, 0x2a, 0x40, 0x0f, 0x11, 0xdb,
	0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8
};

static const u8 guid_on_disk[16] = {
	0x2a, 0xe0, 0x31, 0xaa, 0x0f, 0x40, 0xdb, 0x11,
	0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8
};

static u32 crc32(const u8 *data, size_t size)
{
	u32 crc = ~0U;
	unsigned int bit;

	while (size--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static u64 image_size(const struct image *image)
{
	return image->start + LVM_DATA + image->length + (2 << 20);
}

static u64 partition_size(const struct image *image)
{
	return LVM_DATA + image->length + (image->start ? 1 << 20 : 2 << 20);
}

static void fill_mbr(u8 *mbr, u8 type, u64 start, u64 count)
{
	mbr[446 + 4] = type;
	put32(mbr + 446 + 8, start);
	put32(mbr + 446 + 12, min_t(u64, count, UINT32_MAX));
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
}

static int write_mbr(struct volume *v, struct image *image)
{
	u8 mbr[512] = { 0 };
	u32 sector = v->o->sector;

	if (partition_size(image) / sector > UINT32_MAX)
		return report("a partition of %llu bytes is too large for an MBR",
			      partition_size(image));
	fill_mbr(mbr, 0xfb, image->start / sector,
		 partition_size(image) / sector);
	return outfile_write(&image->file, mbr, sizeof(mbr), 0);
}

static void fill_gpt_header(u8 *h, u64 at, u64 other, u64 table, u64 last,
			    const u8 *entries, u32 sector)
{
	u64 margin = 1 + 16384 / sector;

	memset(h, 0, 92);
	memcpy(h, "EFI PART", 8);
	put32(h + 8, 0x10000);
	put32(h + 12, 92);
	put64(h + 24, at);
	put64(h + 32, other);
	put64(h + 40, 1 + margin);
	put64(h + 48, last - margin);
	memset(h + 56, 0x5a, 16);
	put64(h + 72, table);
	put32(h + 80, 128);
	put32(h + 84, 128);
	put32(h + 88, crc32(entries, 16384));
	put32(h + 16, crc32(h, 92));
}

static int write_gpt(struct volume *v, struct image *image)
{
	static u8 entries[16384];
	const struct outfile *f = &image->file;
	u8 block[4096] = { 0 };
	u32 sector = v->o->sector;
	u64 last = image_size(image) / sector - 1;
	u64 table = last - 16384 / sector;

	fill_mbr(block, 0xee, 1, last);
	if (outfile_write(f, block, 512, 0))
		return -1;
	memset(entries, 0, sizeof(entries));
	memcpy(entries, v->o->partition == PARTITION_GPT ? guid_on_disk :
							   guid_printed, 16);
	memset(entries + 16, 0xa5, 16);
	put64(entries + 32, image->start / sector);
	put64(entries + 40, (image->start + partition_size(image)) / sector - 1);
	memset(block, 0, sizeof(block));
	fill_gpt_header(block, 1, last, 2, last, entries, sector);
	if (outfile_write(f, block, sector, sector) ||
	    outfile_write(f, entries, sizeof(entries), 2 * sector))
		return -1;
	fill_gpt_header(block, last, 1, table, last, entries, sector);
	return outfile_write(f, entries, sizeof(entries), table * sector) ||
		       outfile_write(f, block, sector, last * sector) ?
		       -1 : 0;
}

static int write_partition(struct volume *v, struct image *image)
{
	switch (v->o->partition) {
	case PARTITION_NONE:
		return 0;
	case PARTITION_MBR:
		return write_mbr(v, image);
	default:
		return write_gpt(v, image);
	}
}

static size_t count_pes(const struct volume *v, unsigned int image)
{
	size_t i, n = 0;

	for (i = 0; i < v->nr_pes; i++)
		n += v->pes[i].image == image;
	return n;
}

static void fill_device(const struct volume *v, unsigned int i, u8 *h)
{
	const struct image *image = &v->images[i];
	size_t nr = count_pes(v, i);
	char name[32] = "";

	put32(h, LVM_MAGIC);
	put32(h + 4, v->o->version);
	put32(h + 8, 0x15);
	h[0x0d] = 0x0a;
	snprintf(name, sizeof(name), "vmhba0:%u:0", i);
	memcpy(h + 0x2e, name, 16);
	put32(h + 0x5a, v->o->sector);
	put64(h + 0x5e, partition_size(image) - (1 << 20) + 512);
	put32(h + 0x66, 1);
	put32(h + 0x6a, nr);
	put32(h + 0x6e, nr - 1);
	put64(h + 0x72, 3);
	put64(h + 0x7a, LVM_DATA);
	memcpy(h + 0x82, v->o->lvm_uuid.bytes, 16);
	h[0x82 + 15] ^= (u8)(0x80 + i);
	put64(h + 0x92, 0x5c93c2c97eb06ULL);
	if (!v->v6)
		return;
	put32(h + 0xca, v->md);
	put32(h + 0xce, image->length / PE_UNIT);
}

/* The volume's descriptor, which names it in text as well. */
static void fill_slot(const struct volume *v, unsigned int i, u8 *s)
{
	const struct image *image = &v->images[i];
	char name[36];

	put64(s, v->size);
	put64(s + 8, 2);
	put32(s + 0x10, v->o->snapshot ? 2 : 1);
	lun_uuid_text(&v->o->lvm_uuid, name);
	memcpy(s + 0x14, name, 35);
	memcpy(s + 0x54, v->o->lvm_uuid.bytes, 16);
	put32(s + 0x64, v->o->snapshot ? v->o->snap_id + 1 : v->o->snap_id);
	put64(s + 0x68, 0x5c93c2c981216ULL);
	put32(s + 0x74, image->length / PE_UNIT);
	put64(s + 0x78, image->first / PE_UNIT);
	put64(s + 0x80, (image->first + image->length) / PE_UNIT - 1);
	put64(s + 0x88, 0x5c93c2c981d8aULL);
	put32(s + 0x90, v->o->images);
	if (v->v6)
		put64(s + 0x110, count_pes(v, i));
}

static void fill_pe(const struct pe *pe, u32 id, u8 *e)
{
	e[0] = 1;
	put32(e + 1, id);
	put64(e + 9, pe->physical);
	put64(e + 0x11, pe->logical);
	put64(e + 0x19, pe->length);
	put32(e + 0x21, 1);
}

/* The bitmap and the table of physical extents, in parts of 8192. */
static int write_pes(struct volume *v, unsigned int i, u64 at)
{
	const struct outfile *f = &v->images[i].file;
	u32 bitmap_size = v->v6 ? max_t(u32, v->md, 1024) : 1024, id = 0;
	u64 step = bitmap_size + PES_PER_MAP * PE_ENTRY;
	u8 entry[PE_ENTRY], bits = 0;
	size_t k;

	for (k = 0; k < v->nr_pes; k++) {
		u64 map = at + id / PES_PER_MAP * step;
		u32 in_map = id % PES_PER_MAP;

		if (v->pes[k].image != i)
			continue;
		bits = (u8)((in_map % 8 ? bits : 0) | 1U << in_map % 8);
		memset(entry, 0, sizeof(entry));
		fill_pe(&v->pes[k], id, entry);
		if (outfile_write(f, &bits, 1, map + in_map / 8) ||
		    outfile_write(f, entry, sizeof(entry), map + bitmap_size +
				  in_map * PE_ENTRY))
			return -1;
		id++;
	}
	return 0;
}

static u64 header_size(const struct volume *v)
{
	return v->v6 ? v->md : 512;
}

static u64 bitmap_at(const struct volume *v)
{
	return header_size(v) + 1024 * LVM_SLOT;
}

/**
 * lvm_table_at() - where the physical extents' table begins
 * @v: the volume
 *
 * Return: bytes from the volume manager's header on.
 */
u64 lvm_table_at(const struct volume *v)
{
	return bitmap_at(v) + (v->v6 ? max_t(u32, v->md, 1024) : 1024);
}

static int write_device(struct volume *v, unsigned int i)
{
	const struct image *image = &v->images[i];
	const struct outfile *f = &image->file;
	u64 at = image->start + LVM_AT;
	u64 maps = (count_pes(v, i) + PES_PER_MAP - 1) / PES_PER_MAP;
	u8 h[512] = { 0 }, slot[LVM_SLOT] = { 0 };

	fill_device(v, i, h);
	if (maps > 8)
		return report("too many physical extents on a LUN: take more --luns");
	if (maps > 1)
		put32(h + 0xbe, maps);
	fill_slot(v, i, slot);
	if (outfile_write(f, h, sizeof(h), at) ||
	    outfile_write(f, slot, sizeof(slot), at + header_size(v)))
		return -1;
	return write_pes(v, i, at + bitmap_at(v));
}

/**
 * lvm_write() - write all that is on the LUNs beside the volume
 * @v: the volume
 *
 * Return: 0, or -1 after a report.
 */
int lvm_write(struct volume *v)
{
	unsigned int i;

	for (i = 0; i < v->o->images; i++) {
		if (write_partition(v, &v->images[i]) || write_device(v, i))
			return -1;
	}
	return 0;
}
