// SPDX-License-Identifier: GPL-2.0-only
#include "dm-sesparse/portable.h"
#include "vmdk/utf16.h"

#define BYTE_ORDER_MARK 0xfeff
#define REPLACEMENT 0xfffd

static u32 unit(const char *bytes, enum utf16 order)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return order == UTF16_LE ? b[0] | b[1] << 8 : b[0] << 8 | b[1];
}

/* What a descriptor, or any other such text, may begin with. */
static bool is_plain(u32 c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

/**
 * utf16_detect() - whether a text is in UTF-16
 * @bytes: how it begins
 * @size: how many of them there are
 *
 * Return: in which order its bytes are, by its mark, or else by its first two
 * characters, if those are ASCII; UTF16_NONE: it is not.
 */
enum utf16 utf16_detect(const char *bytes, size_t size)
{
	enum utf16 order;

	for (order = UTF16_LE; order <= UTF16_BE; order++) {
		if (size >= 2 && unit(bytes, order) == BYTE_ORDER_MARK)
			return order;
		if (size >= 4 && is_plain(unit(bytes, order)) &&
		    is_plain(unit(bytes + 2, order)))
			return order;
	}
	return UTF16_NONE;
}

static char *put(char *to, u32 c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

static bool is_high(u32 c)
{
	return c >= 0xd800 && c < 0xdc00;
}

static bool is_low(u32 c)
{
	return c >= 0xdc00 && c < 0xe000;
}

/**
 * utf16_convert() - turn UTF-16 into UTF-8
 * @bytes: the text, its mark included if it has one
 * @size: how many bytes it has
 * @order: theirs
 * @to: room for UTF16_ROOM(@size)
 *
 * What is no character becomes U+FFFD, which no file is named by.
 *
 * Return: how many bytes were written.
 */
size_t utf16_convert(const char *bytes, size_t size, enum utf16 order, char *to)
{
	char *const begin = to;
	size_t i;
	u32 c, low;

	for (i = 0; i + 1 < size; i += 2) {
		c = unit(bytes + i, order);
		if (!i && c == BYTE_ORDER_MARK)
			continue;
		low = is_high(c) && i + 3 < size ?
		      unit(bytes + i + 2, order) : 0;
		if (is_low(low)) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		} else if (is_high(c) || is_low(c)) {
			c = REPLACEMENT;
		}
		to = put(to, c);
	}
	if (i < size && bytes[i])
		to = put(to, REPLACEMENT);
	return to - begin;
}
