// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folders.
 *
 * VMFS3 and 5 have a list of entries.  VMFS6 has a header, and behind it blocks
 * of entries between blocks that say what each block is.
 */
#include "../gen/report.h"
#include "bytes.h"
#include "node.h"

#define OLD_ENTRY 140
#define OLD_NAME_MAX 127
#define HEADER 0x10000
#define ENTRY 0x120
#define BLOCK_HEADER 64
#define SELF_AT 0x3b8
#define PARENT_AT 0x4d8

/* Entries in the order they have, deleted ones among them as NULL. */
struct entries {
	const struct node *folder;
	const struct node *next;
	u64 live; /* to come */
	u64 deleted; /* likewise */
};

static void entries_start(struct entries *e, const struct node *folder)
{
	const struct node *child;

	*e = (struct entries){
		.folder = folder, .next = folder->children,
		.deleted = folder->deleted,
	};
	for (child = folder->children; child; child = child->next)
		e->live++;
}

/* Deleted ones are spread evenly, and there is always one at the end. */
static const struct node *entries_next(struct entries *e)
{
	const struct node *found = e->next;

	if (!e->live || e->deleted > e->live) {
		e->deleted--;
		return NULL;
	}
	e->live--;
	e->next = found->next;
	return found;
}

static void fill_entry(const struct filesystem *fs, const struct node *node,
		       const char *name, u8 *entry)
{
	put32(entry, node->kind);
	put32(entry + 4, resource_address(&fs->fdc, &fs->v, node->fd));
	put32(entry + 8, node_generation(node));
	if (fs->v.v6)
		memcpy(entry + 0x18, name, strlen(name));
	else
		memcpy(entry + 12, name, strlen(name));
}

/* What is left of an entry that was removed. */
static void fill_deleted(const struct filesystem *fs, u64 n, u8 *entry)
{
	put32(entry, NODE_FILE);
	if (fs->v.v6) {
		put32(entry + 4, 0x3fc00004);
		sprintf((char *)entry + 0x18, "deleted-%llu", n);
	} else {
		sprintf((char *)entry + 12, "deleted-%llu", n);
	}
}

static int fill_old(const struct filesystem *fs, struct node *folder)
{
	struct entries e;
	u64 nr, i;
	u8 *at;

	entries_start(&e, folder);
	nr = 2 + e.live + e.deleted;
	folder->size = nr * OLD_ENTRY;
	folder->memory = at = calloc(nr, OLD_ENTRY);
	if (!at)
		return report("out of memory");
	fill_entry(fs, folder, ".", at);
	fill_entry(fs, folder->parent ? folder->parent : folder, "..",
		   at + OLD_ENTRY);
	for (i = 2; i < nr; i++) {
		const struct node *child = entries_next(&e);

		if (!child) {
			fill_deleted(fs, i, at + i * OLD_ENTRY);
		} else {
			if (strlen(child->name) > OLD_NAME_MAX)
				return report("%s: longer than %u bytes",
					      child->path, OLD_NAME_MAX);
			fill_entry(fs, child, child->name, at + i * OLD_ENTRY);
		}
	}
	return 0;
}

/* Measures of a VMFS6 folder. */
struct measures {
	u32 block;
	u32 slots; /* of a block of entries */
	u64 per_map; /* blocks that one of the maps speaks of, itself included */
};

static struct measures measure(const struct volume *v)
{
	return (struct measures){
		.block = v->md,
		.slots = (v->md - BLOCK_HEADER) / ENTRY,
		.per_map = 2 * (v->md - BLOCK_HEADER),
	};
}

static u64 blocks_for(const struct measures *m, u64 slots)
{
	u64 blocks = (slots + m->slots - 1) / m->slots;

	/* The first block that each map speaks of is the map. */
	return blocks + (blocks + m->per_map - 2) / (m->per_map - 1);
}

static void set_nibble(u8 *map, u64 n, u8 value)
{
	u8 *at = map + BLOCK_HEADER + n / 2;

	*at = n % 2 ? (u8)((*at & 0xf0) | value) :
		      (u8)((*at & 0x0f) | value << 4);
}

static void fill_map(u8 *map, const struct measures *m)
{
	put16(map + 2, 3);
	memset(map + BLOCK_HEADER, 0x88, m->block - BLOCK_HEADER);
	set_nibble(map, 0, 3);
}

static void fill_block(const struct filesystem *fs, const struct measures *m,
		       struct entries *e, u64 offset, u8 *block)
{
	u32 slot, free_slots = 0;

	put16(block, 1);
	put16(block + 2, 1);
	put16(block + 4, m->slots);
	for (slot = 0; slot < m->slots; slot++) {
		u8 *entry = block + BLOCK_HEADER + slot * ENTRY;
		const struct node *child = NULL;

		if (e->live || e->deleted) {
			child = entries_next(e);
			if (!child)
				fill_deleted(fs, offset + slot, entry);
		}
		if (child) {
			fill_entry(fs, child, child->name, entry);
			put64(entry + 0x10, offset + (u64)(entry - block));
		} else {
			block[8 + slot / 8] |= (u8)(1U << slot % 8);
			free_slots++;
		}
	}
	put16(block + 6, free_slots);
}

static void fill_header(const struct filesystem *fs, const struct node *folder,
			const struct measures *m, const struct entries *e,
			u64 maps)
{
	const struct node *parent = folder->parent ? folder->parent : folder;
	u8 *h = folder->memory;
	u64 i;

	put32(h, 0xf50001);
	put32(h + 4, 2 + e->live);
	put32(h + 8, 2 + e->live);
	put32(h + 0xc, maps);
	for (i = 0; i < maps; i++)
		put32(h + 0x10 + 4 * i, i * m->per_map);
	fill_entry(fs, folder, ".", h + SELF_AT);
	put64(h + SELF_AT + 0x10, SELF_AT);
	fill_entry(fs, parent, "..", h + PARENT_AT);
	put64(h + PARENT_AT + 0x10, PARENT_AT);
}

static int fill_new(const struct filesystem *fs, struct node *folder)
{
	struct measures m = measure(&fs->v);
	struct entries e;
	u64 blocks, maps, i;
	u8 *map = NULL;

	entries_start(&e, folder);
	blocks = max_t(u64, 2, blocks_for(&m, e.live + e.deleted));
	maps = (blocks + m.per_map - 1) / m.per_map;
	if (maps > 128)
		return report("%s: too many entries", folder->path);
	folder->size = HEADER + blocks * m.block;
	folder->memory = calloc(1, folder->size);
	if (!folder->memory)
		return report("out of memory");
	fill_header(fs, folder, &m, &e, maps);
	for (i = 0; i < blocks; i++) {
		u64 offset = HEADER + i * m.block;
		u8 *block = folder->memory + offset;

		if (!(i % m.per_map)) {
			map = block;
			fill_map(map, &m);
			continue;
		}
		fill_block(fs, &m, &e, offset, block);
		set_nibble(map, i % m.per_map, block[6] || block[7] ? 5 : 1);
	}
	return 0;
}

/**
 * folder_store() - write a folder's entries
 * @fs: the file system
 * @node: the folder, whose children have their file descriptors
 *
 * Return: 0, or -1 after a report.
 */
int folder_store(struct filesystem *fs, struct node *node)
{
	if (fs->v.v6 ? fill_new(fs, node) : fill_old(fs, node))
		return -1;
	node->fill = FILL_DATA;
	if (!node->parent)
		node->zla = ZLA_FB;
	return file_store(fs, node, NULL);
}
