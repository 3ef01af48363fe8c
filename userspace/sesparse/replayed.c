// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "sesparse/header.h"
#include "sesparse/journal.h"
#include "sesparse/replayed.h"
#include "source/splice.h"
#include "util/message.h"

static void add_up(const struct journal_bytes *bytes, char sum[SHA256_TEXT])
{
	struct sha256 s;

	sha256_start(&s);
	sha256_add(&s, bytes->headers, SESPARSE_HEADER_BYTES);
	sha256_add(&s, bytes->header, SESPARSE_SECTOR_SIZE);
	sha256_add(&s, bytes->slots, bytes->size);
	sha256_end(&s, sum);
}

/* What a patch has in the place of a sector that cannot be read is as good. */
static int read_sectors(const struct replayed_journal *j, u64 sector, void *buf,
			size_t bytes)
{
	const int error = source_read(&j->source, buf, bytes,
				      (j->start + sector) *
				      SESPARSE_SECTOR_SIZE);

	if (!error || !j->is_patched)
		return error;
	memset(buf, 0xff, bytes);
	return 0;
}

static int sum_up(const struct replayed_journal *j, char sum[SHA256_TEXT])
{
	char *const buf = malloc(SESPARSE_HEADER_BYTES + SESPARSE_SECTOR_SIZE +
				 j->size);
	char *header, *slots;
	int error;

	if (!buf)
		return ENOMEM;
	header = buf + SESPARSE_HEADER_BYTES;
	slots = header + SESPARSE_SECTOR_SIZE;
	error = read_sectors(j, 0, buf, SESPARSE_HEADER_BYTES);
	if (!error)
		error = read_sectors(j, j->header, header,
				     SESPARSE_SECTOR_SIZE);
	if (!error)
		error = read_sectors(j, j->slots, slots, j->size);
	if (!error) {
		const struct journal_bytes bytes = {
			.headers = buf,
			.header = header,
			.slots = slots,
			.size = j->size,
		};

		add_up(&bytes, sum);
	}
	free(buf);
	return error;
}

/**
 * replayed_add() - note what a journal is when it is replayed
 * @all: what it is added to, the last
 * @source: what its extent is in, open; may be closed before @all is dropped
 * @start: the extent's first sector there
 * @bytes: what was read of it; if it is patched, only the headers and the size count,
 *         and what is on disk is read by itself
 *
 * Return: 0, or an exit code after a message.
 */
int replayed_add(struct replayed *all, const struct source *source, u64 start,
		 const struct journal_bytes *bytes)
{
	const struct sesparse_const_header *h = bytes->headers;
	struct replayed_journal *list;
	int error;

	list = reallocarray(all->list, all->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	all->list = list;
	list += all->nr;
	*list = (struct replayed_journal){
		.start = start,
		.header = le64_to_cpu(h->journal_header.offset),
		.slots = le64_to_cpu(h->journal.offset),
		.size = bytes->size,
		.is_patched = source->splice,
	};
	error = splice_hold_disk(source, &list->source);
	if (error)
		return fail(exit_code_of(error), "%s: %s", source->path,
			    strerror(error));
	all->nr++;
	if (!list->is_patched)
		add_up(bytes, list->sum);
	else if (sum_up(list, list->sum))
		return fail_memory();
	return 0;
}

/**
 * replayed_look() - has a journal changed since it was replayed?
 * @j: what it was then
 * @changed: set to whether it, its header or the extent's headers have
 *
 * They are read again from the medium.
 *
 * Return: 0, or an errno.
 */
int replayed_look(const struct replayed_journal *j, bool *changed)
{
	char sum[SHA256_TEXT];
	int error;

	source_drop_cache(&j->source);
	error = sum_up(j, sum);
	if (!error)
		*changed = strcmp(sum, j->sum);
	return error;
}

/**
 * replayed_check_unchanged() - see that no journal has changed since it was replayed
 * @all: those that were
 *
 * Return: 0, or an exit code after a message.
 */
int replayed_check_unchanged(const struct replayed *all)
{
	const struct replayed_journal *j;
	bool changed;
	size_t i;
	int error;

	for (i = 0; i < all->nr; i++) {
		j = &all->list[i];
		error = replayed_look(j, &changed);
		if (error)
			return fail(exit_code_of(error),
				    "%s: cannot read the headers and the journal again, which were replayed: %s",
				    j->source.path, strerror(error));
		if (changed)
			return fail(EXIT_DEVICE,
				    "%s: headers or journal have changed since that was replayed in memory (experimental): the image is in use, and what was read of it may be wrong (take an array's snapshot of the LUN, or power the VM off)",
				    j->source.path);
	}
	return 0;
}

/**
 * replayed_drop() - forget journals
 * @all: of these
 * @nr: how many are to be left, the first
 */
void replayed_drop(struct replayed *all, size_t nr)
{
	while (all->nr > nr) {
		all->nr--;
		source_close(&all->list[all->nr].source);
		free(all->list[all->nr].source.path);
	}
	if (nr)
		return;
	free(all->list);
	all->list = NULL;
}
