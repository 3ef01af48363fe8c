/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mkvmfs is told.
 */
#ifndef LUN_OPTIONS_H
#define LUN_OPTIONS_H

#include "../../dm-sesparse/format.h"

#define LUN_MAX_IMAGES 32

enum lun_partition {
	PARTITION_NONE,
	PARTITION_GPT,
	PARTITION_GPT_SWAPPED, /* its type's bytes in the order they are printed */
	PARTITION_MBR
};

/**
 * struct lun_uuid - as VMware has them
 * @bytes: in the order they have on disk
 */
struct lun_uuid {
	u8 bytes[16];
};

/**
 * struct lun_options - what mkvmfs is told
 * @prefix: files that it writes have names that begin so
 * @spec: file that says what lies on the volume, or NULL
 * @lines: more lines of that kind
 * @nr_lines: how many
 * @version: of VMFS: 3, 5 or 6
 * @size: of the volume, in bytes, or 0: as large as it must be
 * @label: the volume's
 * @uuid: the volume's
 * @lvm_uuid: the logical volume's
 * @partition: how the LUN is partitioned
 * @sector: bytes of the LUN's sectors
 * @images: LUNs that the volume lies on
 * @pe_size: bytes of a physical extent, or 0: as ESXi makes them
 * @shuffle_pes: the extents do not lie in the order of the volume
 * @md: bytes that VMFS6 aligns metadata to
 * @sbc_groups: cluster groups of .sbc.sf, at least
 * @fdc_groups: cluster groups of .fdc.sf, at least
 * @skip_files: file descriptors that are taken by nothing, before those of files
 * @skip_sub_blocks: sub-blocks likewise
 * @seed: contents and choices follow from it
 * @heartbeats: how many hosts have the volume open
 * @snapshot: the volume waits for a new signature
 * @snap_id: what the file system believes the LUN's snapshot number to be
 * @hash_whole: files of at most so many bytes are hashed whole
 * @map: the manifest tells where all lies
 */
struct lun_options {
	const char *prefix;
	const char *spec;
	const char **lines;
	size_t nr_lines;
	unsigned int version;
	u64 size;
	const char *label;
	struct lun_uuid uuid;
	struct lun_uuid lvm_uuid;
	enum lun_partition partition;
	unsigned int sector;
	unsigned int images;
	u64 pe_size;
	bool shuffle_pes;
	unsigned int md;
	unsigned int sbc_groups;
	unsigned int fdc_groups;
	unsigned int skip_files;
	unsigned int skip_sub_blocks;
	u64 seed;
	unsigned int heartbeats;
	bool snapshot;
	unsigned int snap_id;
	u64 hash_whole;
	bool map;
};

#define LUN_OPTIONS_HELP 1

int lun_options_parse(struct lun_options *o, int argc, char **argv);
void lun_options_free(struct lun_options *o);
void lun_options_help(void);

void lun_uuid_text(const struct lun_uuid *uuid, char text[36]);
int lun_uuid_parse(const char *text, struct lun_uuid *uuid);

#endif /* LUN_OPTIONS_H */
