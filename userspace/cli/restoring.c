// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "cli/disks.h"
#include "cli/restoring.h"
#include "dm-sesparse/format.h"
#include "util/message.h"
#include "util/progress.h"
#include "vmdk/newer.h"
#include "vmdk/point.h"

/**
 * restoring_name_target() - name what a disk is restored to
 * @o: the command line
 * @disk: which of a VM's it is, "scsi0-0"; NULL: it was named by itself
 * @name: set to the name, to be freed by the caller
 *
 * Return: 0, or an exit code after a message.
 */
int restoring_name_target(const struct options *o, const char *disk,
			  char **name)
{
	if (!disk)
		*name = strdup(o->operands[2]);
	else if (asprintf(name, "%s/%s.raw", o->operands[2], disk) < 0)
		*name = NULL;
	return *name ? 0 : fail_memory();
}

/**
 * restoring_name_state() - name the file that says how far a disk's restore has got
 * @o: the command line
 * @disk: as of restoring_name_target()
 * @name: set to the name, to be freed by the caller; NULL: no file was asked for
 *
 * Return: 0, or an exit code after a message.
 */
int restoring_name_state(const struct options *o, const char *disk, char **name)
{
	*name = NULL;
	if (!o->resume)
		return 0;
	if (!disk)
		*name = strdup(o->resume);
	else if (asprintf(name, "%s-%s", o->resume, disk) < 0)
		*name = NULL;
	return *name ? 0 : fail_memory();
}

/**
 * restoring_copy_of() - what is copied, as the room that copies has it
 * @p: the disk
 * @progress: tells how far it is
 *
 * Return: that, which points into @p.
 */
struct copy restoring_copy_of(struct restoring *p, struct progress *progress)
{
	return (struct copy){
		.log = &p->options->log,
		.disk = &p->disk,
		.only = p->parts,
		.target = &p->target,
		.salvage = restoring_given(p, OPT_SALVAGE),
		.bad = &p->bad,
		.zeros = &p->zeros,
		.resume = p->state ? &p->resume : NULL,
		.progress = progress,
	};
}

/* That the newest snapshot is another one is how the pass before the last is. */
static int read_since(struct restoring *p)
{
	const struct options *o = p->options;
	size_t depth;
	int r;

	newer_warn_parents(&p->image.chain);
	r = point_find(&o->log, o->since, &p->subject->image, &p->image.chain,
		       &depth);
	if (!r)
		r = since_read(&o->log, &p->image.chain, depth,
			       restoring_given(p, OPT_SALVAGE), &p->since);
	p->parts = &p->since.parts;
	return r;
}

/**
 * restoring_read() - find and read the disk, and what of it is to be written
 * @p: completed
 *
 * Return: 0, or an exit code after a message.
 */
int restoring_read(struct restoring *p)
{
	struct options *o = p->options;
	int r;

	r = image_read(&o->log, p->subject->path, &p->subject->image,
		       &p->image);
	if (!r && !p->options->since)
		r = newer_warn(&p->image.chain);
	if (r)
		return r;
	sources_open_direct(&o->log, &p->image.sources);
	r = disk_read(&o->log, &p->image.chain, restoring_given(p, OPT_SALVAGE),
		      &p->disk);
	if (r)
		return r;
	p->bytes = p->disk.capacity * SESPARSE_SECTOR_SIZE;
	if (o->since)
		r = read_since(p);
	if (!r)
		r = estimate_take(&p->disk, p->parts, 0, p->bytes, &p->all);
	if (!r && restoring_given(p, OPT_SALVAGE))
		r = estimate_find_bad(&p->disk, &p->bad);
	p->corrupt = ranges_bytes(&p->bad);
	return r;
}

/**
 * restoring_verify() - compare a part of the target with the disk
 * @p: the disk
 * @only: the parts of it that are compared; NULL: all of it
 * @from: first byte
 * @to: the one behind the last
 * @is_shown: show how far it is
 *
 * Return: 0, or an exit code after a message.
 */
int restoring_verify(struct restoring *p, const struct ranges *only, u64 from,
		     u64 to, bool is_shown)
{
	struct progress progress;
	struct copy copy = restoring_copy_of(p, &progress);
	struct estimate part;
	int r;

	copy.only = only;
	r = estimate_take(&p->disk, only, from, to, &part);
	if (r)
		return r;
	progress_begin(&progress, is_shown, "compared", part.data + part.gaps +
		       (target_zeroes_for_free(&p->target) ? 0 : part.zeros));
	r = copy_compare(&copy, from, to);
	progress_end(&progress, !r);
	return r;
}
