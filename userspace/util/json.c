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
#include "util/plain.h"
#include "util/ranges.h"

/* A character by its number, in two halves where four digits are too few. */
static void print_number(u32 character)
{
	if (character >= 0x10000) {
		character -= 0x10000;
		printf("\\u%04x", 0xd800 | character >> 10);
		character = 0xdc00 | (character & 0x3ff);
	}
	printf("\\u%04x", character);
}

/*
 * A file's name may be any bytes, JSON is Unicode: a byte that is none becomes
 * U+DC80 to U+DCFF, from which Python's "surrogateescape" makes it again.  What a
 * terminal would not show as itself is written as a number.
 */
static void print_text(const char *value)
{
	unsigned int nr;
	u32 character;

	putchar('"');
	for (; *value; value += nr) {
		nr = utf8_decode(value, &character);
		if (!nr) {
			print_number(0xdc00 | (unsigned char)*value);
			nr = 1;
		} else if (*value == '"' || *value == '\\') {
			printf("\\%c", *value);
		} else if (!is_plain_character(character)) {
			print_number(character);
		} else {
			fwrite(value, 1, nr, stdout);
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

/**
 * json_ranges() - add a list of ranges, as objects with their start and length
 * @j: the text
 * @key: its name, or NULL
 * @ranges: they, in bytes
 */
void json_ranges(struct json *j, const char *key, const struct ranges *ranges)
{
	const struct range *range;

	json_open(j, key, '[');
	for (range = ranges->list; range < ranges->list + ranges->nr; range++) {
		json_open(j, NULL, '{');
		json_number(j, "start", range->start);
		json_number(j, "length", range->end - range->start);
		json_close(j, '}');
	}
	json_close(j, ']');
}
