// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <wchar.h>

#include "util/plain.h"

/* Bytes that are control codes by themselves, to some terminals at least. */
static bool is_control_byte(unsigned char byte)
{
	return byte < 0x20 || (byte >= 0x7f && byte < 0xa0);
}

/**
 * utf8_decode() - read a character
 * @text: where it begins; not the end of the text
 * @character: set to it
 *
 * Return: its bytes, 1 to 4; 0 if that is no well-formed UTF-8.
 */
unsigned int utf8_decode(const char *text, u32 *character)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)text;
	unsigned int nr, i;
	u32 c;

	*character = byte[0];
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xc2 || byte[0] > 0xf4)
		return 0;
	nr = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
	c = byte[0] & (0x7f >> nr);
	for (i = 1; i < nr; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (byte[i] & 0x3f);
	}
	*character = c;
	return c < least[nr] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ?
	       0 : nr;
}

/**
 * is_plain_character() - does a character show as just itself?
 * @character: of Unicode
 *
 * Return: false for control codes, old (ESC) and new (U+009B), for what ends a
 * line, and for what is not seen but turns the order of the text around it or
 * hides in it; joiners, which some scripts are written with, are not among them.
 */
bool is_plain_character(u32 character)
{
	static const struct {
		u32 first;
		u32 last;
	} others[] = {
		{ 0x0000, 0x001f }, /* C0 */
		{ 0x007f, 0x009f }, /* DEL, C1 */
		{ 0x061c, 0x061c }, /* a mark of direction */
		{ 0x200b, 0x200b }, /* a space of no width */
		{ 0x200e, 0x200f }, /* marks of direction */
		{ 0x2028, 0x202e }, /* ends of lines; embeddings, overrides */
		{ 0x2060, 0x206f }, /* what is not seen, among it isolates */
		{ 0xfeff, 0xfeff }, /* a space of no width */
		{ 0xfff9, 0xfffb }, /* annotations */
		{ 0xe0000, 0xe007f }, /* tags */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (character >= others[i].first && character <= others[i].last)
			return false;
	return true;
}

/**
 * is_plain_text() - may a text go to any terminal, or to a program's parser?
 * @text: of any bytes, UTF-8 most likely
 *
 * Return: true if all of it shows as itself.
 */
bool is_plain_text(const char *text)
{
	unsigned int length;
	u32 character;

	for (; *text; text += length ? length : 1) {
		length = utf8_decode(text, &character);
		if (length ? !is_plain_character(character) :
			     is_control_byte((unsigned char)*text))
			return false;
	}
	return true;
}

/**
 * make_plain() - put question marks in place of what is no plain character
 * @text: the text, in the locale's encoding or in none
 *
 * Names out of a descriptor must not reach a terminal as control codes, be it one
 * of 8-bit characters or one of UTF-8.
 */
void make_plain(char *text)
{
	size_t left = strlen(text), length;
	mbstate_t state = { 0 };
	bool plain;
	wchar_t wide;

	for (; left; text += length, left -= length) {
		length = mbrtowc(&wide, text, left, &state);
		plain = length > left || is_plain_character((u32)wide);
		if (length > left) { /* no character, or not all of one */
			length = 1;
			memset(&state, 0, sizeof(state));
		}
		if (!plain ||
		    (length == 1 && is_control_byte((unsigned char)*text)))
			memset(text, '?', length);
	}
}
