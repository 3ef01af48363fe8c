// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmdk/descriptor-text.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-line.h"
#include "vmdk/file-name.h"
#include "vmdk/settings.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const char *const access_words[] = { "RW", "RDONLY", "NOACCESS" };

/**
 * extent_line_is() - whether a line is an extent
 * @text: the line
 *
 * Return: whether it begins as one.
 */
bool extent_line_is(const char *text)
{
	size_t length = strcspn(text, BLANK), i;

	for (i = 0; i < ARRAY_SIZE(access_words); i++)
		if (length == strlen(access_words[i]) &&
		    !strncmp(text, access_words[i], length))
			return true;
	return false;
}

static const char clone[] =
	"clone the disk with 'vmkfstools -i', or give what 'qemu-img convert -O raw' makes of it as --parent of the snapshot above";
static const char object[] =
	"clone the disk to VMFS or NFS with 'vmkfstools -i'";
static const char lun[] =
	"give the block device of the LUN that it maps by --parent";

/* What there is besides the four types that can be read, and the way out. */
static const struct {
	const char *type;
	const char *what;
	const char *todo;
} foreign_types[] = {
	{ "SPARSE", "a hosted sparse or streamOptimized extent", clone },
	{ "VMFSSPARSE", "a COWD snapshot of VMFS 5 or older", clone },
	{ "VSANSPARSE", "a snapshot on vSAN", object },
	{ "VVOL", "a vVol", object },
	{ "VMFSRDM", "a raw device mapping", lun },
	{ "VMFSRDMP", "a raw device mapping", lun },
	{ "VMFSRAW", "a raw device", lun },
};

static bool is_number(const char *word, size_t length)
{
	return length && strspn(word, DIGITS) >= length;
}

static bool is_same(const char *word, size_t length, const char *type)
{
	return strlen(type) == length && !strncasecmp(word, type, length);
}

/* Whether there is such a type, read or not. */
static bool is_type(const char *word, size_t length)
{
	enum extent_type type;
	size_t i;

	for (type = EXTENT_SESPARSE; type <= EXTENT_ZERO; type++)
		if (is_same(word, length, extent_type_name(type)))
			return true;
	for (i = 0; i < ARRAY_SIZE(foreign_types); i++)
		if (is_same(word, length, foreign_types[i].type))
			return true;
	return false;
}

static bool is_access(const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(access_words); i++)
		if (is_same(word, length, access_words[i]))
			return true;
	return false;
}

/* What follows the access that comes first of all letters, or NULL. */
static const char *behind_access(const char *text)
{
	size_t length;

	text += strcspn(text, LETTERS);
	length = strspn(text, LETTERS);
	return is_access(text, length) ? text + length : NULL;
}

/* Whether the digits at @number begin there, and not within a name. */
static bool is_apart(const char *text, const char *number)
{
	const char *word = number;

	while (word > text && word[-1] && strchr(LETTERS, word[-1]))
		word--;
	return word == number || is_access(word, (size_t)(number - word));
}

/*
 * What follows the first number that has a type behind it, or NULL.  Any bytes
 * may part them, as blanks are others in each encoding, but what parts names: so
 * does disk-1-flat.vmdk not count.
 */
static const char *behind_type(const char *text)
{
	const char *number, *type, *end;

	for (number = text; ; number = end) {
		number += strcspn(number, DIGITS);
		if (!*number)
			return NULL;
		end = number + strspn(number, DIGITS);
		type = end + strcspn(end, LETTERS DIGITS "=\"-._/\\");
		if (is_apart(text, number) &&
		    is_type(type, strspn(type, LETTERS)) &&
		    type[strspn(type, LETTERS)] != '.')
			return type + strspn(type, LETTERS);
	}
}

/* Whether a name in quotes is next. */
static bool has_name(const char *text)
{
	text += strcspn(text, LETTERS DIGITS "=\"");
	return *text == '"' && text[1] && text[1] != '"' &&
	       strchr(text + 1, '"');
}

/* Whether all of an extent is in a line that is KEY = VALUE otherwise. */
static bool setting_resembles(const char *text)
{
	static const char zero[] = "ZERO";
	const char *end = behind_type(text);
	const char *value = behind_access(strchr(text, '=') + 1);

	if (end && (behind_access(text) ||
		    (value && !strncasecmp(end - strlen(zero), zero,
					   strlen(zero)))))
		return true;
	for (; end; end = behind_type(end))
		if (has_name(end))
			return true;
	return false;
}

/* Whether words have a number second, or both a number and a type. */
static bool words_resemble(const char *text)
{
	const char *const end = text + strcspn(text, "=\"");
	bool number = false, type = false;
	size_t length, i;

	for (i = 0; text < end; i++, text += length) {
		text += strspn(text, BLANK);
		length = strcspn(text, BLANK "=\"");
		if (i == 1 && is_number(text, length) &&
		    text[length + strspn(text + length, BLANK)])
			return true;
		number |= is_number(text, length);
		type |= is_type(text, length);
	}
	return number && type;
}

/**
 * extent_line_resembles() - whether a line may have been meant as an extent
 * @text: a line that is none
 *
 * To pass over it would shift all that follows.  Who edits a descriptor may leave
 * blanks that are none of ours in it, quotes around it or something in front of it.
 *
 * Return: whether it has what makes an extent, whatever is between.
 */
bool extent_line_resembles(const char *text)
{
	const char *rest;

	if (words_resemble(text))
		return true;
	if (setting_is(text))
		return setting_resembles(text);
	rest = behind_access(text);
	return behind_type(text) || (rest && strpbrk(rest, DIGITS "\""));
}

/* Sectors, up to what is left of @max after @used; a message if they aren't. */
static int parse_sectors(const struct extent_parser *p, unsigned int line,
			 const char *what, const char *word, u64 max, u64 *n)
{
	*n = 0;
	if (!*word)
		return bad_line(p->d->path, line, "the extent's %s is missing", what);
	if (word[strspn(word, DIGITS)])
		return bad_line(p->d->path, line,
				"%s is \"%.60s\", expected a decimal number",
				what, word);
	errno = 0;
	*n = strtoull(word, NULL, 10);
	if (errno || *n > max)
		return bad_line(p->d->path, line, "%s is %.60s, expected at most %llu",
				what, word, max);
	return 0;
}

static int bad_type(const struct extent_parser *p, unsigned int line,
		    const char *type)
{
	const char *kind = p->settings->of[KEY_CREATE_TYPE].value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(foreign_types); i++)
		if (!strcmp(type, foreign_types[i].type))
			return bad_line(p->d->path, line,
					"%s is %s (createType %.60s), which is not read: %s",
					type, foreign_types[i].what,
					kind ? kind : "not given",
					foreign_types[i].todo);
	return bad_line(p->d->path, line,
			"\"%.60s\" is no known extent type, expected SESPARSE, FLAT, VMFS or ZERO",
			type);
}

static bool may_be_foreign(const struct extent_parser *p, const char *type)
{
	size_t i;

	if (p->foreign != FOREIGN_MAPPED)
		return p->foreign == FOREIGN_ANY;
	for (i = 0; i < ARRAY_SIZE(foreign_types); i++)
		if (foreign_types[i].todo == lun &&
		    !strcmp(type, foreign_types[i].type))
			return true;
	return false;
}

static int parse_type(const struct extent_parser *p, unsigned int line,
		      const char *word, enum extent_type *type)
{
	for (*type = EXTENT_SESPARSE; *type <= EXTENT_ZERO; ++*type)
		if (!strcmp(word, extent_type_name(*type)))
			break;
	if (*type != EXTENT_SESPARSE && may_be_foreign(p, word)) {
		*type = EXTENT_FOREIGN;
		return 0;
	}
	return *type <= EXTENT_ZERO ? 0 : bad_type(p, line, word);
}

/*
 * Behind the offset of a FLAT extent that is a partition of a physical disk
 * stand its UUID and device, which say nothing that is not said before.
 */
static int check_rest(const struct extent_parser *p, const struct extent *e,
		      char *text)
{
	const char *word;

	if (behind_access(text) || behind_type(text))
		return bad_line(p->d->path, e->line,
				"\"%.60s\" found behind an extent, expected an extent in a line of its own",
				text);
	word = text_next_word(&text);
	if (!*word ||
	    (e->type == EXTENT_FLAT && !is_number(word, strlen(word))))
		return 0;
	return bad_line(p->d->path, e->line,
			"\"%.60s\" found after the offset, expected nothing",
			word);
}

/* The rest of an extent's line: "file" and perhaps an offset. */
static int parse_location(const struct extent_parser *p, struct extent *e,
			  char *text)
{
	char *name, *end, *word;
	int r;

	text += strspn(text, BLANK);
	if (e->type == EXTENT_FOREIGN)
		return 0;
	if (e->type == EXTENT_ZERO) {
		if (!*text)
			return 0;
		return bad_line(p->d->path, e->line,
				"%.60s found after ZERO, expected nothing",
				text);
	}
	name = text + 1;
	end = *text == '"' ? strchr(name, '"') : NULL;
	if (!end)
		return bad_line(p->d->path, e->line,
				"\"%.60s\" found, expected the extent's file name in quotes",
				text);
	*end++ = '\0';
	if (!*name)
		return bad_line(p->d->path, e->line, "the extent's file name is empty");
	r = file_name_check(p->d->path, e->line, name);
	if (r)
		return r;
	r = file_name_parse(p->settings, p->d->path, e->line, "extent file",
			    name, &e->file, &e->raw);
	if (r)
		return r;
	word = text_next_word(&end);
	if (*word || e->type == EXTENT_FLAT) {
		r = parse_sectors(p, e->line, "offset", word,
				  FILE_SECTORS - e->sectors, &e->offset);
		if (r)
			return r;
	}
	return check_rest(p, e, end);
}

/**
 * extent_line_parse() - make an extent of a line
 * @p: what it goes by
 * @line: which of the descriptor's lines
 * @text: the line, which is cut
 *
 * Return: 0, or an exit code after a message.
 */
int extent_line_parse(const struct extent_parser *p, unsigned int line,
		      char *text)
{
	struct descriptor *d = p->d;
	struct extent *e = &d->extents[d->nr_extents++];
	const char *access;
	int r;

	text_uncomment(text);
	access = text_next_word(&text);
	e->line = line;
	r = parse_sectors(p, line, "number of sectors", text_next_word(&text),
			  SESPARSE_MAX_CAPACITY - d->capacity, &e->sectors);
	if (r)
		return r;
	if (!e->sectors)
		return bad_line(p->d->path, line,
				"an extent of 0 sectors, expected at least 1");
	d->capacity += e->sectors;
	r = parse_type(p, line, text_next_word(&text), &e->type);
	if (r)
		return r;
	if (!strcmp(access, "NOACCESS") && e->type != EXTENT_ZERO &&
	    e->type != EXTENT_FOREIGN)
		return bad_line(p->d->path, line,
				"access is NOACCESS, expected RW or RDONLY: this extent is not to be read");
	if (e->type != d->extents[0].type &&
	    (e->type == EXTENT_SESPARSE ||
	     d->extents[0].type == EXTENT_SESPARSE))
		return bad_line(p->d->path, line,
				"extent type %s, expected no SESPARSE among others (line %u has %s)",
				extent_type_name(e->type), d->extents[0].line,
				extent_type_name(d->extents[0].type));
	return parse_location(p, e, text);
}
