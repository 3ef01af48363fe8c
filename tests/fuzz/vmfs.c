// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of VMFS volumes.  An input picks a volume, how to look at it, and changes
 * bytes of its metadata, so that it gets past whatever is looked at first; then the volume is
 * opened, all of it gone through, and each file's bytes located and some read.
 *
 * What is told of a file must lie on the device, once looked at again must be the
 * same, and the same volume must come to the same a second time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fuzz.h"
#include "image.h"
#include "source/folder.h"
#include "source/layout.h"
#include "source/source.h"
#include "source/stored.h"
#include "source/tree.h"
#include "util/hash.h"
#include "util/message.h"
#include "vmfs/datastore.h"

#define NR_VOLUMES 15
#define MAX_CHANGES 16
/* Entries that are gone through, more than any of the volumes has. */
#define MAX_ENTRIES 60
#define ENOUGH 100 /* what ends a walk then; no exit code */

/* How a volume is looked at; the least bits are the name that is looked up. */
#define HOW_DIRECT 8 /* by direct I/O */
#define HOW_UNCHANGED 16 /* it must be unchanged in the end */
#define HOW_TWICE (32 | 64 | 128) /* again: all of these bits */

static struct image volumes[NR_VOLUMES];

static void load_places(void)
{
	struct image_place place;
	char *name;
	int volume;
	FILE *f;

	must(asprintf(&name, "%s/volumes/places", fuzz_folder()) > 0);
	f = fopen(name, "r");
	must(f);
	while (fscanf(f, "%d %llu %llu", &volume, &place.at, &place.size) == 3) {
		must(volume >= 0 && volume < NR_VOLUMES);
		image_add_place(&volumes[volume], place.at, place.size);
	}
	fclose(f);
	free(name);
}

static void load(void)
{
	char name[32];
	int i;

	if (volumes[0].nr)
		return;
	for (i = 0; i < NR_VOLUMES; i++) {
		snprintf(name, sizeof(name), "volumes/%d.img", i);
		image_load(&volumes[i], name);
	}
	load_places();
	for (i = 0; i < NR_VOLUMES; i++)
		must(volumes[i].nr);
}

/**
 * struct look - what is found
 * @v: the volume
 * @entries: entries gone through
 * @sum: of all that was found
 */
struct look {
	const struct image *v;
	unsigned int entries;
	u64 sum;
};

static void add_sum(struct look *l, u64 number)
{
	l->sum = hash_add(l->sum, &number, sizeof(number));
}

/* Each byte of the file lies in one piece, and that on the device. */
static void check_pieces(struct look *l, const struct layout *layout)
{
	struct layout_piece piece;
	u64 at, nr = 0;

	for (at = 0; at < layout->bytes; at = piece.end, nr++) {
		layout_look(layout, at, &piece);
		must_equal(piece.start, at);
		must(piece.end > at && piece.end <= layout->bytes);
		must(!piece.device || piece.at < l->v->bytes);
		must(!piece.device ||
		     piece.end - piece.start <= l->v->bytes - piece.at);
		add_sum(l, piece.end);
		add_sum(l, piece.device ? piece.at : ~0ULL);
	}
	must(nr <= layout->nr_runs);
}

/* What lies on the device can be read, and its hash is of what is there. */
static void read_some(struct look *l, const struct source *source, u64 at)
{
	char bytes[4096];
	size_t done;

	must(!source_read_some(source, bytes, sizeof(bytes), at, &done));
	must_equal(done, min_t(u64, sizeof(bytes), source->layout->bytes - at));
	l->sum = hash_add(l->sum, bytes, done);
}

static void look_at_file(struct look *l, const struct tree_entry *entry)
{
	const struct log log = { 0 };
	struct source source = SOURCE_CLOSED((char *)entry->below);
	int r;

	must(entry->found.st.st_size >= 0);
	r = source_open(&log, &entry->found, &source);
	must(r >= 0 && r <= EXIT_BUSY);
	must(fuzz_told() || !r);
	add_sum(l, (u64)r);
	if (!r) {
		must_equal(source.layout->bytes, entry->found.st.st_size);
		check_pieces(l, source.layout);
		if (source.layout->bytes) {
			read_some(l, &source, 0);
			read_some(l, &source, source.layout->bytes - 1);
		}
	}
	source_close(&source);
}

static int take_entry(void *data, const struct tree_entry *entry)
{
	struct look *l = data;

	if (l->entries++ == MAX_ENTRIES)
		return ENOUGH;
	must(*entry->name && !strchr(entry->name, '/'));
	must(strcmp(entry->name, ".") && strcmp(entry->name, ".."));
	l->sum = hash_add(l->sum, entry->below, strlen(entry->below));
	add_sum(l, (u64)entry->kind);
	if (entry->kind == TREE_FILE && S_ISREG(entry->found.st.st_mode))
		look_at_file(l, entry);
	if (entry->kind == TREE_LINK)
		l->sum = hash_add(l->sum, entry->link, strlen(entry->link));
	return 0;
}

/* A name as a descriptor may have it, perhaps through links. */
static void look_up(struct look *l, struct folder *root, uint8_t which)
{
	static const char *const names[8] = {
		"vm/below/../inside", "vm/link", "absolute", "vm/double",
		"../x", "vm/./below/.", "vm/inside/x", "vm/link/..",
	};
	struct file_found found = { .fd = -1 };
	const int r = folder_look(root, names[which % 8], &found);

	must(r || found.stored);
	add_sum(l, (u64)r);
	if (!r)
		add_sum(l, found.st.st_ino);
	stored_put(found.stored);
}

/* Returns a hash of all that was found. */
static u64 look(const struct image *v, uint8_t how)
{
	const int fd = files_set(0, v->memory, v->bytes, how & HOW_DIRECT);
	static const struct tree_ops ops = { .entry = take_entry };
	const struct log log = { .verbose = true };
	struct look l = { .v = v, .sum = HASH_START };
	char name[32];
	const char *const luns[] = { name };
	struct datastores *all;
	size_t i;
	int r;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	r = datastores_open(&log, luns, 1, NULL, &all);
	must(r >= 0 && r <= EXIT_BUSY);
	must(fuzz_told() || !r);
	add_sum(&l, (u64)r);
	if (r)
		return l.sum;
	must(datastores_nr(all));
	fuzz_taken();
	for (i = 0; i < datastores_nr(all); i++) {
		r = tree_walk(datastores_get(all, i)->root, &ops, &l);
		must(r == ENOUGH || (r >= 0 && r <= EXIT_BUSY));
		add_sum(&l, (u64)r);
		look_up(&l, datastores_get(all, i)->root, how);
	}
	if (how & HOW_UNCHANGED)
		must(!datastores_check_unchanged(all));
	datastores_close(all);
	return l.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	const struct image *v = &volumes[draw_byte(&draw) % NR_VOLUMES];
	const uint8_t how = draw_byte(&draw);
	struct image_change changes[MAX_CHANGES];
	int nr = 0;
	u64 sum;

	load();
	while (draw.left && nr < MAX_CHANGES)
		image_change(v, &draw, &changes[nr++]);
	sum = look(v, how);
	must(!files_open());
	if ((how & HOW_TWICE) == HOW_TWICE)
		must_equal(look(v, how ^ HOW_DIRECT), sum);
	while (nr--)
		image_undo(v, &changes[nr]);
	return 0;
}
