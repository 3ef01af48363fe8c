// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot is taken, and from then on its parent's extents are not written to.
 * Who writes to them all the same, and not by ESXi, leaves the content ID as it
 * was, but not the modification time.  Copies have other times than what they are
 * copies of, in whatever order they were made; but of these, the descriptors have
 * new times, too: only where the parent's is no newer than the child's, and the
 * parent's extents are newer than all of the child's, was the parent changed.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "source/source.h"
#include "util/message.h"
#include "vmdk/beside.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/newer.h"

/* Some file systems count in two seconds. */
#define PATIENCE 2

static bool has_descriptor(const struct descriptor *d)
{
	return !d->bare && !d->stands_in;
}

/* When the newest of the extents was written; false: there are none in files. */
static bool extents_time(const struct descriptor *d, time_t *when,
			 const char **path)
{
	const struct extent *e;
	bool found = false;
	struct stat st;

	for (e = d->extents; e < d->extents + d->nr_extents; e++) {
		if (!e->source || !source_is_open(e->source) ||
		    e->source->is_block ||
		    source_stat(e->source, &st) ||
		    (found && st.st_mtime <= *when))
			continue;
		*when = st.st_mtime;
		*path = e->source->path;
		found = true;
	}
	return found;
}

static void warn_if_changed(const struct descriptor *child,
			    const struct descriptor *parent)
{
	const time_t child_text = child->st.st_mtime;
	const time_t parent_text = parent->st.st_mtime;
	time_t child_data, parent_data;
	const char *ours, *theirs;

	if (!has_descriptor(child) || !has_descriptor(parent) ||
	    !extents_time(child, &child_data, &ours) ||
	    !extents_time(parent, &parent_data, &theirs))
		return;
	if (parent_text > child_text || parent_data <= child_data + PATIENCE ||
	    parent_data <= child_text + PATIENCE)
		return;
	warn("%s: was written to after %s, of the snapshot above it, though its content ID stayed: the disk may be a mix that never existed",
	     theirs, ours);
}

/**
 * newer_find_snapshot() - find a snapshot beside the newest layer that is above it
 * @chain: the chain
 * @path: set to its descriptor, to be freed by the caller, or to NULL
 *
 * Return: 0, or an exit code after a message.
 */
int newer_find_snapshot(const struct chain *chain, char **path)
{
	*path = NULL;
	return chain->links[0]->bare ? 0 :
	       beside_find(chain->links[0]->folder, chain->links[0]->path,
			   BESIDE_CHILD, path);
}

/**
 * newer_warn_parents() - warn of parents that were changed after their snapshots
 * @chain: the chain, its sources found
 */
void newer_warn_parents(const struct chain *chain)
{
	size_t i;

	for (i = 0; i + 1 < chain->nr_links; i++)
		warn_if_changed(chain->links[i], chain->links[i + 1]);
}

/**
 * newer_warn() - warn of a newer snapshot, and of parents changed after theirs
 * @chain: the chain, its sources found
 *
 * Return: 0, or an exit code after a message.
 */
int newer_warn(const struct chain *chain)
{
	char *path;
	int r;

	r = newer_find_snapshot(chain, &path);
	if (r)
		return r;
	if (path)
		warn("%s: is not the newest snapshot: %s is one of it; this is the disk as it was before",
		     chain->links[0]->path, path);
	free(path);
	newer_warn_parents(chain);
	return 0;
}
