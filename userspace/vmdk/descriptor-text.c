// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "source/bytes.h"
#include "vmdk/descriptor-text.h"

/**
 * text_read() - read the file, or enough of it to see that it is no text
 * @t: set to what it holds, for text_free(), on failure too
 * @fd: the open file
 *
 * Return: 0, or an exit code after a message.
 */
int text_read(struct text *t, int fd)
{
	const size_t max = DESCRIPTOR_BYTES;
	int error;

	t->bytes = calloc(1, max + 2);
	if (!t->bytes)
		return fail_memory();
	error = bytes_read_some(fd, t->bytes, max + 1, 0, &t->size);
	if (error)
		return fail(exit_code_of(error), "%s: cannot read: %s",
			    t->path, strerror(error));
	return 0;
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
	for (end = s + strlen(s); end > s && strchr(BLANK "\r", end[-1]); end--)
		;
	*end = '\0';
	return s;
}

/**
 * text_split() - cut the text into lines
 * @t: the text
 *
 * Return: 0, or an exit code after a message.
 */
int text_split(struct text *t)
{
	char *s = t->bytes, *end = t->bytes + t->size, *c;
	unsigned int line = 1;

	for (c = s; c < end; c++) {
		if (!*c)
			return bad_line(t->path, line,
					"holds a NUL byte, expected the text of a VMDK descriptor");
		line += *c == '\n';
	}
	t->lines = calloc(line, sizeof(*t->lines));
	if (!t->lines)
		return fail_memory();
	if (!strncmp(s, "\xef\xbb\xbf", 3))
		s += 3; /* the mark of a UTF-8 file edited on Windows */
	for (; s; s = c) {
		c = strchr(s, '\n');
		if (c)
			*c++ = '\0';
		t->lines[t->nr_lines++] = text_trim(s);
	}
	return 0;
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

/**
 * text_free() - free what text_read() and text_split() made
 * @t: it
 */
void text_free(struct text *t)
{
	free(t->lines);
	free(t->bytes);
}
