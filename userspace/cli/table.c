// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/verbs.h"
#include "device/attach.h"
#include "device/name.h"
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

/* A device of a disk's. */
struct dm_device {
	char name[NAME_SIZE];
	char uuid[UUID_SIZE];
	struct dm_table table;
};

/* The devices that make a disk, the lowest first; it may need but the one. */
struct dm_devices {
	struct names names;
	struct dm_device *list;
	size_t nr;
};

static int add_base(const struct chain *chain, const struct attachments *names,
		    struct dm_devices *devices)
{
	struct dm_device *d = &devices->list[devices->nr++];

	memcpy(d->name, devices->names.base, sizeof(d->name));
	memcpy(d->uuid, devices->names.base_uuid, sizeof(d->uuid));
	return dm_table_of_base(chain, names, &d->table);
}

static int add_segment(const struct options *o, const struct chain *chain,
		       const struct attachments *names, size_t segment,
		       struct dm_devices *devices)
{
	struct dm_device *d = &devices->list[devices->nr];
	char path[NAME_SIZE + sizeof("/dev/mapper/")] = "";
	const struct dm_table_options targets = {
		.names = names,
		.salvage = o->given & OPT_SALVAGE,
		.ignore_dirty = o->given & OPT_IGNORE_DIRTY,
		.segment = segment,
		.below = path,
	};

	if (devices->nr)
		snprintf(path, sizeof(path), "/dev/mapper/%s", d[-1].name);
	devices->nr++;
	memcpy(d->name, devices->names.disk, sizeof(d->name));
	memcpy(d->uuid, devices->names.disk_uuid, sizeof(d->uuid));
	if (segment)
		names_lower(&devices->names, (unsigned int)segment, d->name,
			    d->uuid);
	return dm_table_of_segment(chain, &targets, &d->table);
}

static int make_devices(const struct options *o, const struct chain *chain,
			const struct attachments *names,
			struct dm_devices *devices)
{
	const struct descriptor *top = chain->links[0];
	size_t i = segments_of(chain->nr_layers);
	char name[NAME_SIZE];
	int r;

	devices->list = calloc(i + 1, sizeof(*devices->list));
	if (!devices->list)
		return fail_memory();
	name_from_path(top->path, name);
	r = names_make(o->name ? o->name : name, top->cid, &devices->names);
	if (!r && dm_table_needs_base(chain))
		r = add_base(chain, names, devices);
	while (i-- && !r)
		r = add_segment(o, chain, names, i, devices);
	return r;
}

static void free_devices(struct dm_devices *devices)
{
	size_t i;

	for (i = 0; i < devices->nr; i++)
		dm_table_free(&devices->list[i].table);
	free(devices->list);
}

/* Without a minor number: the kernel picks one. */
static void print_device(const struct dm_device *d)
{
	size_t i;

	printf("%s,%s,,ro", d->name, d->uuid);
	for (i = 0; i < d->table.nr; i++) {
		putchar(',');
		print_line(&d->table.lines[i], true);
	}
}

static void print_concise(const struct dm_devices *devices)
{
	size_t i;

	for (i = 0; i < devices->nr; i++) {
		if (i)
			putchar(';');
		print_device(&devices->list[i]);
	}
	putchar('\n');
}

static void write_device(struct json *j, const struct dm_device *d)
{
	const struct dm_table *table = &d->table;
	const struct dm_table_line *line;

	json_open(j, NULL, '{');
	json_string(j, "name", d->name);
	json_string(j, "uuid", d->uuid);
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

static void write_devices(const struct dm_devices *devices)
{
	struct json j = { 0 };
	size_t i;

	json_open(&j, NULL, '[');
	for (i = 0; i < devices->nr; i++)
		write_device(&j, &devices->list[i]);
	json_close(&j, ']');
}

static int refuse_plain(const struct chain *chain)
{
	const char *path = chain->links[0]->path;

	if (chain->nr_layers > SESPARSE_MAX_LAYERS)
		return fail(EXIT_USAGE,
			    "%s: a table has at most %d layers, and of the chain's %zu the lower ones need devices of their own: it needs --concise",
			    path, SESPARSE_MAX_LAYERS, chain->nr_layers);
	return fail(EXIT_USAGE,
		    "%s: the base needs a device of its own, which one table cannot make: it needs --concise",
		    path);
}

static int print_stack(const struct options *o, const struct chain *chain,
		       const struct attachments *names)
{
	struct dm_devices devices = { 0 };
	int r;

	r = make_devices(o, chain, names, &devices);
	if (r)
		goto out;
	if (o->json)
		write_devices(&devices);
	else if (o->given & OPT_CONCISE)
		print_concise(&devices);
	else if (devices.nr == 1)
		print_plain(&devices.list[0].table);
	else
		r = refuse_plain(chain);
out:
	free_devices(&devices);
	return r;
}

static void write_files(const struct sources *sources)
{
	struct json j = { 0 };
	size_t i;

	json_open(&j, NULL, '[');
	for (i = 0; i < sources->nr; i++)
		json_string(&j, NULL, sources->list[i]->path);
	json_close(&j, ']');
}

static int print_files(const struct options *o, const struct sources *sources)
{
	size_t i;
	int r = 0;

	if (o->json) {
		write_files(sources);
		return 0;
	}
	for (i = 0; i < sources->nr && !r; i++)
		r = quote_check(sources->list[i]->path);
	for (i = 0; i < sources->nr && !r; i++)
		puts(sources->list[i]->path);
	return r;
}

static int print_tables(const struct options *o, const struct image *image)
{
	struct attachments names;
	int r;

	r = attach_name(&image->sources, o->given & OPT_DRY_RUN, &names);
	if (!r)
		r = print_stack(o, &image->chain, &names);
	attach_free(&names);
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
	struct image image = { 0 };
	int r;

	if (o->json && o->given & OPT_CONCISE)
		return fail(EXIT_USAGE,
			    "--concise and --output json, expected one of them: either prints the whole stack");
	if (o->given & OPT_FILES &&
	    o->given & (OPT_CONCISE | OPT_DRY_RUN | OPT_NAME))
		return fail(EXIT_USAGE,
			    "--files prints no table, expected it without --concise, --dry-run and --name");
	r = image_read(&o->log, o->operands[1], &o->image, &image);
	if (!r)
		r = o->given & OPT_FILES ? print_files(o, &image.sources) :
		    print_tables(o, &image);
	image_free(&image);
	return r;
}
