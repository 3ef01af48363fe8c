// SPDX-License-Identifier: GPL-2.0-only
/*
 * The members of the outermost object or array stand on a line each, what is in
 * them beside one another: that is how qemu-img writes a map, a program can cut
 * such a list with line tools, and a person can read it.
 *
 * A key is NULL in an array.  stdout's own error flag tells of failures.
 */
#include <stdio.h>

#include "util/json.h"

/* Bytes of the character at @text if it is well-formed UTF-8, else 0. */
static unsigned int utf8_length(const unsigned char *text)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int nr, i;
	u32 c;

	if (text[0] < 0x80)
		return 1;
	nr = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	c = text[0] & (0x7f >> nr);
	for (i = 1; i < nr; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	return c < least[nr] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ?
	       0 : nr;
}

/*
 * A file's name may be any bytes, JSON is Unicode: a byte that is none becomes
 * U+DC80 to U+DCFF, from which Python's "surrogateescape" makes it again.
 */
static void print_text(const char *value)
{
	const unsigned char *c = (const unsigned char *)value;
	unsigned int nr;

	putchar('"');
	for (; *c; c += nr) {
		nr = utf8_length(c);
		if (!nr) {
			printf("\\udc%02x", *c);
			nr = 1;
		} else if (*c == '"' || *c == '\\') {
			printf("\\%c", *c);
		} else if (*c < 0x20 || *c == 0x7f) {
			printf("\\u%04x", *c);
		} else {
			fwrite(c, 1, nr, stdout);
		}
	}
	putchar('"');
}

static void begin_member(struct json *j, const char *key)
{
	if (j->filled)
		putchar(',');
	if (j->depth == 1)
		putchar('\n');
	else if (j->depth)
		putchar(' ');
	j->filled = true;
	if (!key)
		return;
	print_text(key);
	fputs(": ", stdout);
}

/**
 * json_open() - begin an object or an array
 * @j: the text
 * @key: its name in the object around it, else NULL
 * @bracket: '{' or '['
 */
void json_open(struct json *j, const char *key, char bracket)
{
	begin_member(j, key);
	putchar(bracket);
	j->depth++;
	j->filled = false;
}

/**
 * json_close() - end the innermost object or array; the outermost ends the line
 * @j: the text
 * @bracket: '}' or ']'
 */
void json_close(struct json *j, char bracket)
{
	if (--j->depth == 0)
		printf("\n%c\n", bracket);
	else
		printf(j->filled ? " %c" : "%c", bracket);
	j->filled = true;
}

/**
 * json_number() - add a number
 * @j: the text
 * @key: its name, or NULL
 * @value: the number
 */
void json_number(struct json *j, const char *key, u64 value)
{
	begin_member(j, key);
	printf("%llu", value);
}

/**
 * json_bool() - add true or false
 * @j: the text
 * @key: its name, or NULL
 * @value: which
 */
void json_bool(struct json *j, const char *key, bool value)
{
	begin_member(j, key);
	fputs(value ? "true" : "false", stdout);
}

/**
 * json_string() - add a text
 * @j: the text
 * @key: its name, or NULL
 * @value: the text, of any bytes; NULL adds null
 */
void json_string(struct json *j, const char *key, const char *value)
{
	begin_member(j, key);
	if (value)
		print_text(value);
	else
		fputs("null", stdout);
}
