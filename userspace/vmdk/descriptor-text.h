/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of a descriptor: reading the file, and cutting it into lines.
 */
#ifndef SESPARSE_VMDK_DESCRIPTOR_TEXT_H
#define SESPARSE_VMDK_DESCRIPTOR_TEXT_H

#include <stddef.h>

#include "util/message.h"

/* As the hosts have it; the largest in the wild are a few KiB. */
#define DESCRIPTOR_BYTES 65536

#define BLANK " \t"

/* Say what is wrong in a line of @path, counted from 1. */
#define bad_line(path, line, format, ...) \
	fail(EXIT_DEVICE, "%s:%u: " format, path, line, ##__VA_ARGS__)

/**
 * struct text - the file
 * @path: its name, which is the caller's
 * @bytes: what it holds, or the first DESCRIPTOR_BYTES + 1 of it, and a NUL
 * @size: their number
 * @lines: trimmed, pointing into @bytes
 * @nr_lines: their number
 */
struct text {
	const char *path;
	char *bytes;
	size_t size;
	char **lines;
	unsigned int nr_lines;
};

int text_read(struct text *t, int fd);
int text_split(struct text *t);
void text_free(struct text *t);
char *text_trim(char *s);
char *text_next_word(char **text);

#endif /* SESPARSE_VMDK_DESCRIPTOR_TEXT_H */
