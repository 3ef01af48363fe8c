// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/attach.h"
#include "device/load-progress.h"
#include "dm-sesparse/format.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"

/* What takes less time is not worth a line. */
#define PATIENCE_NS 1000000000ULL

/* Bytes that have been read from the disk's devices since they exist. */
static u64 bytes_loaded(const struct attachments *names)
{
	unsigned long long sectors, sum = 0;
	char path[64];
	size_t i;
	FILE *f;

	for (i = 0; i < names->nr; i++) {
		/* What lies on a LUN is read from there. */
		if (names->list[i].source->layout)
			continue;
		snprintf(path, sizeof(path), "/sys/dev/block/%s/stat",
			 names->list[i].name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%*u %*u %llu", &sectors) == 1)
			sum += sectors;
		fclose(f);
	}
	return sum * SESPARSE_SECTOR_SIZE;
}

/**
 * loading_begin() - a table is about to be loaded
 * @log: how much to tell
 * @l: filled in
 * @image: the disk
 * @names: its sources as devices
 */
void loading_begin(const struct log *log, struct loading *l,
		   const struct image *image, const struct attachments *names)
{
	*l = (struct loading){
		.is_shown = !log->quiet && isatty(STDERR_FILENO),
		.image = image,
		.names = names,
		.before = bytes_loaded(names),
		.begin = progress_now(),
	};
}

/**
 * loading_tick() - tell how far it is, if a terminal is there to be told
 * @data: the loading
 */
void loading_tick(void *data)
{
	struct loading *l = data;
	u64 done;

	if (!l->is_shown || progress_now() - l->begin < PATIENCE_NS)
		return;
	if (!l->progress.is_shown) {
		progress_begin(&l->progress, true, "of tables read",
			       extents_table_bytes(&l->image->chain));
		l->progress.begin = l->begin;
	}
	progress_answer(&l->progress);
	done = bytes_loaded(l->names) - l->before;
	progress_add(&l->progress, done > l->progress.done ?
		     done - l->progress.done : 0);
}

/**
 * loading_end() - the table is loaded, or is not going to be
 * @l: the loading
 * @is_done: it is loaded
 */
void loading_end(struct loading *l, bool is_done)
{
	/* Tables that newer layers hide did not have to be read. */
	l->progress.total = l->progress.done;
	progress_end(&l->progress, is_done);
}
