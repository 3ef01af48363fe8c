// SPDX-License-Identifier: GPL-2.0-only
#include "source/stored.h"

/**
 * stored_get() - hold a file once more
 * @stored: it
 *
 * Return: it.
 */
struct stored *stored_get(struct stored *stored)
{
	stored->users++;
	return stored;
}

/**
 * stored_put() - hold it once less, and free it if nobody does
 * @stored: it, or NULL
 */
void stored_put(struct stored *stored)
{
	if (stored && !--stored->users)
		stored->ops->close(stored);
}
