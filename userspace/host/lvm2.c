// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "host/lvm2-text.h"
#include "host/lvm2.h"
#include "source/bytes.h"
#include "util/message.h"

#define SECTOR SESPARSE_SECTOR_SIZE

/* The label is in one of so many sectors. */
#define LABEL_SECTORS 4

/* What a checksum begins with. */
#define CRC_BEGIN 0xf597a6cf

#define METADATA_MAGIC "\040\114\126\115\062\040\170\133\065\101\045\162\060\116\052\076"

/* LVM2 makes metadata areas of 1 MiB; whoever makes them larger has his reasons. */
#define MAX_TEXT (4 << 20)

/* Of all physical volumes of a disk. */
#define MAX_TEXTS (8 * MAX_TEXT)

/* Logical volumes of a disk that are looked at. */
#define MAX_VOLUMES 4096
#define MAX_STRIPES 128
#define MAX_SEGMENTS 4096

struct label {
	char magic[8]; /* "LABELONE" */
	uint64_t sector;
	uint32_t crc;
	uint32_t header_at;
	char type[8]; /* "LVM2 001" */
};

struct area {
	uint64_t offset;
	uint64_t bytes;
};

/* Behind it the areas of data, up to one that is 0, and those of metadata likewise. */
struct pv_header {
	char id[LVM2_ID_SIZE - 1];
	uint64_t bytes;
	struct area areas[];
};

struct metadata_header {
	uint32_t crc;
	char magic[16];
	uint32_t version;
	uint64_t start;
	uint64_t bytes;
	struct {
		uint64_t offset;
		uint64_t bytes;
		uint32_t crc;
		uint32_t flags;
	} text;
} __attribute__((packed));

#define TEXT_IGNORED 1

static uint32_t crc_of(const void *data, size_t bytes, uint32_t crc)
{
	const unsigned char *byte = data;
	int bit;

	for (; bytes--; byte++) {
		crc ^= *byte;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

/**
 * struct reading - a physical volume that is being read
 * @path: the disk's name, for messages
 * @fd: the disk
 * @pv: the physical volume
 * @room: bytes that a text of it may have
 */
struct reading {
	const char *path;
	int fd;
	struct lvm2_pv *pv;
	u64 room;
};

static u64 pv_bytes(const struct lvm2_pv *pv)
{
	return pv->sectors * SECTOR;
}

/* Read bytes of the physical volume, which need not have them. */
static bool read_at(const struct reading *in, void *buf, size_t bytes, u64 at)
{
	const u64 size = pv_bytes(in->pv);

	return at <= size && bytes <= size - at &&
	       !bytes_read(in->fd, buf, bytes, in->pv->start * SECTOR + at);
}

/* The text may go round from the end of its area to behind the header. */
static char *read_text(const struct reading *in, const struct area *area,
		       const struct metadata_header *header)
{
	const u64 offset = le64toh(header->text.offset);
	const u64 bytes = le64toh(header->text.bytes);
	u64 first;
	char *text;

	if (area->bytes < SECTOR || bytes > area->bytes - SECTOR ||
	    offset < SECTOR ||
	    offset >= area->bytes)
		return NULL;
	first = min_t(u64, bytes, area->bytes - offset);
	text = malloc(bytes + 1);
	if (!text)
		return NULL;
	text[bytes] = '\0';
	if (read_at(in, text, first, area->offset + offset) &&
	    read_at(in, text + first, bytes - first, area->offset + SECTOR) &&
	    crc_of(text, bytes, CRC_BEGIN) == le32toh(header->text.crc) &&
	    strlen(text) >= bytes - 1)
		return text;
	free(text);
	return NULL;
}

/* Set the text to that of a metadata area if it has one, or say why it can not be had. */
static void read_area(const struct reading *in, const struct area *area)
{
	struct metadata_header header;
	struct lvm2_pv *pv = in->pv;
	char sector[SECTOR];

	pv->problem = "whose metadata are damaged";

	if (area->offset > pv_bytes(pv) ||
	    area->bytes > pv_bytes(pv) - area->offset ||
	    !read_at(in, sector, sizeof(sector), area->offset))
		return;
	memcpy(&header, sector, sizeof(header));
	if (memcmp(header.magic, METADATA_MAGIC, sizeof(header.magic)) ||
	    le32toh(header.version) != 1 ||
	    le64toh(header.start) != area->offset ||
	    le64toh(header.bytes) != area->bytes ||
	    crc_of(sector + sizeof(header.crc), SECTOR - sizeof(header.crc),
		   CRC_BEGIN) != le32toh(header.crc))
		return;
	/* One of no group has none, and of many in a group not all keep one. */
	if (!header.text.bytes || le32toh(header.text.flags) & TEXT_IGNORED)
		pv->problem = NULL;
	else if (le64toh(header.text.bytes) > in->room)
		pv->problem = "whose metadata are longer than is taken";
	else
		pv->text = read_text(in, area, &header);
	if (pv->text)
		pv->problem = NULL;
}

/* Of several areas, the first whose text is whole. */
static void read_areas(const struct reading *in, const char *areas, size_t nr)
{
	struct area area;
	unsigned int list = 0;
	size_t i;

	for (i = 0; i < nr && list < 2 && !in->pv->text; i++) {
		memcpy(&area, areas + i * sizeof(area), sizeof(area));
		area.offset = le64toh(area.offset);
		area.bytes = le64toh(area.bytes);
		if (!area.offset)
			list++;
		else if (list)
			read_area(in, &area);
	}
}

static bool read_label(const struct reading *in, const char sector[SECTOR],
		       u64 number)
{
	struct label label;
	struct pv_header header;
	size_t at;

	memcpy(&label, sector, sizeof(label));
	at = le32toh(label.header_at);
	if (memcmp(label.magic, "LABELONE", sizeof(label.magic)) ||
	    memcmp(label.type, "LVM2 001", sizeof(label.type)) ||
	    le64toh(label.sector) != number || at < sizeof(label) ||
	    at > SECTOR - sizeof(header) ||
	    crc_of(sector + offsetof(struct label, header_at),
		   SECTOR - offsetof(struct label, header_at), CRC_BEGIN) !=
		    le32toh(label.crc))
		return false;
	memcpy(&header, sector + at, sizeof(header));
	memcpy(in->pv->id, header.id, sizeof(header.id));
	at += sizeof(header);
	read_areas(in, sector + at, (SECTOR - at) / sizeof(struct area));
	return true;
}

/**
 * lvm2_add() - read a physical volume
 * @lvm: what it is added to, for lvm2_free(), on failure too
 * @path: the disk's name, for messages
 * @fd: the disk
 * @start: where on the disk it begins, in sectors
 * @sectors: its length
 *
 * What is wrong with it is its problem, and not one of what else is on the disk.
 *
 * Return: 0, or an exit code after a message.
 */
int lvm2_add(struct lvm2 *lvm, const char *path, int fd, u64 start, u64 sectors)
{
	struct lvm2_pv *pvs, *pv;
	char sector[SECTOR];
	struct reading in = { .path = path, .fd = fd };
	u64 i;

	pvs = reallocarray(lvm->pvs, lvm->nr_pvs + 1, sizeof(*pvs));
	if (!pvs)
		return fail_memory();
	lvm->pvs = pvs;
	pv = &pvs[lvm->nr_pvs++];
	*pv = (struct lvm2_pv){ .start = start, .sectors = sectors };
	in.pv = pv;
	in.room = min_t(u64, MAX_TEXT, MAX_TEXTS - lvm->text_bytes);
	for (i = 0; i < LABEL_SECTORS; i++)
		if (read_at(&in, sector, sizeof(sector), i * SECTOR) &&
		    read_label(&in, sector, i))
			break;
	if (i == LABEL_SECTORS)
		pv->problem = "whose label is damaged";
	if (pv->text)
		lvm->text_bytes += strlen(pv->text);
	return 0;
}

/**
 * struct group - a volume group whose text is being gone through
 * @lvm: where its volumes go
 * @path: the disk's name, for messages
 * @text: the text
 * @name: its name
 * @section: what the text says of it
 * @extent: sectors of an extent
 * @pvs: its physical volumes, by their names
 * @nr_pvs: their number
 */
struct group {
	struct lvm2 *lvm;
	const char *path;
	struct lvm2_text text;
	const char *name;
	const struct lvm2_node *section;
	u64 extent;
	struct group_pv *pvs;
	size_t nr_pvs;
};

/**
 * struct group_pv - what a group says of one of its physical volumes
 * @name: what it is called there
 * @pv: it on the disk, or NULL
 * @problem: why it cannot be had, where it is not there
 * @first: the sector of its first extent
 * @extents: their number
 */
struct group_pv {
	const char *name;
	const struct lvm2_pv *pv;
	const char *problem;
	u64 first;
	u64 extents;
};

static bool is_id(const char *text, const char id[LVM2_ID_SIZE])
{
	for (; *text; text++)
		if (*text != '-' && *text != *id++)
			return false;
	return !*id;
}

/* The names that LVM2 allows: nothing of them needs a quotation anywhere. */
static bool is_name(const char *name)
{
	const size_t length = strlen(name);

	return length && length < LVM2_NAME_SIZE && *name != '-' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789+_.-") == length;
}

/* Why a volume cannot be had; the first reason counts. */
static void problem(struct lvm2_volume *v, const char *why)
{
	if (!*v->problem)
		snprintf(v->problem, sizeof(v->problem), "%s", why);
}

/* Of two that say they are the same one, which is cannot be told. */
static void find_pv(const struct lvm2 *lvm, const char *id, struct group_pv *pv)
{
	size_t i;

	pv->problem = "is on a physical volume that is on another disk";
	for (i = 0; i < lvm->nr_pvs; i++) {
		if (!is_id(id, lvm->pvs[i].id))
			continue;
		if (pv->pv) {
			pv->pv = NULL;
			pv->problem = "is on a physical volume of which the disk has two";
			return;
		}
		pv->pv = &lvm->pvs[i];
	}
}

static int compare_pvs(const void *a, const void *b)
{
	return strcmp(((const struct group_pv *)a)->name,
		      ((const struct group_pv *)b)->name);
}

static bool take_pv(const struct group *g, const struct lvm2_node *section,
		    struct group_pv *pv)
{
	const char *id = lvm2_string(&g->text, section, "id");

	*pv = (struct group_pv){ .name = section->name };
	if (!pv->name || !id ||
	    !lvm2_number(&g->text, section, "pe_start", &pv->first) ||
	    !lvm2_number(&g->text, section, "pe_count", &pv->extents))
		return false;
	find_pv(g->lvm, id, pv);
	return true;
}

/* They are looked for by each stretch of each volume, so once and in order. */
static int take_pvs(struct group *g)
{
	const struct lvm2_node *list, *node = NULL;
	size_t nr = 0;

	list = lvm2_find(&g->text, g->section, "physical_volumes");
	if (list)
		node = lvm2_first(&g->text, list);
	for (; node; node = lvm2_next(&g->text, node))
		nr++;
	g->pvs = calloc(nr + 1, sizeof(*g->pvs));
	if (!g->pvs)
		return fail_memory();
	for (node = nr ? lvm2_first(&g->text, list) : NULL; node;
	     node = lvm2_next(&g->text, node))
		if (take_pv(g, node, &g->pvs[g->nr_pvs]))
			g->nr_pvs++;
	qsort(g->pvs, g->nr_pvs, sizeof(*g->pvs), compare_pvs);
	return 0;
}

static const struct group_pv *find_group_pv(const struct group *g,
					    const char *name)
{
	const struct group_pv key = { .name = name }, *pv;

	pv = bsearch(&key, g->pvs, g->nr_pvs, sizeof(*pv), compare_pvs);
	if (!pv || (pv > g->pvs && !compare_pvs(pv - 1, pv)) ||
	    (pv + 1 < g->pvs + g->nr_pvs && !compare_pvs(pv, pv + 1)))
		return NULL;
	return pv;
}

/* Where on the disk extents of a physical volume begin, all of which it has. */
static bool find_place(const struct group *g, const char *name, u64 first,
		       u64 extents, struct lvm2_volume *v, u64 *place)
{
	const struct group_pv *pv = find_group_pv(g, name);
	u64 at, end;

	if (!pv || !pv->pv) {
		problem(v, pv ? pv->problem :
			   "is on a physical volume that its group does not know");
		return false;
	}
	if (first > pv->extents || extents > pv->extents - first ||
	    __builtin_mul_overflow(first, g->extent, &at) ||
	    __builtin_add_overflow(at, pv->first, &at) ||
	    __builtin_add_overflow(at, extents * g->extent, &end) ||
	    end > pv->pv->sectors) {
		problem(v, "goes past the end of its physical volume");
		return false;
	}
	*place = pv->pv->start + at;
	return true;
}

/* "stripes": names and extents in turn. */
static int take_places(const struct group *g, const struct lvm2_node *section,
		       struct lvm2_volume *v, struct lvm2_segment *s)
{
	const struct lvm2_node *list = lvm2_find(&g->text, section, "stripes");
	const struct lvm2_node *node = list ? lvm2_first(&g->text, list) : NULL;
	const u64 each = s->sectors / g->extent / s->nr_places;
	const struct lvm2_node *number;
	u64 first;
	size_t i;

	s->places = calloc(s->nr_places, sizeof(*s->places));
	if (!s->places)
		return fail_memory();
	for (i = 0; i < s->nr_places; i++) {
		number = node ? lvm2_next(&g->text, node) : NULL;
		if (!node || !node->is_string || !lvm2_value(number, &first)) {
			problem(v, "has no places that could be read");
			return 0;
		}
		if (!find_place(g, node->text, first, each, v, &s->places[i]))
			return 0;
		node = lvm2_next(&g->text, number);
	}
	return 0;
}

/* @s has a length; find out where it lies. */
static int take_segment(const struct group *g, const struct lvm2_node *section,
			struct lvm2_volume *v, struct lvm2_segment *s)
{
	const char *type = lvm2_string(&g->text, section, "type");
	char why[96];
	u64 nr;

	if (!type || (strcmp(type, "striped") && strcmp(type, "linear"))) {
		snprintf(why, sizeof(why),
			 "is of type %.32s, expected linear or striped",
			 type ? type : "none");
		problem(v, why);
		return 0;
	}
	if (!lvm2_number(&g->text, section, "stripe_count", &nr) || !nr ||
	    nr > MAX_STRIPES) {
		problem(v, "has a number of stripes that cannot be");
		return 0;
	}
	/* As dm-stripe wants it: a power of 2 it is in all that LVM2 makes. */
	if (nr > 1 &&
	    (!lvm2_number(&g->text, section, "stripe_size",
			  &s->stripe_sectors) ||
	     !s->stripe_sectors || s->sectors / g->extent % nr ||
	     s->sectors / nr % s->stripe_sectors)) {
		problem(v, "has stripes of a size that cannot be");
		return 0;
	}
	s->nr_places = (size_t)nr;
	return take_places(g, section, v, s);
}

static bool take_length(const struct group *g, const struct lvm2_node *section,
			struct lvm2_volume *v, struct lvm2_segment *s)
{
	u64 start, extents;

	if (lvm2_number(&g->text, section, "start_extent", &start) &&
	    lvm2_number(&g->text, section, "extent_count", &extents) &&
	    !__builtin_mul_overflow(start, g->extent, &start) &&
	    start == v->sectors && extents &&
	    !__builtin_mul_overflow(extents, g->extent, &s->sectors) &&
	    !__builtin_add_overflow(v->sectors, s->sectors, &v->sectors) &&
	    v->sectors <= (u64)INT64_MAX / SECTOR)
		return true;
	problem(v, "has segments that do not follow one another");
	return false;
}

/* LVM2 writes them in their order. */
static int take_each_segment(const struct group *g,
			     const struct lvm2_node *section, u64 nr,
			     struct lvm2_volume *v)
{
	const struct lvm2_node *node = lvm2_first(&g->text, section);
	struct lvm2_segment *s;
	char name[32];
	int r = 0;

	for (; node && v->nr < nr && !r && !*v->problem;
	     node = lvm2_next(&g->text, node)) {
		snprintf(name, sizeof(name), "segment%zu", v->nr + 1);
		if (!node->name || strcmp(node->name, name))
			continue;
		s = &v->segments[v->nr++];
		if (take_length(g, node, v, s))
			r = take_segment(g, node, v, s);
	}
	if (v->nr < nr)
		problem(v, "has fewer segments than it says");
	return r;
}

static int take_segments(const struct group *g, const struct lvm2_node *section,
			 struct lvm2_volume *v)
{
	u64 nr;

	if (!lvm2_number(&g->text, section, "segment_count", &nr) || !nr ||
	    nr > MAX_SEGMENTS) {
		problem(v, "has a number of segments that cannot be");
		return 0;
	}
	v->segments = calloc(nr, sizeof(*v->segments));
	return v->segments ? take_each_segment(g, section, nr, v) :
			     fail_memory();
}

static int take_volume(struct group *g, const struct lvm2_node *section)
{
	struct lvm2 *lvm = g->lvm;
	struct lvm2_volume *volumes, *v;

	/* What LVM2 hides is part of another one. */
	if (!section->name || !is_name(section->name) ||
	    !lvm2_has(&g->text, section, "status", "VISIBLE"))
		return 0;
	if (lvm->nr_volumes == MAX_VOLUMES)
		return fail(EXIT_DEVICE,
			    "%s: has more than %d logical volumes of LVM",
			    g->path, MAX_VOLUMES);
	volumes = reallocarray(lvm->volumes, lvm->nr_volumes + 1,
			       sizeof(*volumes));
	if (!volumes)
		return fail_memory();
	lvm->volumes = volumes;
	v = &volumes[lvm->nr_volumes++];
	*v = (struct lvm2_volume){ 0 };
	snprintf(v->group, sizeof(v->group), "%s", g->name);
	snprintf(v->name, sizeof(v->name), "%s", section->name);
	return take_segments(g, section, v);
}

static int take_volumes(struct group *g)
{
	const struct lvm2_node *list, *node = NULL;
	int r = 0;

	list = lvm2_find(&g->text, g->section, "logical_volumes");
	if (list)
		node = lvm2_first(&g->text, list);
	for (; node && !r; node = lvm2_next(&g->text, node))
		r = take_volume(g, node);
	return r;
}

/* The only section of a text is that of its group. */
static bool find_group(struct group *g)
{
	const struct lvm2_node *node;

	for (node = lvm2_first(&g->text, NULL); node;
	     node = lvm2_next(&g->text, node))
		if (node->name && !node->text && is_name(node->name) &&
		    lvm2_string(&g->text, node, "id") &&
		    lvm2_number(&g->text, node, "extent_size", &g->extent) &&
		    g->extent) {
			g->name = node->name;
			g->section = node;
			return true;
		}
	return false;
}

/**
 * struct copy - what a physical volume knows of its group
 * @id: the group's UUID
 * @seqno: how often it was changed
 */
struct copy {
	char id[2 * LVM2_ID_SIZE];
	u64 seqno;
};

/* Return: 0, or ENOMEM, or EINVAL if the text is none of a group. */
static int parse_group(struct lvm2 *lvm, const char *path, char *buf,
		       struct group *g)
{
	int error;

	*g = (struct group){ .lvm = lvm, .path = path };
	error = lvm2_text_parse(buf, &g->text);
	if (!error && !find_group(g))
		error = EINVAL;
	return error;
}

static void group_free(struct group *g)
{
	lvm2_text_free(&g->text);
	free(g->pvs);
}

/* Parsing writes to the text, so what is to be parsed twice is a copy. */
static int look_at_copy(struct lvm2 *lvm, const char *path, struct lvm2_pv *pv,
			struct copy *copy)
{
	char *buf = strdup(pv->text);
	struct group g;
	int error;

	if (!buf)
		return fail_memory();
	error = parse_group(lvm, path, buf, &g);
	if (!error) {
		snprintf(copy->id, sizeof(copy->id), "%s",
			 lvm2_string(&g.text, g.section, "id"));
		if (!lvm2_number(&g.text, g.section, "seqno", &copy->seqno))
			copy->seqno = 0;
	}
	group_free(&g);
	free(buf);
	if (error == ENOMEM)
		return fail_memory();
	if (error) {
		pv->problem = "whose metadata have the right checksum, but tell of no group";
		free(pv->text);
		pv->text = NULL;
	}
	return 0;
}

/* Is there a newer text of the group, or the same one before? */
static bool is_outdone(const struct copy *copies, const struct lvm2 *lvm,
		       size_t pv)
{
	const struct copy *own = &copies[pv], *other = copies;

	for (; other < copies + lvm->nr_pvs; other++)
		if (lvm->pvs[other - copies].text &&
		    !strcmp(other->id, own->id) &&
		    (other->seqno > own->seqno ||
		     (other->seqno == own->seqno && other < own)))
			return true;
	return false;
}

static int take_group(struct lvm2 *lvm, const char *path, char *buf)
{
	struct group g;
	int r;

	r = parse_group(lvm, path, buf, &g) ? fail_memory() : take_pvs(&g);
	if (!r)
		r = take_volumes(&g);
	group_free(&g);
	return r;
}

/**
 * lvm2_find_volumes() - find the logical volumes on the physical ones of a disk
 * @lvm: those, each of lvm2_add()
 * @path: the disk's name, for messages
 *
 * Of a group on several physical volumes the newest text counts.
 *
 * Return: 0, or an exit code after a message.
 */
int lvm2_find_volumes(struct lvm2 *lvm, const char *path)
{
	struct copy *copies = calloc(lvm->nr_pvs + 1, sizeof(*copies));
	size_t i;
	int r = 0;

	if (!copies)
		return fail_memory();
	for (i = 0; i < lvm->nr_pvs && !r; i++)
		if (lvm->pvs[i].text)
			r = look_at_copy(lvm, path, &lvm->pvs[i], &copies[i]);
	for (i = 0; i < lvm->nr_pvs && !r; i++)
		if (lvm->pvs[i].text && !is_outdone(copies, lvm, i))
			r = take_group(lvm, path, lvm->pvs[i].text);
	free(copies);
	return r;
}

/**
 * lvm2_free() - free what the other functions here have made
 * @lvm: it
 */
void lvm2_free(struct lvm2 *lvm)
{
	struct lvm2_volume *v;
	size_t i, j;

	for (i = 0; i < lvm->nr_pvs; i++)
		free(lvm->pvs[i].text);
	for (i = 0; i < lvm->nr_volumes; i++) {
		v = &lvm->volumes[i];
		for (j = 0; j < v->nr; j++)
			free(v->segments[j].places);
		free(v->segments);
	}
	free(lvm->pvs);
	free(lvm->volumes);
	*lvm = (struct lvm2){ 0 };
}
