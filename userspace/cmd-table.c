// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "descriptor.h"
#include "input.h"
#include "message.h"
#include "name.h"
#include "options.h"
#include "table.h"

static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == ',' || *text == ';' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void print_line(const struct table_line *line, bool concise)
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

static void print_plain(const struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++) {
		print_line(&table->lines[i], false);
		putchar('\n');
	}
}

/* Without a minor number: the kernel picks one. */
static void print_concise(const char *name, const char *uuid,
			  const struct table *table)
{
	size_t i;

	printf("%s,%s,,ro", name, uuid);
	for (i = 0; i < table->nr; i++) {
		putchar(',');
		print_line(&table->lines[i], true);
	}
}

static int print_stack(const struct options *o, const struct chain *chain)
{
	const struct descriptor *top = chain->links[0];
	struct table base = { 0 }, disk = { 0 };
	char name[NAME_SIZE], path[NAME_SIZE + sizeof("/dev/mapper/")];
	struct table_options targets = {
		.salvage = o->given & OPT_SALVAGE,
		.ignore_dirty = o->given & OPT_IGNORE_DIRTY,
		.base = path,
	};
	struct names names;
	bool needs_base = table_needs_base(chain);
	int r;

	if (needs_base && !(o->given & OPT_CONCISE))
		return fail(EXIT_USAGE,
			    "%s: the base needs a device of its own, which one table cannot make: it needs --concise",
			    top->path);
	name_from_path(top->path, name);
	r = names_make(o->name ? o->name : name, top->cid, &names);
	if (r)
		return r;
	snprintf(path, sizeof(path), "/dev/mapper/%s", names.base);
	if (needs_base)
		r = table_of_base(chain, &base);
	if (!r)
		r = table_of_disk(chain, &targets, &disk);
	if (r)
		goto out;
	if (!(o->given & OPT_CONCISE)) {
		print_plain(&disk);
		goto out;
	}
	if (needs_base) {
		print_concise(names.base, names.base_uuid, &base);
		putchar(';');
	}
	print_concise(names.disk, names.disk_uuid, &disk);
	putchar('\n');
out:
	table_free(&disk);
	table_free(&base);
	return r;
}

static int print_tables(const struct options *o, const struct input *input)
{
	int r;

	r = blocks_name(&input->blocks, o->given & OPT_DRY_RUN);
	return r ? r : print_stack(o, &input->chain);
}

/**
 * cmd_table() - print the tables of a chain, or where its extents are
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_table(struct options *o)
{
	struct input input = { 0 };
	int r;

	r = input_read(o, false, &input);
	if (!r)
		r = o->given & OPT_FILES ? blocks_print(&input.blocks) :
		    print_tables(o, &input);
	input_free(&input);
	return r;
}
