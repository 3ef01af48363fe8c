// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes a text by a line: most texts that are taken are so for a dozen lines that
 * are right, and what changes bytes anywhere soon has one of them wrong.
 */
#include <string.h>

#include "lines.h"

#define MAX_LINES 64

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* Where each line begins; returns their number.  The last is not always ended. */
static size_t find_lines(const uint8_t *data, size_t size,
			 size_t starts[MAX_LINES + 1])
{
	size_t nr = 0, at = 0;
	const uint8_t *end;

	while (at < size && nr < MAX_LINES) {
		starts[nr++] = at;
		end = memchr(data + at, '\n', size - at);
		at = end ? (size_t)(end - data) + 1 : size;
	}
	starts[nr] = at;
	return nr;
}

/* Puts @bytes in the place of @old bytes at @at. */
static size_t replace(uint8_t *data, size_t size, size_t max, size_t at,
		      size_t old, const uint8_t *bytes, size_t nr)
{
	if (size - old + nr > max)
		return size;
	memmove(data + at + nr, data + at + old, size - at - old);
	memcpy(data + at, bytes, nr);
	return size - old + nr;
}

/**
 * lines_mutate() - change a text, mostly by one of its lines
 * @data: the text, changed
 * @size: its length
 * @max: room for it
 * @seed: draws what to do
 * @good: a text that is taken; some changes begin with it anew
 * @spared: so many lines in the beginning are mostly left alone
 *
 * Return: its length then.
 */
size_t lines_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed,
		    const char *good, unsigned int spared)
{
	static uint8_t line[4096];
	size_t starts[MAX_LINES + 1], nr, first = 0, from, to, length;

	if (seed >> 24 & 1 && strlen(good) <= max) {
		size = strlen(good);
		memcpy(data, good, size);
	}
	nr = find_lines(data, size, starts);
	if (!nr || seed % 8 == 0)
		return LLVMFuzzerMutate(data, size, max);
	if (seed / 8 % 8 && nr > spared)
		first = spared;
	from = first + (seed >> 6) % (nr - first);
	to = first + (seed >> 12) % (nr - first);
	length = starts[from + 1] - starts[from];
	if (length > sizeof(line) / 2)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(line, data + starts[from], length);
	switch (seed >> 18 & 15) {
	case 0: /* leave it out */
		return replace(data, size, max, starts[from], length, line, 0);
	case 1: /* it comes again elsewhere */
	case 2:
		return replace(data, size, max, starts[to], 0, line, length);
	case 3: /* another in its place */
		return replace(data, size, max, starts[to],
			       starts[to + 1] - starts[to], line, length);
	case 4: /* it comes again, changed */
		length = LLVMFuzzerMutate(line, length, sizeof(line));
		return replace(data, size, max, starts[to], 0, line, length);
	default:
		nr = length;
		length = LLVMFuzzerMutate(line, length, sizeof(line));
		return replace(data, size, max, starts[from], nr, line, length);
	}
}
