// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

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

/* The devices that make a disk, of which it may need but the one. */
struct dm_tables {
	struct names names;
	bool needs_base;
	struct dm_table base;
	struct dm_table disk;
};

static int make_tables(const struct options *o, const struct chain *chain,
		       const struct attachments *names, struct dm_tables *t)
{
	const struct descriptor *top = chain->links[0];
	char name[NAME_SIZE], path[NAME_SIZE + sizeof("/dev/mapper/")];
	const struct dm_table_options targets = {
		.names = names,
		.salvage = o->given & OPT_SALVAGE,
		.ignore_dirty = o->given & OPT_IGNORE_DIRTY,
		.base = path,
	};
	int r;

	t->needs_base = dm_table_needs_base(chain);
	name_from_path(top->path, name);
	r = names_make(o->name ? o->name : name, top->cid, &t->names);
	if (r)
		return r;
	snprintf(path, sizeof(path), "/dev/mapper/%s", t->names.base);
	if (t->needs_base)
		r = dm_table_of_base(chain, names, &t->base);
	return r ? r : dm_table_of_disk(chain, &targets, &t->disk);
}

/* Without a minor number: the kernel picks one. */
static void print_device(const char *name, const char *uuid,
			 const struct dm_table *table)
{
	size_t i;

	printf("%s,%s,,ro", name, uuid);
	for (i = 0; i < table->nr; i++) {
		putchar(',');
		print_line(&table->lines[i], true);
	}
}

static void print_concise(const struct dm_tables *t)
{
	if (t->needs_base) {
		print_device(t->names.base, t->names.base_uuid, &t->base);
		putchar(';');
	}
	print_device(t->names.disk, t->names.disk_uuid, &t->disk);
	putchar('\n');
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

static void write_tables(const struct dm_tables *t)
{
	struct json j = { 0 };

	json_open(&j, NULL, '[');
	if (t->needs_base)
		write_device(&j, t->names.base, t->names.base_uuid, &t->base);
	write_device(&j, t->names.disk, t->names.disk_uuid, &t->disk);
	json_close(&j, ']');
}

static int print_stack(const struct options *o, const struct chain *chain,
		       const struct attachments *names)
{
	struct dm_tables t = { 0 };
	int r;

	r = make_tables(o, chain, names, &t);
	if (r)
		goto out;
	if (o->json)
		write_tables(&t);
	else if (o->given & OPT_CONCISE)
		print_concise(&t);
	else if (!t.needs_base)
		print_plain(&t.disk);
	else
		r = fail(EXIT_USAGE,
			 "%s: the base needs a device of its own, which one table cannot make: it needs --concise",
			 chain->links[0]->path);
out:
	dm_table_free(&t.disk);
	dm_table_free(&t.base);
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
