/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of a descriptor: reading the file, in whatever an editor or carver
 * has left it, and cutting it into lines.
 */
#ifndef SESPARSE_VMDK_DESCRIPTOR_TEXT_H
#define SESPARSE_VMDK_DESCRIPTOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/message.h"

/*
 * As the hosts have it; the largest in the wild are a few KiB.  Fuzzers set a smaller
 * one, which their inputs get past.
 */
#ifndef DESCRIPTOR_BYTES
#define DESCRIPTOR_BYTES 65536
#endif

/* A file of so many in UTF-16, with a mark before them. */
#define DESCRIPTOR_FILE_BYTES (2 * DESCRIPTOR_BYTES + 2)

#define BLANK " \t"

/* Say what is wrong in a line of @path, counted from 1. */
#define bad_line(path, line, format, ...) \
	fail(EXIT_DEVICE, "%s:%u: " format, path, line, ##__VA_ARGS__)

struct source;

/**
 * struct text - the file
 * @path: its name, which is the caller's
 * @raw: what it holds, or as much of it as could be a descriptor and one byte
 * @raw_size: how many bytes that is
 * @whole: it is all of the file
 * @bytes: @raw, if that is UTF-16 or marked to be UTF-8 then in plain UTF-8, up
 *         to the NULs that it is padded with
 * @size: their number
 * @is_unicode: that was so
 * @lines: of @bytes, trimmed; each ends where it has a NUL
 * @nr_lines: their number
 * @nul_line: the first of them that has one, counted from 1; 0: there is none
 */
struct text {
	const char *path;
	char *raw;
	size_t raw_size;
	bool whole;
	char *bytes;
	size_t size;
	bool is_unicode;
	char **lines;
	unsigned int nr_lines;
	unsigned int nul_line;
};

int text_take(struct text *t, const struct source *source);
int text_read(struct text *t, const struct source *source);
void text_free(struct text *t);
bool text_fits(const struct text *t);
bool text_is_descriptor(const struct text *t);
char *text_find_key(const struct text *t, const char *key);
char *text_trim(char *s);
void text_uncomment(char *s);
char *text_next_word(char **text);

#endif /* SESPARSE_VMDK_DESCRIPTOR_TEXT_H */
