// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumping is for broken images, too: nothing is refused here, what is wrong is
 * told where it stands.
 */
#include <stdio.h>
#include <string.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "sesparse/fields.h"
#include "source/bytes.h"
#include "source/source.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/file-kind.h"
#include "vmdk/find-file.h"
#include "vmdk/image.h"

/* The sectors that sesparse_fields[] is about, one after the other. */
enum header {
	HEADER_CONSTANT,
	HEADER_VOLATILE,
	HEADER_JOURNAL,
	NR_HEADERS,
};

static const struct {
	const char *title;
	const char *key;
	const char *offset; /* the constant header's field that says where */
} headers[NR_HEADERS] = {
	{ "Constant header", "constant", NULL },
	{ "Volatile header", "volatile", "volatileHeaderOffset" },
	{ "Journal header", "journal", "journalHeaderOffset" },
};

/* What some fields hold in every good image; either may be found. */
static const struct {
	const char *name;
	u64 value;
	u64 other;
} expected[] = {
	{ "constMagic", SESPARSE_CONST_MAGIC, SESPARSE_CONST_MAGIC },
	{ "version", SESPARSE_VERSION, SESPARSE_VERSION },
	{ "grainSize", SESPARSE_GRAIN_SECTORS, SESPARSE_GRAIN_SECTORS },
	{ "grainTableSize", SESPARSE_TABLE_SECTORS, SESPARSE_TABLE_SECTORS },
	{ "flags", 0, 0 },
	{ "reserved1", 0, SESPARSE_RESERVED1_SEEN },
	{ "reserved2", 0, 0 },
	{ "reserved3", 0, 0 },
	{ "reserved4", 0, 0 },
	{ "volatileHeaderOffset", 1, 1 },
	{ "volatileHeaderSize", 1, 1 },
	{ "journalHeaderOffset", 2, 2 },
	{ "journalHeaderSize", 2, 2 },
	{ "volatileMagic", SESPARSE_VOLATILE_MAGIC, SESPARSE_VOLATILE_MAGIC },
	{ "replayJournal", 0, 0 },
	{ "journalMagic", SESPARSE_JOURNAL_MAGIC, SESPARSE_JOURNAL_MAGIC },
};

/**
 * struct place - where the extent in question lies
 * @source: the file
 * @start: the sector of it where the extent begins
 * @sectors: how many there are from there on
 */
struct place {
	const struct source *source;
	u64 start;
	u64 sectors;
};

static bool ends_in(const char *name, const char *end)
{
	const size_t length = strlen(name), tail = strlen(end);

	return length > tail && !strcmp(name + length - tail, end);
}

/* A header's number is its sector's in the table of fields. */
static enum header header_of(const struct sesparse_field *f)
{
	return f->offset / SESPARSE_SECTOR_SIZE;
}

static u64 value_of(const struct sesparse_field *f, const __le64 *words)
{
	return le64_to_cpu(words[f->offset % SESPARSE_SECTOR_SIZE /
				 sizeof(*words)]);
}

static u64 find_value(const char *name, const __le64 *words)
{
	return value_of(sesparse_find_field(name), words);
}

/* Return: NULL, or why the @sector-th of the extent cannot be read. */
static const char *read_sector(const struct place *p, u64 sector,
			       __le64 *words)
{
	u64 at = p->start + sector;
	size_t done;
	int error;

	if (sector >= p->sectors)
		return "past the end of the file";
	error = source_read_some(p->source, words, SESPARSE_SECTOR_SIZE,
				 at * SESPARSE_SECTOR_SIZE, &done);
	if (error)
		return strerror(error);
	return done < SESPARSE_SECTOR_SIZE ? "the file ends within it" : NULL;
}

/* How much a number of sectors is, and where what begins at @offset ends. */
static void explain_size(const struct place *p, u64 size, const u64 *offset,
			 char *text, size_t room)
{
	char amount[HUMAN_SIZE] = "2^64 bytes or more";
	u64 bytes, end;

	if (!check_mul_overflow(size, (u64)SESPARSE_SECTOR_SIZE, &bytes))
		human_size(bytes, amount);
	if (!offset)
		snprintf(text, room, "%s", amount);
	else if (check_add_overflow(*offset, size, &end))
		snprintf(text, room, "%s, ends past sector 2^64", amount);
	else
		snprintf(text, room, "%s, ends before sector %llu%s", amount,
			 end, end > p->sectors ? ", past the end of the file" : "");
}

static void explain_offset(const struct place *p, u64 sector, char *text,
			   size_t room)
{
	const char *past = sector >= p->sectors ?
			   ", past the end of the file" : "";
	u64 byte;

	if (check_mul_overflow(sector, (u64)SESPARSE_SECTOR_SIZE, &byte))
		snprintf(text, room, "byte 2^64 or later%s", past);
	else
		snprintf(text, room, "byte 0x%llx%s", byte, past);
}

/* The grains' region is for the whole disk, and ends where the file does. */
static void explain(const struct place *p, const struct sesparse_field *f,
		    u64 value, const __le64 *words, char *text, size_t room)
{
	u64 offset;

	*text = '\0';
	if (f->kind != SESPARSE_FIELD_SECTORS)
		return;
	if (ends_in(f->name, "Offset")) {
		explain_offset(p, value, text, room);
	} else if (ends_in(f->name, "Size") && ends_in(f[-1].name, "Offset") &&
		   strcmp(f->name, "grainsSize")) {
		offset = value_of(f - 1, words);
		explain_size(p, value, &offset, text, room);
	} else {
		explain_size(p, value, NULL, text, room);
	}
}

static const char *number(const struct sesparse_field *f, u64 value,
			  char text[24])
{
	snprintf(text, 24, f->kind == SESPARSE_FIELD_HEX ? "0x%016llx" : "%llu",
		 value);
	return text;
}

static void print_field(const struct place *p, const struct sesparse_field *f,
			const __le64 *words)
{
	const u64 value = value_of(f, words);
	const char *separator = "  ";
	char text[128], digits[24];
	size_t i;

	printf("    %-20s %18s", f->name, number(f, value, digits));
	explain(p, f, value, words, text, sizeof(text));
	if (*text) {
		printf("%s%s", separator, text);
		separator = ", ";
	}
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		if (strcmp(f->name, expected[i].name) ||
		    value == expected[i].value ||
		    value == expected[i].other)
			continue;
		printf("%sexpected %s", separator,
		       number(f, expected[i].value, digits));
	}
	putchar('\n');
}

/* All fields of a header, or why it cannot be read. */
static void dump_header(struct json *j, const struct place *p,
			enum header header, u64 sector, const __le64 *words,
			const char *why)
{
	const struct sesparse_field *f = sesparse_fields;

	if (j) {
		json_open(j, headers[header].key, '{');
		json_number(j, "sector", sector);
		json_string(j, "error", why);
	} else {
		printf("  %s, sector %llu%s%s\n", headers[header].title,
		       sector, why ? ": cannot be read: " : ":",
		       why ? why : "");
	}
	for (; f < sesparse_fields + sesparse_nr_fields && !why; f++) {
		if (header_of(f) != header)
			continue;
		if (j)
			json_number(j, f->name, value_of(f, words));
		else
			print_field(p, f, words);
	}
	if (j)
		json_close(j, '}');
}

static void dump_headers(struct json *j, const struct place *p)
{
	__le64 constant[SESPARSE_SECTOR_SIZE / sizeof(__le64)] = { 0 };
	__le64 other[SESPARSE_SECTOR_SIZE / sizeof(__le64)];
	enum header header;
	const char *why;
	u64 sector;

	why = read_sector(p, 0, constant);
	dump_header(j, p, HEADER_CONSTANT, 0, constant, why);
	if (why)
		return;
	for (header = HEADER_VOLATILE; header < NR_HEADERS; header++) {
		sector = find_value(headers[header].offset, constant);
		why = read_sector(p, sector, other);
		dump_header(j, p, header, sector, other, why);
	}
}

static int dump_extent(struct json *j, const struct descriptor *d,
		       const struct extent *e)
{
	const struct source *s = e->source;
	const struct place p = {
		.source = s,
		.start = e->offset,
		.sectors = s->sectors > e->offset ? s->sectors - e->offset : 0,
	};
	int r;

	if (j) {
		json_open(j, NULL, '{');
		json_string(j, "file", s->path);
		json_string(j, "descriptor", d->bare ? NULL : d->path);
		json_number(j, "offset", p.start);
		json_number(j, "sectors", s->sectors);
		dump_headers(j, &p);
		json_close(j, '}');
		return 0;
	}
	r = human_name(s->path);
	if (r)
		return r;
	printf(": %s of %llu sectors", s->is_block ? "block device" : "file", s->sectors);
	if (p.start)
		printf(", from sector %llu on", p.start);
	putchar('\n');
	dump_headers(j, &p);
	return 0;
}

static int dump_layers(struct json *j, const struct chain *chain)
{
	const struct descriptor *d;
	bool first = true;
	size_t i, k;
	int r = 0;

	for (i = 0; i < chain->nr_layers; i++) {
		d = chain->links[i];
		for (k = 0; k < d->nr_extents && !r; k++) {
			if (!first && !j)
				putchar('\n');
			first = false;
			r = dump_extent(j, d, &d->extents[k]);
		}
	}
	return r;
}

/*
 * A file that says in no way what it is may be an extent whose first sector was
 * overwritten: what is left of it is of use.  One without a size, as the kernel
 * makes them up in /proc, is none.
 */
static int look_into(const struct source *source, bool *nondescript)
{
	struct text text = { .path = source->path };
	int r;

	r = text_read(&text, source);
	*nondescript = !r && source->sectors &&
		       !file_is_extent(text.raw, text.raw_size) &&
		       file_may_be_extent(&text);
	text_free(&text);
	return r;
}

static int dump_file(const struct options *o, const struct subject *s,
		     struct source *source)
{
	const struct descriptor nobody = { .bare = true };
	const struct extent extent = { .source = source };
	int r;

	warn("%s: has neither the magic of a seSparse extent nor a descriptor's text, shown as an extent all the same",
	     source->path);
	if (o->json)
		json_open(s->j, s->key, '[');
	r = dump_extent(o->json ? s->j : NULL, &nobody, &extent);
	if (o->json)
		json_close(s->j, ']');
	return r;
}

static int dump_chain(const struct options *o, const struct subject *s)
{
	const struct check_options how = {
		.replay = true,
		.leave_out_newest = o->image.leave_out_newest,
		.replayed = o->image.replayed,
	};
	struct image image = { 0 };
	const struct descriptor *top;
	int r;

	r = image_find(&o->log, s->path, &s->image, &image);
	if (!r && o->image.replay)
		r = extents_replay(&o->log, &image.chain, &how);
	if (r)
		goto out;
	top = image.chain.links[0];
	if (!image.chain.nr_layers)
		note("%s: a disk of %s extents without a snapshot: it has no headers",
		     top->path, extent_type_name(top->extents[0].type));
	if (o->json)
		json_open(s->j, s->key, '[');
	r = dump_layers(o->json ? s->j : NULL, &image.chain);
	if (o->json)
		json_close(s->j, ']');
out:
	image_free(&image);
	return r;
}

/* What is behind a name: a disk's, or whatever else the user has named. */
static int dump_disk(struct options *o, const struct subject *s)
{
	const struct log silent = { 0 }; /* it is opened once more */
	struct source source = SOURCE_CLOSED(NULL);
	struct located located;
	bool nondescript = false;
	int r;

	if (s->image.named)
		return dump_chain(o, s);
	r = locate_given(&s->image.roots, s->path, &located);
	if (!r) {
		source.path = located.file.path;
		r = source_open(&silent, &located.file, &source);
	}
	if (!r)
		r = look_into(&source, &nondescript);
	if (nondescript)
		r = dump_file(o, s, &source);
	source_close(&source);
	located_free(&located);
	return r || nondescript ? r : dump_chain(o, s);
}

/**
 * cmd_dump() - print the headers of all seSparse extents, as they are
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_dump(struct options *o)
{
	static const struct disks_options how = {
		.each = dump_disk,
		.key = "dump",
		.heading = "",
	};

	o->image.ignore_cid = true; /* which it only warns of */
	o->image.ciphertext = true;
	o->image.must_open = true;
	return disks_each(o, &how);
}
