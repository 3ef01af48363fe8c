// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cli/locks.h"
#include "source/stored.h"
#include "util/json.h"

static const char *const modes[] = {
	[STORED_UNLOCKED] = "unlocked",
	[STORED_EXCLUSIVE] = "exclusive",
	[STORED_READ_ONLY] = "read-only",
	[STORED_MULTI_WRITER] = "multi-writer",
};

/**
 * lock_text() - how a file is locked, for people
 * @stored: the file, or NULL: it is in no datastore
 * @text: where to write it
 *
 * Return: @text; empty if it is not locked.
 */
const char *lock_text(const struct stored *stored, char text[LOCK_TEXT_SIZE])
{
	*text = '\0';
	if (stored && stored->lock.mode != STORED_UNLOCKED)
		snprintf(text, LOCK_TEXT_SIZE, "%s %s%s",
			 modes[stored->lock.mode],
			 *stored->lock.owner ? stored->lock.owner : "-",
			 stored->lock.live ? "" : " (stale)");
	return text;
}

/**
 * lock_json() - the same for programs, as a member "lock"
 * @j: the JSON
 * @stored: the file; if it is in no datastore there is no such member
 */
void lock_json(struct json *j, const struct stored *stored)
{
	if (!stored)
		return;
	json_open(j, "lock", '{');
	json_string(j, "mode", modes[stored->lock.mode]);
	if (stored->lock.mode != STORED_UNLOCKED) {
		json_string(j, "owner", stored->lock.owner);
		json_bool(j, "live", stored->lock.live);
	}
	json_close(j, '}');
}
