// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the reader of VMFS volumes finds on LUNs, with nothing of the tool above it.
 *
 * vmfswalk [--force] LUN...: a line for each file, "TYPE BYTES SECTORS MODE PATH",
 *	of links " -> TARGET" too, and one for each of its runs:
 *	"  START LENGTH LUN AT" or "  START LENGTH hole"; then it is looked whether all
 *	is still there
 * vmfswalk [--force] --brief LUN...: without the runs but their number
 * vmfswalk [--wait] LUN...: before that look, says "mapped" and waits for a line of
 *	standard input
 * vmfswalk [--force] --cat PATH LUN...: the bytes of a file
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/bytes.h"
#include "source/file.h"
#include "source/folder.h"
#include "source/layout.h"
#include "source/source.h"
#include "source/stored.h"
#include "util/message.h"
#include "vmfs/datastore.h"

#define MAX_DEPTH 64

/**
 * struct walker - a folder that is gone through
 * @folder: it
 * @path: its name from the root on, ending in a slash
 * @depth: how far it is from the root
 * @brief: no runs
 * @failed: set to the exit code if a file could not be mapped; others still are
 */
struct walker {
	struct folder *folder;
	const char *path;
	unsigned int depth;
	bool brief;
	int *failed;
};

static int walk(struct walker *w);

static void print_runs(const struct layout *layout, bool brief)
{
	struct layout_piece piece = { 0 };
	u64 at;

	if (brief) {
		printf("  %zu runs\n", layout->nr_runs);
		return;
	}
	for (at = 0; at < layout->bytes; at = piece.end) {
		layout_look(layout, at, &piece);
		printf("  %llu %llu ", piece.start, piece.end - piece.start);
		if (piece.device)
			printf("%s %llu\n", piece.device->path, piece.at);
		else
			printf("hole\n");
	}
}

static int map_file(const struct file_found *found, const char *path,
		    bool brief)
{
	struct layout *layout;
	int r;

	r = found->stored->ops->map(found->stored, path, &layout);
	if (r)
		return r;
	if (layout->bytes != (u64)found->st.st_size)
		return fail(EXIT_DEVICE, "%s: mapped %llu of %lld bytes", path,
			    layout->bytes, (long long)found->st.st_size);
	print_runs(layout, brief);
	layout_free(layout);
	return 0;
}

static const char *const lock_names[] = { "", "exclusive", "read-only",
					  "multi-writer" };

static void print_file(const struct file_found *found, const char *path,
		       const char *target)
{
	const struct stored_lock *lock = &found->stored->lock;
	const mode_t mode = found->st.st_mode;

	printf("%s %lld %lld %04o %s%s%s",
	       target ? "link" : S_ISDIR(mode) ? "folder" : "file",
	       (long long)found->st.st_size, (long long)found->st.st_blocks,
	       mode & 07777, path, target ? " -> " : "", target ? target : "");
	if (lock->mode)
		printf(" (%s%s by %s)", lock->live ? "" : "left ",
		       lock_names[lock->mode], lock->owner);
	putchar('\n');
}

static int enter(struct walker *w, const char *name, const char *path)
{
	struct walker below = {
		.depth = w->depth + 1,
		.brief = w->brief,
		.failed = w->failed,
	};
	char *slashed;
	int r;

	if (below.depth > MAX_DEPTH)
		return fail(EXIT_DEVICE, "%s: too deep", path);
	if (asprintf(&slashed, "%s/", path) < 0)
		return fail_memory();
	below.path = slashed;
	r = folder_enter(w->folder, name, &below.folder);
	if (r)
		r = fail(EXIT_DEVICE, "%s: %s", path, strerror(r));
	else
		r = walk(&below);
	folder_put(below.folder);
	free(slashed);
	return r;
}

static int visit_named(struct walker *w, const char *name, const char *path)
{
	struct file_found found = { .fd = -1 };
	char target[4096];
	int r, link;

	link = folder_read_link(w->folder, name, target, sizeof(target));
	r = folder_look(w->folder, name, &found);
	if (r && !link) {
		printf("link to nothing %s -> %s: %s\n", path, target,
		       strerror(r));
		return 0;
	}
	if (r)
		return fail(EXIT_DEVICE, "%s: %s", path, strerror(r));
	print_file(&found, path, link ? NULL : target);
	if (link && S_ISREG(found.st.st_mode)) {
		r = map_file(&found, path, w->brief);
		*w->failed = r ? r : *w->failed;
		r = 0;
	} else if (link) {
		r = enter(w, name, path);
	}
	stored_put(found.stored);
	return r;
}

static int visit(void *data, const char *name)
{
	struct walker *w = data;
	char *path;
	int r;

	if (asprintf(&path, "%s%s", w->path, name) < 0)
		return fail_memory();
	r = visit_named(w, name, path);
	free(path);
	return r;
}

static int walk(struct walker *w)
{
	const int r = folder_list(w->folder, visit, w);

	return r == EUCLEAN ? EXIT_DEVICE : r;
}

/* Writes a file's bytes, holes too. */
static int cat(struct folder *root, const char *path)
{
	static char buf[1 << 20];
	struct file_found found = { .fd = -1 };
	struct layout *layout = NULL;
	struct layout_piece piece;
	size_t some;
	u64 at;
	int r;

	r = folder_look(root, path, &found);
	if (r)
		return fail(EXIT_DEVICE, "%s: %s", path, strerror(r));
	r = found.stored->ops->map(found.stored, path, &layout);
	for (at = 0; !r && at < layout->bytes; at += some) {
		layout_look(layout, at, &piece);
		some = min_t(u64, sizeof(buf), piece.end - at);
		memset(buf, 0, some);
		if (piece.device)
			r = bytes_read(piece.device->fd, buf, some,
				       piece.at + (at - piece.start));
		if (r)
			r = fail(EXIT_DEVICE, "%s: %s", path, strerror(r));
		else if (fwrite(buf, 1, some, stdout) != some)
			r = fail(EXIT_DEVICE, "stdout: %m");
	}
	layout_free(layout);
	stored_put(found.stored);
	return r;
}

/* Whoever runs this may change what was read. */
static void wait_for_line(void)
{
	printf("mapped\n");
	fflush(stdout);
	while (getchar() != '\n' && !feof(stdin))
		;
}

static int walk_all(const struct datastores *all, bool brief, bool wait)
{
	int failed = 0, r = 0;
	struct walker w = { .path = "/", .brief = brief, .failed = &failed };
	const struct datastore *d;
	size_t i;

	for (i = 0; i < datastores_nr(all) && !r; i++) {
		d = datastores_get(all, i);
		printf("datastore %s %s\n", d->uuid, d->label);
		w.folder = d->root;
		r = walk(&w);
	}
	if (!r && wait)
		wait_for_line();
	if (!r)
		r = datastores_check_unchanged(all);
	return r ? r : failed;
}

int main(int argc, char **argv)
{
	const struct log log = { .verbose = getenv("VERBOSE") };
	struct datastores_options options = { 0 };
	struct datastores *all;
	const char *path = NULL;
	bool brief = false, wait = false;
	int i = 1, r;

	for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--force"))
			options.force = true;
		else if (!strcmp(argv[i], "--brief"))
			brief = true;
		else if (!strcmp(argv[i], "--wait"))
			wait = true;
		else if (!strcmp(argv[i], "--cat") && i + 1 < argc)
			path = argv[++i];
	}
	r = datastores_open(&log, (const char *const *)argv + i,
			    (size_t)(argc - i), &options, &all);
	if (r)
		return r;
	r = path ? cat(datastores_get(all, 0)->root, path) :
	    walk_all(all, brief, wait);
	datastores_close(all);
	return r;
}
