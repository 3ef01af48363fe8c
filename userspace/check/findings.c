// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same thing at the next place is no line of its own, but makes a range of
 * the one before: whoever loses a table loses 4096 grains at once.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "check/findings.h"
#include "util/human.h"
#include "util/message.h"

/* How a kind is called, and what its place is one of; "": it has none. */
static const struct {
	const char *name;
	const char *one;
	const char *many;
	const char *of;
} kinds[NR_FINDINGS] = {
	[FIND_PARENT_CHANGED] = { "parent-changed", "", "", "" },
	[FIND_CAPACITY] = { "capacity", "", "", "" },
	[FIND_SPLIT] = { "split", "", "", "" },
	[FIND_TRUNCATED] = { "truncated", "", "", "" },
	[FIND_HEADER] = { "header", "", "", "" },
	[FIND_DIRTY] = { "dirty", "", "", "" },
	[FIND_JOURNAL] = { "journal", "", "", "" },
	[FIND_DIRECTORY] = { "directory-entry", "directory entry",
			     "directory entries", "" },
	[FIND_TABLE_TWICE] = { "table-twice", "directory entry",
			       "directory entries", "" },
	[FIND_TABLE_FREE] = { "table-free", "directory entry",
			      "directory entries", "" },
	[FIND_ENTRY] = { "table-entry", "grain", "grains", " of the disk" },
	[FIND_BEYOND] = { "grain-beyond", "grain", "grains", " of the disk" },
	[FIND_GRAIN_TWICE] = { "grain-twice", "grain", "grains",
			       " of the disk" },
	[FIND_GRAIN_FREE] = { "grain-free", "grain", "grains",
			      " of the extent" },
	[FIND_BACKMAP] = { "backmap", "grain", "grains", " of the extent" },
	[FIND_LEAK] = { "leak", "grain", "grains", " of the extent" },
};

static bool has_place(enum finding kind)
{
	return *kinds[kind].one;
}

static void print_json(struct findings *f, enum finding kind)
{
	json_open(&f->j, NULL, '{');
	json_string(&f->j, "kind", kinds[kind].name);
	json_bool(&f->j, "leak", kind == FIND_LEAK);
	json_string(&f->j, "filename", f->file);
	if (has_place(kind)) {
		json_number(&f->j, "first", f->pending[kind].first);
		json_number(&f->j, "last", f->pending[kind].last);
	}
	json_string(&f->j, "message", f->pending[kind].text);
	json_close(&f->j, '}');
}

static int print_line(const struct findings *f, enum finding kind)
{
	const u64 first = f->pending[kind].first, last = f->pending[kind].last;
	int r;

	if (f->on_terminal)
		fputs("\033[K", stdout);
	fputs(kind == FIND_LEAK ? "leak: " : "corrupt: ", stdout);
	r = human_name(f->file);
	fputs(": ", stdout);
	if (first != last)
		printf("%s %llu to %llu%s: the first ", kinds[kind].many,
		       first, last, kinds[kind].of);
	else if (has_place(kind))
		printf("%s %llu%s: ", kinds[kind].one, first, kinds[kind].of);
	if (!r)
		r = human_name(f->pending[kind].text);
	putchar('\n');
	return r;
}

static void flush(struct findings *f, enum finding kind)
{
	if (!f->pending[kind].text)
		return;
	if (f->json)
		print_json(f, kind);
	else if (!f->failed)
		f->failed = print_line(f, kind);
	free(f->pending[kind].text);
	f->pending[kind].text = NULL;
}

/**
 * find() - put down what was found
 * @f: the findings
 * @kind: what it is
 * @place: where in the file, for kinds that say of what
 * @format: what is wrong there, as printf()'s: goes on from the place
 */
void find(struct findings *f, enum finding kind, u64 place,
	  const char *format, ...)
{
	char *text;
	va_list ap;

	if (kind == FIND_LEAK)
		f->leaks++;
	else
		f->corruptions++;
	if (f->pending[kind].text && has_place(kind) &&
	    f->pending[kind].last + 1 == place) {
		f->pending[kind].last++;
		return;
	}
	flush(f, kind);
	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0) {
		f->failed = fail_memory();
		text = NULL;
	}
	va_end(ap);
	f->pending[kind].text = text;
	f->pending[kind].first = place;
	f->pending[kind].last = place;
}

/**
 * findings_of() - print what is pending, and go on to another file
 * @f: the findings
 * @file: the file; NULL after the last one
 */
void findings_of(struct findings *f, const char *file)
{
	enum finding kind;

	for (kind = 0; kind < NR_FINDINGS; kind++)
		flush(f, kind);
	f->file = file;
}

/**
 * findings_unread() - put down that something could not be looked at
 * @f: the findings
 * @what: what
 * @at: which of these
 * @error: the errno of reading it
 *
 * Return: 0: the check goes on.
 */
int findings_unread(struct findings *f, const char *what, u64 at, int error)
{
	fail(exit_code_of(error), "%s: cannot read %s %llu: %s", f->file, what,
	     at, strerror(error));
	f->errors++;
	return 0;
}
