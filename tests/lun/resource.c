// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system files that hold file descriptors, sub-blocks and pointer blocks:
 * groups of clusters, each with headers first and the resources behind them.
 */
#include "../gen/report.h"
#include "bytes.h"
#include "resource.h"

#define RFMD 0x72666d64
#define RCMD 0x72636d64

/* Resources of a cluster and clusters of a group, as ESXi has them. */
static void set_counts(struct resource *r, const struct volume *v)
{
	bool pointers = r->type == ADDRESS_PB || r->type == ADDRESS_PB2;

	if (v->v6) {
		r->per_cluster = pointers ? 32 : 256;
		r->clusters = 8;
	} else if (v->o->version == 5) {
		r->per_cluster = pointers ? 16 : 32;
		r->clusters = 64;
	} else {
		r->per_cluster = r->type == ADDRESS_FD ? 32 : 16;
		r->clusters = 32;
	}
}

/**
 * resource_init() - an empty system file
 * @r: set to it; resource_free() is due
 * @v: the volume
 * @type: of the addresses of what is in it
 * @size: bytes of one of them
 */
void resource_init(struct resource *r, const struct volume *v,
		   enum address type, u32 size)
{
	*r = (struct resource){
		.type = type, .size = size,
		.header = v->v6 ? 2 * v->md : 1024,
	};
	set_counts(r, v);
}

static u64 cluster_bytes(const struct resource *r)
{
	return (u64)r->per_cluster * r->size;
}

static u64 group_bytes(const struct resource *r)
{
	return r->clusters * (r->header + cluster_bytes(r));
}

/**
 * resource_bytes() - how long the file is
 * @r: the system file
 *
 * Return: its bytes.
 */
u64 resource_bytes(const struct resource *r)
{
	return RESOURCE_GROUPS_AT + r->groups * group_bytes(r);
}

/**
 * resource_grow() - make room for resources
 * @r: the system file
 * @v: the volume
 * @groups: cluster groups that it is to have at least
 *
 * Return: 0, or -1 after a report.
 */
int resource_grow(struct resource *r, struct volume *v, u64 groups)
{
	u64 blocks, *more;

	r->groups = max_t(u64, r->groups, groups);
	blocks = (resource_bytes(r) + FB_SIZE - 1) >> FB_SHIFT;
	more = reallocarray(r->blocks, blocks, sizeof(*more));
	if (!more)
		return report("out of memory");
	r->blocks = more;
	while (r->nr_blocks < blocks) {
		if (volume_new_block(v, LAYOUT_CONTIGUOUS,
				     &more[r->nr_blocks]))
			return -1;
		r->nr_blocks++;
	}
	return 0;
}

/**
 * resource_take() - take the next resource
 * @r: the system file
 * @v: the volume
 * @n: set to its number
 *
 * Return: 0, or -1 after a report.
 */
int resource_take(struct resource *r, struct volume *v, u64 *n)
{
	u64 per_group = (u64)r->per_cluster * r->clusters;

	*n = r->nr++;
	return *n / per_group < r->groups ? 0 :
	       resource_grow(r, v, *n / per_group + 1);
}

static u64 offset_in_file(const struct resource *r, u64 n)
{
	u64 cluster = n / r->per_cluster;

	return RESOURCE_GROUPS_AT + cluster / r->clusters * group_bytes(r) +
	       r->clusters * r->header +
	       cluster % r->clusters * cluster_bytes(r) +
	       n % r->per_cluster * r->size;
}

static u64 place(const struct resource *r, u64 offset)
{
	return (r->blocks[offset >> FB_SHIFT] << FB_SHIFT) + offset % FB_SIZE;
}

/**
 * resource_place() - where a resource lies
 * @r: the system file
 * @n: the resource's number
 *
 * Return: its offset in the volume.
 */
u64 resource_place(const struct resource *r, u64 n)
{
	return place(r, offset_in_file(r, n));
}

static int write_at(const struct resource *r, struct volume *v, u64 offset,
		    const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		size_t n = min_t(u64, size, FB_SIZE - offset % FB_SIZE);

		if (volume_write(v, place(r, offset), at, n))
			return -1;
		at += n;
		offset += n;
		size -= n;
	}
	return 0;
}

/**
 * resource_write() - fill a resource
 * @r: the system file
 * @v: the volume
 * @n: the resource's number
 * @data: what is to be in it
 * @size: bytes of that
 *
 * Return: 0, or -1 after a report.
 */
int resource_write(const struct resource *r, struct volume *v, u64 n,
		   const void *data, size_t size)
{
	return write_at(r, v, offset_in_file(r, n), data, size);
}

/**
 * resource_address() - the address of a resource
 * @r: the system file
 * @v: the volume
 * @n: the resource's number
 *
 * Return: the address.
 */
u64 resource_address(const struct resource *r, const struct volume *v, u64 n)
{
	u64 cluster = n / r->per_cluster, in_cluster = n % r->per_cluster;

	if (r->type == ADDRESS_FD)
		return r->type | cluster << 6 | in_cluster << 22;
	if (v->v6)
		return r->type | cluster << 6 | in_cluster << 56;
	/* Bits 4 and 5 of a sub-block's number have gone where there was room. */
	if (r->type == ADDRESS_SB)
		return r->type | cluster << 6 | (in_cluster & 0xf) << 28 |
		       (in_cluster & 0x30) >> 1;
	return r->type | cluster << 6 | in_cluster << 28;
}

/**
 * address_of_block() - the address of a file block
 * @v: the volume
 * @block: its number
 *
 * Return: the address.
 */
u64 address_of_block(const struct volume *v, u64 block)
{
	if (!v->v6)
		return ADDRESS_FB | block << 6;
	return ADDRESS_FB | block / LARGE_BLOCKS << 15 |
	       block % LARGE_BLOCKS << 51;
}

/**
 * address_of_large() - the address of a large block
 * @block: the number of its first file block
 *
 * Return: the address.
 */
u64 address_of_large(u64 block)
{
	return ADDRESS_LFB | block / LARGE_BLOCKS << 15;
}

/**
 * address_to_be_zeroed() - an address that says that its block was never written
 * @v: the volume
 * @address: the block's
 * @mask: which parts of it, on VMFS6
 *
 * Return: the address.
 */
u64 address_to_be_zeroed(const struct volume *v, u64 address, u8 mask)
{
	return address | (v->v6 ? (u64)mask << 7 : 1 << 5);
}

/* Lock types follow the order .fbb, .sbc, .pbc, .fdc, .pb2. */
static u32 lock_type(const struct resource *r)
{
	switch (r->type) {
	case ADDRESS_SB:
		return 0x10c00003;
	case ADDRESS_PB:
		return 0x10c00004;
	case ADDRESS_FD:
		return 0x10c00005;
	default:
		return 0x10c00006;
	}
}

static u64 count_taken(const struct resource *r, u64 cluster)
{
	u64 before = cluster * r->per_cluster;

	return r->nr <= before ? 0 :
	       min_t(u64, r->nr - before, r->per_cluster);
}

static int write_cluster(const struct resource *r, struct volume *v,
			 u64 cluster)
{
	u64 at = RESOURCE_GROUPS_AT + cluster / r->clusters * group_bytes(r) +
		 cluster % r->clusters * r->header;
	u64 taken = count_taken(r, cluster), i;
	u8 lock[64] = { 0 }, meta[256] = { 0 }, *bitmap;

	put32(lock, lock_type(r));
	put64(lock + 4, place(r, at));
	put64(lock + 0x14, 1);
	if (write_at(r, v, at, lock, sizeof(lock)))
		return -1;
	if (v->v6)
		put32(meta + 0x10, RCMD);
	bitmap = meta + (v->v6 ? 0x80 : 0x10);
	put32(meta + (v->v6 ? 0x18 : 0), cluster);
	put16(meta + (v->v6 ? 0x20 : 4), r->per_cluster);
	put16(meta + (v->v6 ? 0x22 : 8), r->per_cluster - taken);
	for (i = taken; i < r->per_cluster; i++)
		bitmap[i / 8] |= (u8)(1U << i % 8);
	return write_at(r, v, at + v->md, meta, sizeof(meta));
}

/**
 * resource_finish() - write what the file says of itself and its clusters
 * @r: the system file
 * @v: the volume
 *
 * Return: 0, or -1 after a report.
 */
int resource_finish(const struct resource *r, struct volume *v)
{
	u64 clusters = r->groups * r->clusters, i;
	u64 resources = clusters * r->per_cluster;
	u8 h[64] = { 0 };

	put32(h, r->groups ? r->per_cluster : 0);
	put32(h + 4, r->clusters);
	put32(h + 8, RESOURCE_GROUPS_AT);
	put32(h + 0xc, r->size);
	put32(h + 0x10, r->groups ? group_bytes(r) : RESOURCE_GROUPS_AT);
	put32(h + 0x14, resources);
	put32(h + 0x18, r->groups);
	if (v->v6) {
		put32(h + 0x1c, resources >> 32);
		put32(h + 0x20, RFMD);
		put32(h + 0x24, 1);
		put32(h + 0x28, 4);
		put32(h + 0x2c, 0x10000 | (r->groups ? r->per_cluster : 0));
		put32(h + 0x30, 1);
	}
	if (write_at(r, v, 0, h, sizeof(h)))
		return -1;
	for (i = 0; i < clusters; i++) {
		if (write_cluster(r, v, i))
			return -1;
	}
	return 0;
}

/**
 * resource_free() - forget a system file
 * @r: it
 */
void resource_free(struct resource *r)
{
	free(r->blocks);
}
