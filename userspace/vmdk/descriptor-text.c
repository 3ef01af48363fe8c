// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "source/source.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/utf16.h"

/* Return: 0, or an errno, as of what follows. */
static int read_raw(struct text *t, const struct source *source)
{
	int error;

	t->raw = calloc(1, DESCRIPTOR_FILE_BYTES + 1);
	if (!t->raw)
		return ENOMEM;
	error = source_read_some(source, t->raw, DESCRIPTOR_FILE_BYTES + 1,
				 0, &t->raw_size);
	t->whole = t->raw_size <= DESCRIPTOR_FILE_BYTES;
	return error;
}

/* Copy the text, in UTF-8 if it is Unicode at all, and a NUL behind it. */
static int decode(struct text *t)
{
	static const char mark[] = "\xef\xbb\xbf";
	const enum utf16 order = utf16_detect(t->raw, t->raw_size);
	size_t skip = 0;

	t->bytes = calloc(1, UTF16_ROOM(t->raw_size) + 1);
	if (!t->bytes)
		return ENOMEM;
	if (order != UTF16_NONE) {
		t->is_unicode = true;
		t->size = utf16_convert(t->raw, t->raw_size, order, t->bytes);
	} else {
		if (t->raw_size >= 3 && !memcmp(t->raw, mark, 3))
			skip = 3;
		t->is_unicode = skip;
		t->size = t->raw_size - skip;
		memcpy(t->bytes, t->raw + skip, t->size);
	}
	while (t->size && !t->bytes[t->size - 1])
		t->size--;
	return 0;
}

/* A line ends in LF, CR LF or CR, whichever machine wrote it. */
static int split(struct text *t)
{
	char *c, *begin = t->bytes, *const end = t->bytes + t->size;
	size_t nr = 1;

	for (c = begin; c < end; c++)
		nr += *c == '\n' || *c == '\r';
	t->lines = calloc(nr, sizeof(*t->lines));
	if (!t->lines)
		return ENOMEM;
	for (c = begin; c <= end; c++) {
		if (c < end && !*c && !t->nul_line)
			t->nul_line = t->nr_lines + 1;
		if (c < end && *c != '\n' && *c != '\r')
			continue;
		if (c < end && c[0] == '\r' && c[1] == '\n')
			*c++ = '\0';
		*c = '\0';
		t->lines[t->nr_lines++] = text_trim(begin);
		begin = c + 1;
	}
	return 0;
}

/**
 * text_take() - text_read() without a message
 * @t: as there
 * @source: as there
 *
 * Return: 0, or an errno.
 */
int text_take(struct text *t, const struct source *source)
{
	int error;

	error = read_raw(t, source);
	if (!error)
		error = decode(t);
	return error ? error : split(t);
}

/**
 * text_read() - read a file, or enough of it to see that it is no descriptor
 * @t: set to what it holds, for text_free(), on failure too
 * @source: the file, open
 *
 * Return: 0, or an exit code after a message.
 */
int text_read(struct text *t, const struct source *source)
{
	int error = text_take(t, source);

	if (error == ENOMEM)
		return fail_memory();
	return error ? fail(exit_code_of(error), "%s: cannot read: %s", t->path,
			    strerror(error)) : 0;
}

/**
 * text_free() - free what text_read() made
 * @t: it
 */
void text_free(struct text *t)
{
	free(t->lines);
	free(t->bytes);
	free(t->raw);
}

/**
 * text_fits() - whether a file is no larger than a descriptor may be
 * @t: its text
 *
 * Return: whether.
 */
bool text_fits(const struct text *t)
{
	return t->whole && t->size <= DESCRIPTOR_BYTES;
}

/**
 * text_find_key() - find a line that is KEY = VALUE
 * @t: the text
 * @key: in any case
 *
 * Return: its value as it stands, or NULL: there is no such line.
 */
char *text_find_key(const struct text *t, const char *key)
{
	const size_t length = strlen(key);
	char *s;
	unsigned int i;

	for (i = 0; i < t->nr_lines; i++) {
		if (strncasecmp(t->lines[i], key, length))
			continue;
		s = t->lines[i] + length;
		s += strspn(s, BLANK);
		if (*s == '=')
			return s + 1;
	}
	return NULL;
}

/* Whether a key's value is 1 to @max characters of @set, in quotes or not. */
static bool has_number(const struct text *t, const char *key, const char *set,
		       size_t max)
{
	const char *s = text_find_key(t, key);
	size_t length;

	if (!s)
		return false;
	s += strspn(s, BLANK "\"");
	length = strspn(s, set);
	return length && length <= max &&
	       (!s[length] || strchr(BLANK "\"", s[length]));
}

/**
 * text_is_descriptor() - whether a file shows itself to be a descriptor
 * @t: its text
 *
 * Until it has, nothing of it is to be told to anybody: it may be any file
 * that somebody made this one read.
 *
 * Return: whether it has a descriptor's first line, or its version and CID.
 */
bool text_is_descriptor(const struct text *t)
{
	static const char title[] = "Disk DescriptorFile";
	const char *s;
	unsigned int i;

	for (i = 0; i < t->nr_lines && !*t->lines[i]; i++)
		;
	if (i < t->nr_lines) {
		s = t->lines[i] + strspn(t->lines[i], "#");
		s += strspn(s, BLANK);
		if (!strncasecmp(s, title, sizeof(title) - 1))
			return true;
	}
	return !t->nul_line && has_number(t, "version", "0123456789", 2) &&
	       has_number(t, "CID", "0123456789abcdefABCDEF", 8);
}

/**
 * text_trim() - cut off the blanks around a line
 * @s: the line
 *
 * Return: where it begins.
 */
char *text_trim(char *s)
{
	char *end;

	s += strspn(s, BLANK);
	for (end = s + strlen(s); end > s && strchr(BLANK, end[-1]); end--)
		;
	*end = '\0';
	return s;
}

/**
 * text_uncomment() - cut off a comment that stands behind something
 * @s: a trimmed line or value
 *
 * It begins with a # behind a blank or a closing quote.
 */
void text_uncomment(char *s)
{
	bool quoted = false;
	char *c;

	for (c = s; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		if (*c == '#' && !quoted &&
		    (c == s || strchr(BLANK "\"", c[-1])))
			break;
	}
	for (; c > s && strchr(BLANK, c[-1]); c--)
		;
	*c = '\0';
}

/**
 * text_next_word() - cut the first word off a line
 * @text: the line; set to what follows the word
 *
 * Return: the word, which is empty at the end of the line.
 */
char *text_next_word(char **text)
{
	char *word = *text + strspn(*text, BLANK);
	char *end = word + strcspn(word, BLANK);

	*text = *end ? end + 1 : end;
	*end = '\0';
	return word;
}
