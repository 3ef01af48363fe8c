// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the options that ask for something other than a good image.
 */
#include "sesparse/fields.h"
#include "edits.h"
#include "layout.h"
#include "parse.h"
#include "report.h"

/* An edit that names no layer: the top's, whichever that turns out to be. */
#define TOP (GEN_MAX_LAYERS + 1)

/* Takes LAYER: or LAYER.EXTENT: off the text, if it is there. */
static int parse_where(const char **text, struct edit *e)
{
	size_t len = strspn(*text, "0123456789.");
	const char *end = *text + len;
	const char *dot = memchr(*text, '.', len);

	if (!len || *end != ':')
		return 0;
	if (parse_uint(*text, dot ? dot : end, 0, GEN_MAX_LAYERS, &e->layer) ||
	    (dot && parse_uint(dot + 1, end, 1, GEN_MAX_EXTENTS, &e->extent)))
		return -1;
	*text = end + 1;
	return 0;
}

static const char *find_equals(const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals)
		report_line("'%s' lacks a '='", text);
	return equals;
}

static int parse_field(const char *text, struct edit *e)
{
	const struct sesparse_field *field;
	const char *equals = find_equals(text);
	char name[32];

	if (!equals)
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	field = sesparse_find_field(name);
	if (!field)
		return report("--set: there is no field '%s'", name);
	if (field->offset + sizeof(u64) > GEN_HEADER_BYTES)
		return report("--set: '%s' is not in the headers", name);
	e->index = field->offset;
	return parse_number(equals + 1, NULL, &e->value);
}

static int parse_entry(const char *text, struct edit *e)
{
	const char *equals = find_equals(text);

	if (!equals || parse_number(text, equals, &e->index))
		return -1;
	e->dup = !strncmp(equals + 1, "dup:", 4);
	return parse_number(equals + (e->dup ? 5 : 1), NULL, &e->value);
}

static int parse_noise(const char *text, struct edit *e)
{
	const char *plus = strchr(text, '+');

	if (!plus)
		return report("--noise: '%s' is not GRAIN+COUNT", text);
	return parse_number(text, plus, &e->index) ||
	       parse_number(plus + 1, NULL, &e->value) ? -1 : 0;
}

static int parse_value(const char *text, struct edit *e)
{
	switch (e->kind) {
	case EDIT_FIELD:
		return parse_field(text, e);
	case EDIT_NOISE:
		return parse_noise(text, e);
	case EDIT_BITMAP:
		return parse_number(text, NULL, &e->index);
	case EDIT_TRUNCATE:
		return parse_size(text, NULL, &e->value);
	case EDIT_CID:
	case EDIT_PARENT_CID:
		return parse_hex32(text, &e->value);
	case EDIT_PARENT_HINT:
		e->text = text;
		return 0;
	default:
		return parse_entry(text, e);
	}
}

/**
 * edits_parse() - read an edit
 * @o: gets it
 * @kind: what it changes
 * @text: the option's argument
 *
 * Return: 0, or -1 after a report.
 */
int edits_parse(struct options *o, enum edit_kind kind, const char *text)
{
	struct edit e = { .kind = kind, .layer = TOP, .extent = 1 };
	struct edit *more;

	if (parse_where(&text, &e) || parse_value(text, &e))
		return -1;
	more = reallocarray(o->edits, o->nr_edits + 1, sizeof(*more));
	if (!more)
		return report("out of memory");
	o->edits = more;
	o->edits[o->nr_edits++] = e;
	return 0;
}

static int check_edit(const struct options *o, const struct edit *e)
{
	bool base = e->kind == EDIT_TRUNCATE || e->kind == EDIT_CID ||
		    e->kind == EDIT_PARENT_CID || e->kind == EDIT_PARENT_HINT;

	if (e->layer > o->layers)
		return report("there is no layer %u of %u", e->layer,
			      o->layers);
	if (!e->layer && !base)
		return report("the base, layer 0, has neither headers nor tables");
	if (!e->layer && o->base[0] == BASE_NONE)
		return report("there is no base, layer 0");
	if (e->extent > o->nr_extents)
		return report("there is no extent %u of %u", e->extent,
			      o->nr_extents);
	return 0;
}

/**
 * edits_finish() - settle the edits when all options are known
 * @o: the options
 *
 * Return: 0, or -1 after a report.
 */
int edits_finish(struct options *o)
{
	size_t i;

	for (i = 0; i < o->nr_edits; i++) {
		if (o->edits[i].layer == TOP)
			o->edits[i].layer = o->layers;
		if (check_edit(o, &o->edits[i]))
			return -1;
	}
	return 0;
}
