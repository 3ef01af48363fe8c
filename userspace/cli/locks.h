/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How other hosts have files of a datastore open, in words.
 */
#ifndef SESPARSE_CLI_LOCKS_H
#define SESPARSE_CLI_LOCKS_H

struct json;
struct stored;

#define LOCK_TEXT_SIZE 96

const char *lock_text(const struct stored *stored, char text[LOCK_TEXT_SIZE]);
void lock_json(struct json *j, const struct stored *stored);

#endif /* SESPARSE_CLI_LOCKS_H */
