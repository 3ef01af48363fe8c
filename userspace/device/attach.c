// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/attach.h"
#include "device/quote.h"
#include "host/loop.h"
#include "source/file.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/extent-sources.h"

static int allocate(const struct sources *sources, struct attachments *a)
{
	size_t i;

	*a = (struct attachments){ .nr = sources->nr };
	a->list = calloc(sources->nr + 1, sizeof(*a->list));
	if (!a->list) {
		a->nr = 0;
		return fail_memory();
	}
	for (i = 0; i < a->nr; i++)
		a->list[i] = (struct attachment){
			.source = sources->list[i],
			.loop = -1,
		};
	return 0;
}

/**
 * attach_name() - name sources for a table that is only printed
 * @sources: the sources
 * @dry_run: name files, which no table can have, by their paths
 * @a: filled in, for attach_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int attach_name(const struct sources *sources, bool dry_run,
		struct attachments *a)
{
	size_t i;
	int r;

	r = allocate(sources, a);
	for (i = 0; i < a->nr && !r; i++)
		r = quote_source(a->list[i].source, dry_run, &a->list[i].name);
	return r;
}

static int has_sectors(const struct source *source, unsigned int size,
		       bool *has)
{
	int found;

	*has = source->is_block;
	if (!size || !source->is_block)
		return 0;
	if (ioctl(source->fd, BLKSSZGET, &found))
		return fail(exit_code_of(errno),
			    "%s: cannot tell its sectors' size: %m",
			    source->path);
	*has = found == (int)size;
	return 0;
}

static int attach_one(const struct log *log, unsigned int sector_size,
		      struct attachment *a)
{
	const struct source *source = a->source;
	const struct loop_file file = {
		.fd = source->fd,
		.path = source->path,
		.sector_size = sector_size,
	};
	bool as_it_is;
	int r;

	r = has_sectors(source, sector_size, &as_it_is);
	if (!r && !as_it_is)
		r = loop_attach(log, &file, &a->loop);
	if (r)
		return r;
	return quote_number(as_it_is ? source->fd : a->loop, source->path,
			    &a->name);
}

/**
 * attach_devices() - make every source a block device and name it by its number
 * @log: how much to tell
 * @sources: the sources
 * @sector_size: bytes of the devices' sectors; 0: as block devices have them,
 *		 and 512
 * @a: filled in, for attach_free(), on failure too
 *
 * A block device of other sectors is put behind a loop device, too.
 *
 * The loop devices go when nothing holds them any more, however the tool ends;
 * until attach_detach() the tool does.
 *
 * Return: 0, or an exit code after a message.
 */
int attach_devices(const struct log *log, const struct sources *sources,
		   unsigned int sector_size, struct attachments *a)
{
	size_t i;
	int r;

	r = allocate(sources, a);
	for (i = 0; i < a->nr && !r; i++)
		r = attach_one(log, sector_size, &a->list[i]);
	return r;
}

/**
 * attach_name_of() - what a table calls a source
 * @a: the sources
 * @source: one of them
 *
 * Return: the name; NULL if it has none.
 */
const char *attach_name_of(const struct attachments *a,
			   const struct source *source)
{
	size_t i;

	for (i = 0; i < a->nr; i++)
		if (a->list[i].source == source)
			return a->list[i].name;
	return NULL;
}

/**
 * attach_tell() - say which file was behind which loop device
 * @a: the sources
 *
 * The kernel's messages name devices, which are gone when they are read.
 */
void attach_tell(const struct attachments *a)
{
	char link[64], device[256];
	size_t i;
	ssize_t n;

	for (i = 0; i < a->nr; i++) {
		if (a->list[i].loop < 0 || !a->list[i].name)
			continue;
		snprintf(link, sizeof(link), "/sys/dev/block/%s",
			 a->list[i].name);
		n = readlink(link, device, sizeof(device) - 1);
		if (n < 0)
			continue;
		device[n] = '\0';
		note("%s was %s", file_base_name(device),
		     a->list[i].source->path);
	}
}

/**
 * attach_detach() - let go of the loop devices
 * @a: the sources
 */
void attach_detach(struct attachments *a)
{
	size_t i;

	for (i = 0; i < a->nr; i++) {
		if (a->list[i].loop >= 0)
			close(a->list[i].loop);
		a->list[i].loop = -1;
	}
}

/**
 * attach_free() - free what was made, and let go of the loop devices
 * @a: the sources, or all 0
 */
void attach_free(struct attachments *a)
{
	size_t i;

	attach_detach(a);
	for (i = 0; i < a->nr; i++)
		free(a->list[i].name);
	free(a->list);
	*a = (struct attachments){ 0 };
}
