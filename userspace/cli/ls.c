// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/locks.h"
#include "cli/luns.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "source/folder.h"
#include "source/stored.h"
#include "source/tree.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/find-file.h"
#include "vmfs/datastore.h"

/* "2026-01-31T23:59:59Z", with the NUL, and more for years that are none. */
#define TIME_SIZE 40

/* A whole number of blocks of 512 bytes. */
static u64 allocated(const struct stat *st)
{
	return (u64)st->st_blocks * 512;
}

static const char *time_text(const struct stat *st, char text[TIME_SIZE])
{
	struct tm tm;

	if (!gmtime_r(&st->st_mtime, &tm) ||
	    !strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text, TIME_SIZE, "-");
	return text;
}

static int print_datastores(const struct options *o)
{
	const struct datastore *d;
	struct json j = { 0 };
	size_t i;
	int r = 0;

	if (o->json)
		json_open(&j, NULL, '[');
	for (i = 0; i < datastores_nr(o->datastores) && !r; i++) {
		d = datastores_get(o->datastores, i);
		if (o->json) {
			json_open(&j, NULL, '{');
			json_string(&j, "uuid", d->uuid);
			json_string(&j, "label", d->label);
			json_close(&j, '}');
			continue;
		}
		printf("/vmfs/volumes/%s  ", d->uuid);
		r = human_name(d->label);
		putchar('\n');
	}
	if (o->json)
		json_close(&j, ']');
	return r;
}

/* A raw device mapping: its size is that of a LUN, which has all its bytes. */
static bool is_mapping(const struct tree_entry *e)
{
	return e->kind == TREE_FILE && e->found.stored &&
	       e->found.stored->is_mapping;
}

static void write_entry(struct json *j, const struct tree_entry *e)
{
	static const char *const kinds[] = {
		[TREE_FILE] = "file",
		[TREE_FOLDER] = "folder",
		[TREE_LINK] = "link",
		[TREE_UNKNOWN] = "unknown",
	};
	const struct stat *st = &e->found.st;
	char text[TIME_SIZE];

	json_open(j, NULL, '{');
	json_string(j, "name", e->name);
	json_string(j, "kind", is_mapping(e) ? "rdm" : kinds[e->kind]);
	if (e->kind == TREE_LINK)
		json_string(j, "target", e->link);
	if (e->kind == TREE_FILE || e->kind == TREE_FOLDER) {
		json_number(j, "size", (u64)st->st_size);
		json_number(j, "allocated", allocated(st));
		json_string(j, "mtime", time_text(st, text));
		lock_json(j, e->found.stored);
	}
	json_close(j, '}');
}

static int print_long(const struct tree_entry *e)
{
	const struct stat *st = &e->found.st;
	char lock[LOCK_TEXT_SIZE], text[TIME_SIZE];
	int r;

	if (e->kind == TREE_FILE || e->kind == TREE_FOLDER)
		printf("%c %15llu %15llu %-20s ",
		       e->kind == TREE_FOLDER ? 'd' : is_mapping(e) ? 'r' : '-',
		       (u64)st->st_size, allocated(st), time_text(st, text));
	else
		printf("%c %15s %15s %-20s ", e->kind == TREE_LINK ? 'l' : '?',
		       "-", "-", "-");
	r = human_name(e->name);
	if (!r && e->kind == TREE_LINK) {
		fputs(" -> ", stdout);
		r = human_name(e->link);
	}
	if (is_mapping(e))
		fputs("  [rdm]", stdout);
	if (*lock_text(e->found.stored, lock))
		printf("  [%s]", lock);
	putchar('\n');
	return r;
}

/**
 * struct listing - names being printed
 * @o: how
 * @folder: what they are in
 * @j: the JSON so far
 */
struct listing {
	const struct options *o;
	struct folder *folder;
	struct json j;
};

static int print_name(struct listing *l, const char *name)
{
	struct tree_entry *e = calloc(1, sizeof(*e));
	int r = 0, failed = 0;

	if (!e)
		return fail_memory();
	e->name = name;
	if (l->o->json || l->o->given & OPT_LONG)
		tree_look(l->folder, e);
	if (l->o->json) {
		write_entry(&l->j, e);
	} else if (l->o->given & OPT_LONG) {
		r = print_long(e);
	} else {
		r = human_name(name);
		putchar('\n');
	}
	if (e->error && e->kind == TREE_UNKNOWN)
		failed = fail(exit_code_of(e->error),
			      "%s/%s: cannot be looked at: %s",
			      l->folder->real, name, strerror(e->error));
	file_forget(&e->found);
	free(e);
	return r ? r : failed;
}

/* What is wrong with one is told, and does not end it. */
static int print_names(struct listing *l, const struct names_in *names)
{
	size_t i;
	int r = 0, one;

	if (l->o->json)
		json_open(&l->j, NULL, '[');
	for (i = 0; i < names->nr; i++) {
		one = print_name(l, names->list[i]);
		r = r ? r : one;
	}
	if (l->o->json)
		json_close(&l->j, ']');
	return r;
}

static int print_folder(struct listing *l)
{
	struct names_in names;
	int error, r;

	error = names_read(l->folder, &names);
	if (error)
		r = fail(exit_code_of(error), "%s: cannot be listed: %s",
			 l->folder->real, strerror(error));
	else
		r = print_names(l, &names);
	names_free(&names);
	return r;
}

static int print_file(struct listing *l, struct located *located)
{
	const char *name = file_base_name(located->below);
	char *list[] = { (char *)name };
	const struct names_in names = { .list = list, .nr = 1 };
	int r;

	r = located_folder(located, &l->folder);
	return r ? r : print_names(l, &names);
}

/**
 * cmd_ls() - list the datastores on LUNs, or a folder or file of one
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_ls(struct options *o)
{
	struct listing l = { .o = o };
	struct located located;
	int r;

	r = luns_needed(o);
	if (r)
		return r;
	if (!o->operands[1])
		return print_datastores(o);
	r = locate_any(&o->image.roots, o->operands[1], &l.folder, &located);
	if (!r)
		r = l.folder ? print_folder(&l) : print_file(&l, &located);
	folder_put(l.folder);
	located_free(&located);
	return r;
}
