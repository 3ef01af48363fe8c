// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmfs/fs.h"
#include "vmfs/le.h"

#define HEARTBEATS_AT 0x300000
/* Slots of the region.  Fuzzers set fewer, for most of their time would go to them. */
#ifndef HEARTBEATS_5
#define HEARTBEATS_5 2048
#endif
#ifndef HEARTBEATS_6
#define HEARTBEATS_6 1024
#endif
#define IN_USE 0xabcdef02
#define OWNER_AT 0x1c

/* Of a slot, as of a lock. */
static u32 slots(const struct fs *fs)
{
	return fs->is_6 ? HEARTBEATS_6 : HEARTBEATS_5;
}

static int take(struct heartbeats *h, const unsigned char *slot)
{
	unsigned char (*more)[UUID_BYTES];

	if (le32_at(slot, 0) != IN_USE ||
	    uuid_is_null(slot + OWNER_AT))
		return 0;
	more = reallocarray(h->owners, h->nr + 1, sizeof(*more));
	if (!more)
		return fail_memory();
	h->owners = more;
	memcpy(more[h->nr++], slot + OWNER_AT, UUID_BYTES);
	return 0;
}

/**
 * heartbeats_read() - find who has a volume open
 * @fs: the volume
 * @heartbeats: all 0; filled in, for heartbeats_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int heartbeats_read(const struct fs *fs, struct heartbeats *heartbeats)
{
	const size_t bytes = (size_t)slots(fs) * fs->lock_bytes;
	unsigned char *region = malloc(bytes);
	u32 i;
	int r;

	if (!region)
		return fail_memory();
	r = volume_read(&fs->volume, "the heartbeat region", HEARTBEATS_AT,
			region, bytes);
	for (i = 0; i < slots(fs) && !r; i++)
		r = take(heartbeats, region + (size_t)i * fs->lock_bytes);
	free(region);
	return r;
}

/**
 * heartbeats_have() - is a host there?
 * @heartbeats: who is
 * @owner: the host
 *
 * Return: true if so, or if it died without taking leave.
 */
bool heartbeats_have(const struct heartbeats *heartbeats,
		     const unsigned char owner[UUID_BYTES])
{
	size_t i;

	for (i = 0; i < heartbeats->nr; i++)
		if (!memcmp(heartbeats->owners[i], owner, UUID_BYTES))
			return true;
	return false;
}

/**
 * heartbeats_free() - free what heartbeats_read() made
 * @heartbeats: it
 */
void heartbeats_free(struct heartbeats *heartbeats)
{
	free(heartbeats->owners);
	heartbeats->owners = NULL;
	heartbeats->nr = 0;
}
