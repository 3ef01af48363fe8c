// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "device/attach.h"
#include "device/name.h"
#include "device/pieces.h"
#include "device/quote.h"
#include "device/dm-table.h"
#include "source/source.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/image.h"

/* dmsetup takes a backslash as it stands, but before these two. */
static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == ',' || *text == ';')
			putchar('\\');
		putchar(*text);
	}
}

static void print_line(const struct dm_table_line *line, bool concise)
{
	printf("%llu %llu %s", line->start, line->length, line->type);
	if (!*line->params)
		return;
	putchar(' ');
	if (concise)
		print_escaped(line->params);
	else
		fputs(line->params, stdout);
}

static void print_plain(const struct dm_table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++) {
		print_line(&table->lines[i], false);
		putchar('\n');
	}
}

/**
 * struct printing - a stack of devices being printed, the lowest first
 * @o: how
 * @chain: the disk
 * @names: what its sources are called
 * @devices: what its devices are called
 * @path: of the device printed last
 * @nr: those printed
 * @subject: which disk it is
 */
struct printing {
	const struct options *o;
	const struct chain *chain;
	struct attachments names;
	struct names devices;
	char path[sizeof("/dev/mapper/") + NAME_SIZE];
	size_t nr;
	const struct subject *subject;
};

/* Without a minor number: the kernel picks one. */
static void print_concise(const char *name, const char *uuid,
			  const struct dm_table *table)
{
	size_t i;

	printf("%s,%s,,ro", name, uuid);
	for (i = 0; i < table->nr; i++) {
		putchar(',');
		print_line(&table->lines[i], true);
	}
}

static void write_device(struct json *j, const char *name, const char *uuid,
			 const struct dm_table *table)
{
	const struct dm_table_line *line;

	json_open(j, NULL, '{');
	json_string(j, "name", name);
	json_string(j, "uuid", uuid);
	json_bool(j, "readonly", true);
	json_open(j, "table", '[');
	for (line = table->lines; line < table->lines + table->nr; line++) {
		json_open(j, NULL, '{');
		json_number(j, "start", line->start);
		json_number(j, "length", line->length);
		json_string(j, "type", line->type);
		json_string(j, "params", line->params);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void print_device(struct printing *p, const char *name, const char *uuid,
			 const struct dm_table *table)
{
	snprintf(p->path, sizeof(p->path), "/dev/mapper/%s", name);
	if (p->o->json) {
		write_device(p->subject->j, name, uuid, table);
	} else if (p->o->given & OPT_CONCISE) {
		if (p->nr)
			putchar(';');
		print_concise(name, uuid, table);
	} else {
		print_plain(table);
	}
	p->nr++;
}

static int print_pieces(void *data, unsigned int number,
			const struct dm_table *table, char **path)
{
	char name[NAME_SIZE], uuid[UUID_SIZE];
	struct printing *p = data;

	names_lun(&p->devices, number, name, uuid);
	print_device(p, name, uuid, table);
	*path = strdup(p->path);
	return *path ? 0 : fail_memory();
}

static int print_base(struct printing *p)
{
	struct dm_table table;
	int r;

	r = dm_table_of_base(p->chain, &p->names, &table);
	if (!r)
		print_device(p, p->devices.base, p->devices.base_uuid, &table);
	dm_table_free(&table);
	return r;
}

static int print_segment(struct printing *p, size_t segment)
{
	const struct dm_table_options targets = {
		.names = &p->names,
		.salvage = p->o->given & OPT_SALVAGE,
		.ignore_dirty = p->o->given & OPT_IGNORE_DIRTY,
		.segment = segment,
		.below = p->path,
	};
	char name[NAME_SIZE], uuid[UUID_SIZE];
	struct dm_table table;
	int r;

	r = dm_table_of_segment(p->chain, &targets, &table);
	if (!r && segment) {
		names_lower(&p->devices, (unsigned int)segment, name, uuid);
		print_device(p, name, uuid, &table);
	} else if (!r) {
		print_device(p, p->devices.disk, p->devices.disk_uuid, &table);
	}
	dm_table_free(&table);
	return r;
}

static int print_devices(struct printing *p)
{
	size_t i = segments_of(p->chain->nr_layers);
	int r;

	r = pieces_make(&p->names, print_pieces, p);
	if (!r && dm_table_needs_base(p->chain))
		r = print_base(p);
	while (i-- && !r)
		r = print_segment(p, i);
	return r;
}

/* What prints no more than a table can't tell of several devices. */
static int check_plain(const struct printing *p)
{
	const struct chain *chain = p->chain;
	const char *path = chain->links[0]->path;

	if (chain->nr_layers > SESPARSE_MAX_LAYERS)
		return fail(EXIT_USAGE,
			    "%s: a table has at most %d layers, and of the chain's %zu the lower ones need devices of their own: it needs --concise",
			    path, SESPARSE_MAX_LAYERS, chain->nr_layers);
	if (pieces_need_devices(&p->names))
		return fail(EXIT_USAGE,
			    "%s: files that lie in pieces on a LUN need devices of their own, which one table cannot make: it needs --concise",
			    path);
	if (dm_table_needs_base(chain))
		return fail(EXIT_USAGE,
			    "%s: the base needs a device of its own, which one table cannot make: it needs --concise",
			    path);
	return 0;
}

/* By --name, or after what was named: each of a VM's disks by its place, too. */
static int name_devices(struct printing *p)
{
	const struct descriptor *top = p->chain->links[0];
	const char *disk = p->subject->name;
	char name[NAME_SIZE], of_disk[NAME_SIZE];
	int r;

	name_from_path(disk ? p->subject->path : top->path, name);
	if (!disk)
		return names_make(p->o->name ? p->o->name : name, top->cid,
				  &p->devices);
	r = disk_name(p->o->name ? p->o->name : name, disk, of_disk);
	return r ? r : names_make(of_disk, top->cid, &p->devices);
}

static int print_stack(struct printing *p)
{
	const struct subject *s = p->subject;
	int r;

	r = name_devices(p);
	if (!r && !p->o->json && !(p->o->given & OPT_CONCISE))
		r = check_plain(p);
	if (r)
		return r;
	if (p->o->json)
		json_open(s->j, s->key, '[');
	r = print_devices(p);
	if (p->o->json)
		json_close(s->j, ']');
	else if (p->o->given & OPT_CONCISE)
		putchar(s->is_last ? '\n' : ';');
	return r;
}

static void write_files(const struct subject *s, const struct sources *sources)
{
	size_t i;

	json_open(s->j, s->key, '[');
	for (i = 0; i < sources->nr; i++)
		json_string(s->j, NULL, sources->list[i]->path);
	json_close(s->j, ']');
}

static int print_files(const struct options *o, const struct subject *s,
		       const struct sources *sources)
{
	size_t i;
	int r = 0;

	if (o->json) {
		write_files(s, sources);
		return 0;
	}
	for (i = 0; i < sources->nr && !r; i++)
		r = quote_check(sources->list[i]->path);
	for (i = 0; i < sources->nr && !r; i++)
		puts(sources->list[i]->path);
	return r;
}

/* What was replayed or patched is in the tool's own memory. */
static int check_not_in_memory(const struct sources *sources)
{
	size_t i;

	for (i = 0; i < sources->nr; i++)
		if (sources->list[i]->splice)
			return fail(EXIT_USAGE,
				    "%s: what its replayed journal, or a patch, has it read as is on no device that a table could name: open it with --replay or --patch, which makes one",
				    sources->list[i]->path);
	return 0;
}

static int print_tables(const struct options *o, const struct subject *s,
			const struct image *image)
{
	struct printing p = {
		.o = o,
		.chain = &image->chain,
		.subject = s,
	};
	int r;

	r = check_not_in_memory(&image->sources);
	if (!r)
		r = attach_name(image, o->given & OPT_DRY_RUN, &p.names);
	if (!r)
		r = print_stack(&p);
	attach_free(&p.names);
	return r;
}

static int table_disk(struct options *o, const struct subject *s)
{
	struct image image = { 0 };
	int r;

	r = image_read(&o->log, s->path, &s->image, &image);
	if (!r)
		r = o->given & OPT_FILES ?
		    print_files(o, s, &image.sources) :
		    print_tables(o, s, &image);
	image_free(&image);
	return r;
}

/**
 * cmd_table() - print the tables of a chain, or where its extents are
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_table(struct options *o)
{
	const struct disks_options how = {
		.each = table_disk,
		.key = o->given & OPT_FILES ? "files" : "devices",
		/* dmsetup passes comments over. */
		.heading = o->given & (OPT_FILES | OPT_CONCISE) ? NULL : "# ",
	};

	if (o->json && o->given & OPT_CONCISE)
		return fail(EXIT_USAGE,
			    "--concise and --output json, expected one of them: either prints the whole stack");
	if (o->given & OPT_FILES &&
	    o->given & (OPT_CONCISE | OPT_DRY_RUN | OPT_NAME))
		return fail(EXIT_USAGE,
			    "--files prints no table, expected it without --concise, --dry-run and --name");
	return disks_each(o, &how);
}
