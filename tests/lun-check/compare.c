// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the reader finds, compared with a manifest.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gen/report.h"
#include "util/sha256.h"
#include "compare.h"
#include "source/bytes.h"
#include "source/file.h"
#include "source/folder.h"
#include "source/layout.h"
#include "source/source.h"
#include "source/stored.h"
#include "util/message.h"
#include "vmfs/datastore.h"

#define BUFFER (1U << 20)

/* A file that is being compared. */
struct subject {
	struct comparison *c;
	const struct item *item;
	const struct layout *layout;
};

static const char *lun_of(const struct comparison *c, const struct part *p)
{
	return c->m->luns[p->lun];
}

static int wrong_run(const struct subject *s, const struct layout_piece *piece,
		     const struct part *wanted)
{
	if (!piece->device)
		report_line("%s: byte %llu: found a hole", s->item->path,
			    piece->start);
	else
		report_line("%s: byte %llu: found at %llu of %s", s->item->path,
			    piece->start, piece->at, piece->device->path);
	if (!wanted)
		return report("expected a hole there");
	return report("expected byte %llu at %llu of %s", wanted->start,
		      wanted->at, lun_of(s->c, wanted));
}

/* Every piece must lie in a part of the manifest's map, and each part be met. */
static int compare_map(const struct subject *s)
{
	const struct parts *map = &s->item->map;
	struct layout_piece piece;
	size_t i = 0;
	u64 at;

	for (at = 0; at < s->layout->bytes; at = piece.end) {
		const struct part *p = i < map->nr ? &map->part[i] : NULL;

		layout_look(s->layout, at, &piece);
		if (!piece.device) {
			if (p && p->start < piece.end)
				return wrong_run(s, &piece, p);
			continue;
		}
		/* A piece may be a part of the manifest's, not more. */
		if (!p || piece.start < p->start ||
		    piece.end > p->start + p->length ||
		    piece.at != p->at + (piece.start - p->start) ||
		    strcmp(piece.device->path, lun_of(s->c, p)))
			return wrong_run(s, &piece, p);
		if (piece.end == p->start + p->length)
			i++;
	}
	if (i < map->nr)
		return report("%s: byte %llu: not mapped", s->item->path,
			      map->part[i].start);
	return 0;
}

static int read_piece(const struct layout_piece *piece, u64 at, void *buf,
		      size_t size)
{
	memset(buf, 0, size);
	if (!piece->device)
		return 0;
	return bytes_read(piece->device->fd, buf, size,
			  piece->at + (at - piece->start));
}

/* Sums bytes [start, end) up. */
static int add_bytes(const struct subject *s, struct sha256 *sum, u64 start,
		     u64 end)
{
	static u8 buf[BUFFER];
	struct layout_piece piece;
	size_t some;
	int err;

	for (; start < end; start += some) {
		layout_look(s->layout, start, &piece);
		some = min_t(u64, BUFFER, min_t(u64, piece.end, end) - start);
		err = read_piece(&piece, start, buf, some);
		if (err)
			return report("%s: byte %llu: %s", s->item->path, start,
				      strerror(err));
		sha256_add(sum, buf, some);
	}
	return 0;
}

static int compare_sum(const struct subject *s, u64 start, u64 end,
		       const char *expected)
{
	char found[SHA256_TEXT];
	struct sha256 sum;

	sha256_start(&sum);
	if (add_bytes(s, &sum, start, end))
		return -1;
	sha256_end(&sum, found);
	if (strcmp(found, expected))
		return report("%s: bytes %llu to %llu: found %s, expected %s",
			      s->item->path, start, end, found, expected);
	return 0;
}

/* Nothing but holes, of the file or of the LUN's image, and zeros. */
static int compare_zeros(const struct subject *s, u64 start, u64 end)
{
	static u8 buf[BUFFER], zeros[BUFFER];
	struct layout_piece piece;

	for (; start < end; start = min_t(u64, piece.end, end)) {
		off_t at, stop, data;

		layout_look(s->layout, start, &piece);
		if (!piece.device)
			continue;
		at = (off_t)(piece.at + (start - piece.start));
		stop = at + (off_t)(min_t(u64, piece.end, end) - start);
		while ((data = lseek(piece.device->fd, at, SEEK_DATA)) >= 0 &&
		       data < stop) {
			size_t n = min_t(u64, BUFFER, (u64)(stop - data));

			if (bytes_read(piece.device->fd, buf, n, (u64)data) ||
			    memcmp(buf, zeros, n))
				return report("%s: not zero: at %lld of %s",
					      s->item->path, (long long)data,
					      piece.device->path);
			at = data + (off_t)n;
		}
	}
	return 0;
}

static int compare_contents(const struct subject *s)
{
	const struct item *item = s->item;
	u64 at = 0;
	size_t i;

	if (strcmp(item->sum, "-"))
		return compare_sum(s, 0, item->size, item->sum);
	for (i = 0; i < item->data.nr; i++) {
		const struct part *p = &item->data.part[i];

		if (compare_zeros(s, at, p->start) ||
		    compare_sum(s, p->start, p->start + p->length, p->sum))
			return -1;
		at = p->start + p->length;
	}
	return compare_zeros(s, at, item->size);
}

static int compare_lock(const struct item *item, const struct stored *stored)
{
	if ((unsigned int)stored->lock.mode != item->lock ||
	    strcmp(stored->lock.owner, item->owner ? item->owner : ""))
		return report("%s: found lock %u of '%s', expected %u of '%s'",
			      item->path, stored->lock.mode, stored->lock.owner,
			      item->lock, item->owner ? item->owner : "");
	return 0;
}

static int compare_layout(struct comparison *c, const struct item *item,
			  const struct file_found *found, bool exact)
{
	struct subject s = { .c = c, .item = item };
	struct layout *layout;
	int ret;

	/* The room has said why. */
	if (found->stored->ops->map(found->stored, item->path, &layout))
		return exact ? report("%s: cannot be mapped", item->path) : -1;
	s.layout = layout;
	ret = 0;
	if (exact && layout->bytes != item->size)
		ret = report("%s: %llu bytes are mapped, expected %llu",
			     item->path, layout->bytes, item->size);
	if (!ret && exact && c->m->has_map)
		ret = compare_map(&s);
	if (!ret && exact && c->contents)
		ret = compare_contents(&s);
	layout_free(layout);
	return ret;
}

static int compare_file(struct comparison *c, const struct datastore *d,
			const struct item *item, bool exact)
{
	struct file_found found = { .fd = -1 };
	int ret = folder_look(d->root, item->path + 1, &found);

	if (ret)
		return exact ? report("%s: %s", item->path, strerror(ret)) : -1;
	if (exact && (!S_ISREG(found.st.st_mode) ||
		      (u64)found.st.st_size != item->size))
		ret = report("%s: found mode %o and %lld bytes, expected a file of %llu",
			     item->path, found.st.st_mode,
			     (long long)found.st.st_size, item->size);
	if (!ret && exact && (u64)found.st.st_blocks * 512 != item->allocated)
		ret = report("%s: %llu bytes are allocated, expected %llu",
			     item->path, (u64)found.st.st_blocks * 512,
			     item->allocated);
	if (!ret && exact)
		ret = compare_lock(item, found.stored);
	if (!ret)
		ret = compare_layout(c, item, &found, exact);
	stored_put(found.stored);
	return ret;
}

static int compare_link(const struct datastore *d, const struct item *item,
			bool exact)
{
	char text[4096];
	int err = folder_read_link(d->root, item->path + 1, text, sizeof(text));

	if (!exact)
		return 0;
	if (err)
		return report("%s: %s", item->path, strerror(err));
	if (strcmp(text, item->target))
		return report("%s: leads to %s, expected %s", item->path, text,
			      item->target);
	return 0;
}

/* An RDM has no bytes of its own: it must not be taken for a file of zeros. */
static int compare_rdm(const struct datastore *d, const struct item *item,
		       bool exact)
{
	struct file_found found = { .fd = -1 };
	struct layout *layout;
	int ret = 0;

	if (folder_look(d->root, item->path + 1, &found))
		return 0;
	if (!found.stored->ops->map(found.stored, item->path, &layout)) {
		layout_free(layout);
		if (exact)
			ret = report("%s: a raw device is mapped", item->path);
	}
	stored_put(found.stored);
	return ret;
}

struct listing {
	struct comparison *c;
	const char *path;
	size_t entries;
	bool exact;
	bool wrong;
};

static bool is_system(const char *path, const char *name)
{
	const char *dot = strrchr(name, '.');

	return !*path && *name == '.' && dot && !strcmp(dot, ".sf");
}

static int list_name(void *data, const char *name)
{
	struct listing *l = data;
	char *path;

	if (is_system(l->path, name))
		return 0;
	if (asprintf(&path, "%s/%s", l->path, name) < 0)
		return ENOMEM;
	l->entries++;
	if (l->exact && !manifest_find(l->c->m, path)) {
		report_line("%s: should not be there", path);
		l->wrong = true;
	}
	free(path);
	return 0;
}

static int compare_folder(struct comparison *c, const struct datastore *d,
			  const char *path, size_t entries, bool exact)
{
	struct listing l = { .c = c, .path = path, .exact = exact };
	struct folder *below = d->root;
	int err = *path ? folder_enter(d->root, path + 1, &below) : 0;

	if (!err)
		err = folder_list(below, list_name, &l);
	if (*path && below != d->root)
		folder_put(below);
	if (!exact)
		return 0;
	if (err)
		return report("%s: %s", path, strerror(err));
	if (l.entries != entries)
		return report("%s/: found %zu entries, expected %zu", path,
			      l.entries, entries);
	return l.wrong ? -1 : 0;
}

static int compare_item(struct comparison *c, const struct datastore *d,
			const struct item *item)
{
	bool exact = !c->touched || !c->touched(c->data, item->path);
	int ret;

	switch (item->kind) {
	case ITEM_DIR:
		ret = compare_folder(c, d, item->path, item->entries, exact);
		break;
	case ITEM_LINK:
		ret = compare_link(d, item, exact);
		break;
	case ITEM_RDM:
		ret = compare_rdm(d, item, exact);
		break;
	default:
		ret = compare_file(c, d, item, exact);
		break;
	}
	if (!exact)
		return 0;
	c->compared += !ret;
	return ret;
}

static int compare_volume(struct comparison *c, const struct datastores *all)
{
	const struct datastore *d = datastores_get(all, 0);
	bool exact = !c->touched || !c->touched(c->data, "/");
	int ret = 0;
	size_t i;

	if (exact && (datastores_nr(all) != 1 ||
		      strcmp(d->label, c->m->label) ||
		      strcmp(d->uuid, c->m->uuid)))
		return report("found volume %s, '%s', expected %s, '%s'",
			      d->uuid, d->label, c->m->uuid, c->m->label);
	if (compare_folder(c, d, "", c->m->root_entries, exact))
		ret = -1;
	for (i = 0; i < c->m->nr_items; i++) {
		if (compare_item(c, d, &c->m->items[i]))
			ret = -1;
	}
	return ret;
}

/**
 * comparison_run() - compare all that the reader finds with the manifest
 * @c: what to compare; @c->compared is set
 *
 * Return: 0, or -1 after a report of each difference.
 */
int comparison_run(struct comparison *c)
{
	const struct datastores_options options = { .force = c->force };
	const struct log log = { 0 };
	struct datastores *all;
	int ret;

	c->compared = 0;
	/* What concerns all of the volume may keep it from being opened. */
	if (datastores_open(&log, (const char *const *)c->m->luns,
			    c->m->nr_luns, &options, &all))
		return c->touched && c->touched(c->data, "/") ?
			       0 : report("the volume is not opened");
	ret = compare_volume(c, all);
	if (!ret && !c->touched && datastores_check_unchanged(all))
		ret = -1;
	if (c->touched)
		datastores_check_unchanged(all);
	datastores_close(all);
	return ret;
}
