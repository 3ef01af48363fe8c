// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/lvm2-text.h"

/* Sections that LVM2 writes are five deep; a list in the innermost is the sixth. */
#define MAX_DEPTH 8

#define BLANK " \t\r\n"

/* What ends a name or a number. */
#define ENDS BLANK "{}[]=,#\""

/**
 * struct parse - a text being taken apart
 * @at: the rest of it
 * @text: what has been found
 */
struct parse {
	char *at;
	struct lvm2_text *text;
};

static void skip_blanks(struct parse *p)
{
	for (;;) {
		p->at += strspn(p->at, BLANK);
		if (*p->at != '#')
			return;
		p->at += strcspn(p->at, "\n");
	}
}

/* Take @c if it comes next. */
static bool take(struct parse *p, char c)
{
	skip_blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

/*
 * Add a node behind @last, or as the first in @in if that is 0.  The nodes may move.
 * Return: 0, or an errno.
 */
static int add_node(struct parse *p, size_t in, size_t *last, size_t *added)
{
	struct lvm2_text *t = p->text;
	struct lvm2_node *nodes;
	size_t room;

	if (t->nr == t->room) {
		room = t->room ? 2 * t->room : 64;
		nodes = reallocarray(t->nodes, room, sizeof(*nodes));
		if (!nodes)
			return ENOMEM;
		t->nodes = nodes;
		t->room = room;
	}
	t->nodes[t->nr] = (struct lvm2_node){ 0 };
	if (*last)
		t->nodes[*last].next = t->nr;
	else if (t->nr)
		t->nodes[in].first = t->nr;
	*last = *added = t->nr++;
	return 0;
}

/* What is between quotation marks: a backslash stands before one that is part of it. */
static int take_string(struct parse *p, size_t node)
{
	char *from = p->at, *to = p->at;

	for (; *from != '"'; from++) {
		if (*from == '\\')
			from++;
		if (!*from)
			return EINVAL;
		*to++ = *from;
	}
	p->text->nodes[node].text = p->at;
	p->text->nodes[node].is_string = true;
	p->at = from + 1;
	*to = '\0';
	return 0;
}

/* A name or a number, which is not ended by a NUL yet; NULL if there is none. */
static char *take_bare(struct parse *p)
{
	char *const begin = p->at;

	p->at += strcspn(begin, ENDS);
	return p->at > begin ? begin : NULL;
}

static int take_value(struct parse *p, size_t node)
{
	if (take(p, '"'))
		return take_string(p, node);
	p->text->nodes[node].text = take_bare(p);
	return p->text->nodes[node].text ? 0 : EINVAL;
}

static int take_list(struct parse *p, size_t list)
{
	size_t last = 0, node;
	int error = 0;

	if (take(p, ']'))
		return 0;
	do {
		error = add_node(p, list, &last, &node);
		if (!error)
			error = take_value(p, node);
	} while (!error && take(p, ','));
	return error ? error : take(p, ']') ? 0 : EINVAL;
}

static int take_section(struct parse *p, size_t section, unsigned int depth);

/* What follows a name. */
static int take_named(struct parse *p, size_t node, char c, unsigned int depth)
{
	if (c == '{')
		return depth < MAX_DEPTH ? take_section(p, node, depth + 1) :
					   EINVAL;
	if (take(p, '['))
		return take_list(p, node);
	return take_value(p, node);
}

static int take_member(struct parse *p, size_t section, size_t *last,
		       unsigned int depth)
{
	size_t node;
	char *name, c;
	int error;

	error = add_node(p, section, last, &node);
	if (error)
		return error;
	name = take_bare(p);
	if (!name)
		return EINVAL;
	skip_blanks(p);
	c = *p->at;
	if (c != '{' && c != '=')
		return EINVAL;
	/* It stands behind the name, or there are blanks between. */
	p->at++;
	name[strcspn(name, ENDS)] = '\0';
	p->text->nodes[node].name = name;
	return take_named(p, node, c, depth);
}

/* Up to the brace that closes it, or of the whole up to the end. */
static int take_section(struct parse *p, size_t section, unsigned int depth)
{
	size_t last = 0;
	int error = 0;

	for (;;) {
		skip_blanks(p);
		if (depth && take(p, '}'))
			return 0;
		if (!*p->at)
			return depth ? EINVAL : 0;
		error = take_member(p, section, &last, depth);
		if (error)
			return error;
	}
}

/**
 * lvm2_text_parse() - take a text apart
 * @buf: the text, which ends with a NUL; it is written to, and must outlive @text
 * @text: filled in, for lvm2_text_free(), on failure too
 *
 * Return: 0, or ENOMEM, or EINVAL if it is no such text.
 */
int lvm2_text_parse(char *buf, struct lvm2_text *text)
{
	struct parse p = { .at = buf, .text = text };
	size_t last = 0, whole;
	int error;

	*text = (struct lvm2_text){ 0 };
	error = add_node(&p, 0, &last, &whole);
	return error ? error : take_section(&p, whole, 0);
}

/**
 * lvm2_text_free() - free what lvm2_text_parse() made
 * @text: it
 */
void lvm2_text_free(struct lvm2_text *text)
{
	free(text->nodes);
	*text = (struct lvm2_text){ 0 };
}

/**
 * lvm2_first() - the first node in a section or list
 * @text: of lvm2_text_parse()
 * @in: the section or list, or NULL: the whole
 *
 * Return: it, or NULL if there is none.
 */
const struct lvm2_node *lvm2_first(const struct lvm2_text *text,
				   const struct lvm2_node *in)
{
	const size_t first = (in ? in : text->nodes)->first;

	return first ? &text->nodes[first] : NULL;
}

/**
 * lvm2_next() - the node behind one
 * @text: of lvm2_text_parse()
 * @node: that
 *
 * Return: it, or NULL if there is none.
 */
const struct lvm2_node *lvm2_next(const struct lvm2_text *text,
				  const struct lvm2_node *node)
{
	return node->next ? &text->nodes[node->next] : NULL;
}

/**
 * lvm2_find() - a node by its name
 * @text: of lvm2_text_parse()
 * @in: the section that it is in, or NULL: the whole
 * @name: the name
 *
 * Return: it, or NULL if there is none.
 */
const struct lvm2_node *lvm2_find(const struct lvm2_text *text,
				  const struct lvm2_node *in, const char *name)
{
	const struct lvm2_node *node;

	for (node = lvm2_first(text, in); node; node = lvm2_next(text, node))
		if (node->name && !strcmp(node->name, name))
			return node;
	return NULL;
}

/**
 * lvm2_string() - a string by its name
 * @text: of lvm2_text_parse()
 * @in: the section that it is in
 * @name: the name
 *
 * Return: it, or NULL if there is none, or it is something else.
 */
const char *lvm2_string(const struct lvm2_text *text,
			const struct lvm2_node *in, const char *name)
{
	const struct lvm2_node *node = lvm2_find(text, in, name);

	return node && node->is_string ? node->text : NULL;
}

/**
 * lvm2_value() - a number
 * @node: what has it
 * @value: set to it
 *
 * Return: false if it is something else, or none that fits.
 */
bool lvm2_value(const struct lvm2_node *node, u64 *value)
{
	char *end;

	if (!node || !node->text || node->is_string || node->text[0] < '0' ||
	    node->text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(node->text, &end, 10);
	return !errno && (!*end || strchr(ENDS, *end));
}

/**
 * lvm2_number() - a number by its name
 * @text: of lvm2_text_parse()
 * @in: the section that it is in
 * @name: the name
 * @value: set to it
 *
 * Return: false if there is none, or it is something else, or none that fits.
 */
bool lvm2_number(const struct lvm2_text *text, const struct lvm2_node *in,
		 const char *name, u64 *value)
{
	return lvm2_value(lvm2_find(text, in, name), value);
}

/**
 * lvm2_has() - is there this word in a list?
 * @text: of lvm2_text_parse()
 * @in: the section that the list is in
 * @name: the list's name
 * @word: the word
 *
 * Return: true if it is.
 */
bool lvm2_has(const struct lvm2_text *text, const struct lvm2_node *in,
	      const char *name, const char *word)
{
	const struct lvm2_node *list = lvm2_find(text, in, name), *node = NULL;

	if (list)
		node = lvm2_first(text, list);
	for (; node; node = lvm2_next(text, node))
		if (node->is_string && !strcmp(node->text, word))
			return true;
	return false;
}
