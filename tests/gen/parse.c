// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers, sizes and the like as people write them.
 *
 * All these functions take the text up to @end, or all of it if that is NULL,
 * and return 0, or -1 after a report.
 */
#include <ctype.h>

#include "parse.h"
#include "report.h"

static const char *text_end(const char *text, const char *end)
{
	return end ? end : text + strlen(text);
}

static int refuse(const char *text, const char *end, const char *wanted)
{
	return report("'%.*s' is not %s", (int)(text_end(text, end) - text),
		      text, wanted);
}

static int digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return 16;
}

/* Reads digits up to @end. */
static bool read_digits(const char *text, const char *end, unsigned int base,
			u64 *value)
{
	u64 sum = 0;

	if (text >= end)
		return false;
	for (; text < end; text++) {
		unsigned int digit = (unsigned int)digit_value(*text);

		if (digit >= base || check_mul_overflow(sum, base, &sum) ||
		    check_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}

/**
 * parse_number() - read a number, decimal or with 0x in front
 * @text: the text
 * @end: its end, or NULL
 * @value: set to the number
 *
 * Return: 0, or -1 after a report.
 */
int parse_number(const char *text, const char *end, u64 *value)
{
	const char *stop = text_end(text, end);
	bool hex = stop - text > 2 && text[0] == '0' &&
		   (text[1] == 'x' || text[1] == 'X');

	if (!read_digits(hex ? text + 2 : text, stop, hex ? 16 : 10, value))
		return refuse(text, end, "a 64-bit number");
	return 0;
}

/**
 * parse_uint() - read a number within bounds
 * @text: the text
 * @end: its end, or NULL
 * @min: the least allowed
 * @max: the most allowed
 * @value: set to the number
 *
 * Return: 0, or -1 after a report.
 */
int parse_uint(const char *text, const char *end, unsigned int min,
	       unsigned int max, unsigned int *value)
{
	u64 number;

	if (parse_number(text, end, &number))
		return -1;
	if (number < min || number > max)
		return report("%llu is not in %u to %u", number, min, max);
	*value = (unsigned int)number;
	return 0;
}

/**
 * parse_hex32() - read a content ID
 * @text: up to eight hexadecimal digits
 * @value: set to the number
 *
 * Return: 0, or -1 after a report.
 */
int parse_hex32(const char *text, u64 *value)
{
	if (!read_digits(text, text_end(text, NULL), 16, value) ||
	    *value > UINT32_MAX)
		return refuse(text, NULL, "a content ID of hexadecimal digits");
	return 0;
}

/**
 * parse_size() - read a size
 * @text: a number, then perhaps s (sectors), K, M, G or T
 * @end: its end, or NULL
 * @size: set to the size in bytes
 *
 * Return: 0, or -1 after a report.
 */
int parse_size(const char *text, const char *end, u64 *size)
{
	static const char units[] = "KMGT";
	const char *stop = text_end(text, end), *unit;
	unsigned int shift = 0;

	if (stop > text) {
		unit = strchr(units, stop[-1]);
		if (unit && *unit) {
			shift = 10 * (unsigned int)(unit - units + 1);
			stop--;
		} else if (stop[-1] == 's') {
			shift = 9;
			stop--;
		}
	}
	if (!read_digits(text, stop, 10, size) ||
	    check_mul_overflow(*size, 1ULL << shift, size) || *size > INT64_MAX)
		return refuse(text, end, "a size");
	return 0;
}

/**
 * parse_sectors() - read a size that has to be whole sectors
 * @text: the text
 * @end: its end, or NULL
 * @sectors: set to the size in sectors
 *
 * Return: 0, or -1 after a report.
 */
int parse_sectors(const char *text, const char *end, u64 *sectors)
{
	u64 size;

	if (parse_size(text, end, &size))
		return -1;
	if (size % SESPARSE_SECTOR_SIZE)
		return refuse(text, end, "a multiple of 512 bytes");
	*sectors = size / SESPARSE_SECTOR_SIZE;
	return 0;
}

/**
 * parse_percent() - read a percentage
 * @text: a number of 0 to 100, with up to four decimals
 * @share: set to the share in millionths
 *
 * Return: 0, or -1 after a report.
 */
int parse_percent(const char *text, u32 *share)
{
	const char *stop = text_end(text, NULL);
	const char *dot = strchr(text, '.');
	u64 whole, part = 0;
	size_t digits = 0;

	if (dot) {
		digits = (size_t)(stop - dot - 1);
		if (digits > 4 || !read_digits(dot + 1, stop, 10, &part))
			return refuse(text, NULL, "a percentage");
	}
	for (; digits < 4; digits++)
		part *= 10;
	if (!read_digits(text, dot ? dot : stop, 10, &whole) || whole > 100 ||
	    whole * 10000 + part > GEN_WHOLE)
		return refuse(text, NULL, "a percentage");
	*share = (u32)(whole * 10000 + part);
	return 0;
}
