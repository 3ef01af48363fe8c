/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMFS volume being made: its measures, and the images that it lies on.
 */
#ifndef LUN_VOLUME_H
#define LUN_VOLUME_H

#include "../gen/output.h"
#include "options.h"

#define FB_SIZE (1U << 20) /* bytes of a file block */
#define FB_SHIFT 20
#define LARGE_BLOCKS 512 /* file blocks of a large block */
#define LVM_AT 0x100000 /* from the partition's start */
#define LVM_DATA 0x1100000 /* the first physical extent */
#define PE_UNIT (256ULL << 20)

/**
 * struct image - a LUN
 * @file: what is written
 * @start: where its partition begins
 * @first: where its part of the volume begins
 * @length: bytes of the volume on it
 */
struct image {
	struct outfile file;
	u64 start;
	u64 first;
	u64 length;
};

/**
 * struct pe - a physical extent
 * @logical: where it begins in the volume
 * @physical: and on its LUN, from the partition's start
 * @length: in bytes
 * @image: that LUN
 */
struct pe {
	u64 logical;
	u64 physical;
	u64 length;
	unsigned int image;
};

/**
 * struct volume - a volume being made
 * @o: what is wanted
 * @out: the files that are written
 * @images: the LUNs
 * @pes: the physical extents, in the volume's order
 * @nr_pes: how many
 * @size: bytes of the volume
 * @blocks: file blocks of it
 * @used: a bit for each
 * @low: where to look for a free block of the volume's beginning
 * @high: below which to look for one of its end
 * @scatter: the last block that was to be anywhere
 * @stride: from one such to the next
 * @v6: it is VMFS6
 * @md: bytes that metadata is aligned to
 * @fd_size: of a file descriptor
 * @fd_meta: where in it the file's metadata is
 * @fd_inline: where data may lie in it
 * @inline_max: how many bytes of them
 * @fd_pointers: where its pointers are
 * @pointer_size: bytes of one
 * @nr_pointers: how many a file descriptor holds
 * @pb_pointers: and how many a pointer block
 * @sub_block: bytes of a sub-block
 * @fdc_at: where .fdc.sf begins in the volume
 */
struct volume {
	const struct lun_options *o;
	struct output out;
	struct image images[LUN_MAX_IMAGES];
	struct pe *pes;
	size_t nr_pes;
	u64 size;
	u64 blocks;
	u8 *used;
	u64 low;
	u64 high;
	u64 scatter;
	u64 stride;
	bool v6;
	u32 md;
	u32 fd_size;
	u32 fd_meta;
	u32 fd_inline;
	u32 inline_max;
	u32 fd_pointers;
	u32 pointer_size;
	u32 nr_pointers;
	u32 pb_pointers;
	u32 sub_block;
	u64 fdc_at;
};

/* How a file's blocks lie on the volume. */
enum layout {
	LAYOUT_CONTIGUOUS,
	LAYOUT_LARGE, /* in large blocks */
	LAYOUT_REVERSED, /* each below the one before */
	LAYOUT_SCATTERED /* no two beside each other */
};

int volume_open(struct volume *v, const struct lun_options *o, u64 size);
int volume_write(struct volume *v, u64 offset, const void *data, size_t size);
int volume_locate(const struct volume *v, u64 offset, u64 *physical, u64 *rest,
		  unsigned int *image);
int volume_new_block(struct volume *v, enum layout layout, u64 *block);
int volume_close(struct volume *v);
void volume_free(struct volume *v);

u64 lvm_table_at(const struct volume *v);
int lvm_write(struct volume *v);

#endif /* LUN_VOLUME_H */
