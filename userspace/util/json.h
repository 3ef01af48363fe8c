/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON to stdout as it comes, so that a list may be of any length.
 */
#ifndef SESPARSE_UTIL_JSON_H
#define SESPARSE_UTIL_JSON_H

#include <stdbool.h>

#include "dm-sesparse/portable.h"

struct ranges;

/**
 * struct json - a text being written; all 0 at its beginning
 * @depth: objects and arrays that are open
 * @filled: something is in the innermost of them
 */
struct json {
	unsigned int depth;
	bool filled;
};

void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_number(struct json *j, const char *key, u64 value);
void json_bool(struct json *j, const char *key, bool value);
void json_string(struct json *j, const char *key, const char *value);
void json_ranges(struct json *j, const char *key, const struct ranges *ranges);

#endif /* SESPARSE_UTIL_JSON_H */
