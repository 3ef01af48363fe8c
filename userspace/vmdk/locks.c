// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM that runs writes to its newest layer, or to its base if it has no snapshot:
 * that file is locked exclusively, or by several hosts.  What is below is frozen,
 * and locked so that nobody writes.  A lock is worth as much as its owner's
 * heartbeat: without one it was left behind.
 */
#include "source/source.h"
#include "source/stored.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/locks.h"

/**
 * lock_check() - see whether another host has a file open
 * @source: the file, in a datastore
 * @live: if it is being written to that is only warned of
 *
 * Return: 0, or an exit code after a message.
 */
int lock_check(const struct source *source, bool live)
{
	const struct stored_lock *lock = &source->stored->lock;
	const char *host = *lock->owner ? lock->owner : "(not told)";
	const bool writes = lock->mode == STORED_EXCLUSIVE ||
			    lock->mode == STORED_MULTI_WRITER;

	if (lock->mode == STORED_UNLOCKED)
		return 0;
	if (!lock->live)
		warn("%s: is locked by host %s, which has no heartbeat any more: taken to be left from a crash",
		     source->path, host);
	else if (!writes)
		warn("%s: host %s has it open, for reading: it stays as it is until that VM's snapshots are removed",
		     source->path, host);
	else if (live)
		warn("%s: host %s writes to it: what is read is from no one moment",
		     source->path, host);
	else
		return fail(EXIT_BUSY,
			    "%s: host %s has it open for writing: power the VM off, give the parent of its newest snapshot (take one first if there is none), or an array's snapshot of the LUN; --live takes it as it is now",
			    source->path, host);
	return 0;
}

/**
 * locks_check() - see whether other hosts have a chain's extents open
 * @chain: the chain, its sources found
 * @live: what is being written to is only warned of
 *
 * Return: 0, or an exit code after a message.
 */
int locks_check(const struct chain *chain, bool live)
{
	const struct extent *e;
	const struct descriptor *d;
	size_t i;
	int r = 0;

	for (i = 0; i < chain->nr_links; i++) {
		d = chain->links[i];
		for (e = d->extents; e < d->extents + d->nr_extents && !r; e++)
			if (e->source && e->source->stored)
				r = lock_check(e->source, live);
	}
	return r;
}
