/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of unknown origin, made fit for a terminal: what would command it, or
 * show something else than is there, is not passed on.
 */
#ifndef SESPARSE_UTIL_PLAIN_H
#define SESPARSE_UTIL_PLAIN_H

#include "dm-sesparse/portable.h"

unsigned int utf8_decode(const char *text, u32 *character);
bool is_plain_character(u32 character);
bool is_plain_text(const char *text);
void make_plain(char *text);

#endif /* SESPARSE_UTIL_PLAIN_H */
