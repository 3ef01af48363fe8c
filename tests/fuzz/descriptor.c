// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor's file.  What is taken must be in bounds and have names of sound
 * characters; written anew in the plainest form, it must be taken as the same; and
 * where extents of kinds that are not read are allowed, so must this one be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fuzz.h"
#include "lines.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/descriptor.h"

#define PATH "folder/input.vmdk"

static int parse(int fd, enum foreign foreign, struct descriptor **d)
{
	const struct log log = { 0 };
	struct source source = SOURCE_CLOSED(PATH);
	int r;

	source.fd = fd;
	r = descriptor_read_source(&log, &source, foreign, d);
	must(!r == !!*d);
	must(r >= 0 && r <= EXIT_BUSY);
	must(fuzz_told() || !r);
	return r;
}

static bool has_file(enum extent_type type)
{
	return type == EXTENT_SESPARSE || type == EXTENT_FLAT ||
	       type == EXTENT_VMFS;
}

static void check_name(const char *name)
{
	must(*name);
	must(!name[strcspn(name, "\"\r\n")]);
}

static void check_extent(const struct descriptor *d, const struct extent *e)
{
	must(e->sectors >= 1 && e->sectors <= SESPARSE_MAX_CAPACITY);
	must(e->offset <= FILE_SECTORS - e->sectors);
	must(e->line);
	must(e == d->extents || e->line > e[-1].line);
	must_equal(e->type == EXTENT_SESPARSE,
		   d->extents[0].type == EXTENT_SESPARSE);
	must_equal(!!e->file, has_file(e->type));
	must(!e->raw || (e->file && strcmp(e->raw, e->file)));
	must(!e->device && !e->source);
	if (e->file)
		check_name(e->file);
}

static void check(const struct descriptor *d)
{
	u64 sectors = 0;
	size_t i;

	must(d->nr_extents >= 1);
	must(!strcmp(d->path, PATH));
	must(!d->hint == !d->hint_line);
	must(!d->hint || *d->hint);
	must(!d->cipher == !d->cipher_line);
	if (d->bare) {
		must_equal(d->nr_extents, 1);
		must_equal(d->extents[0].type, EXTENT_SESPARSE);
		must_equal(d->extents[0].sectors, d->capacity);
		must_equal(d->parent_cid, NO_PARENT);
		must(!strcmp(d->extents[0].file, "input.vmdk"));
		return;
	}
	must(d->cid_line && d->parent_cid_line);
	for (i = 0; i < d->nr_extents; i++) {
		check_extent(d, &d->extents[i]);
		sectors += d->extents[i].sectors;
	}
	must_equal(d->capacity, sectors);
	must(d->capacity <= SESPARSE_MAX_CAPACITY);
}

static void write_plain(FILE *f, const struct descriptor *d)
{
	const struct extent *e;

	fprintf(f, "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\n");
	fprintf(f, "CID=%08x\nparentCID=%08x\n", d->cid, d->parent_cid);
	if (d->create_type)
		fprintf(f, "createType=\"%s\"\n", d->create_type);
	if (d->hint)
		fprintf(f, "parentFileNameHint=\"%s\"\n", d->hint);
	for (e = d->extents; e < d->extents + d->nr_extents; e++) {
		fprintf(f, "RW %llu %s", e->sectors, extent_type_name(e->type));
		if (e->file)
			fprintf(f, " \"%s\" %llu", e->file, e->offset);
		fprintf(f, "\n");
	}
}

static void check_same_extent(const struct extent *a, const struct extent *b)
{
	must_equal(a->type, b->type);
	must_equal(a->sectors, b->sectors);
	must_equal(a->offset, b->offset);
	must(!a->file == !b->file && (!a->file || !strcmp(a->file, b->file)));
}

static void check_same(const struct descriptor *a, const struct descriptor *b)
{
	size_t i;

	must_equal(a->cid, b->cid);
	must_equal(a->parent_cid, b->parent_cid);
	must_equal(a->capacity, b->capacity);
	must_equal(a->nr_extents, b->nr_extents);
	must(!a->hint == !b->hint && (!a->hint || !strcmp(a->hint, b->hint)));
	must(!a->create_type == !b->create_type);
	must(!a->create_type || !strcmp(a->create_type, b->create_type));
	for (i = 0; i < a->nr_extents; i++)
		check_same_extent(&a->extents[i], &b->extents[i]);
}

/* A text that only just fitted may not fit written so. */
static void check_again(const struct descriptor *d)
{
	struct descriptor *again;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f);
	write_plain(f, d);
	must(!fclose(f));
	if (size <= DESCRIPTOR_BYTES) {
		must(!parse(files_set(0, text, size, false), FOREIGN_NONE, &again));
		check(again);
		check_same(d, again);
		descriptor_free(again);
	}
	free(text);
}

/* With all kinds allowed, those that were read before say no more where they are. */
static void check_foreign(const struct descriptor *d, int fd)
{
	struct descriptor *other;
	size_t i;

	must(!parse(fd, FOREIGN_ANY, &other));
	check(other);
	must_equal(other->nr_extents, d->nr_extents);
	must_equal(other->capacity, d->capacity);
	for (i = 0; i < d->nr_extents; i++)
		must(other->extents[i].type ==
		     (d->extents[i].type == EXTENT_SESPARSE ?
		      EXTENT_SESPARSE : EXTENT_FOREIGN));
	descriptor_free(other);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	static const char *const good[] = {
		"# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\n"
		"CID=3729b687\nparentCID=ffffffff\ncreateType=\"vmfs\"\n"
		"RW 2048 VMFS \"a-flat.vmdk\" 8\nRW 16 FLAT \"b\" 0\n"
		"RW 8 ZERO\n\nddb.adapterType = \"lsilogic\"\n",
		"# Disk DescriptorFile\nversion=3\nencoding=\"GBK\"\n"
		"CID=1\nparentCID=3729b687\nparentFileNameHint=\"b.vmdk\"\n"
		"createType=\"seSparse\"\n"
		"RW 2048 SESPARSE \"a-sesparse.vmdk\" # one\n",
	};

	return lines_mutate(data, size, max, seed, good[seed >> 25 & 1], 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int fd = files_set(0, data, size, false);
	struct descriptor *d;

	if (parse(fd, FOREIGN_NONE, &d)) {
		if (!parse(fd, FOREIGN_MAPPED, &d))
			check(d);
		descriptor_free(d);
		return 0;
	}
	check(d);
	check_foreign(d, fd);
	if (!d->bare)
		check_again(d);
	fuzz_taken();
	descriptor_free(d);
	return 0;
}
