// SPDX-License-Identifier: GPL-2.0-only
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/beneath.h"
#include "host/loop.h"
#include "util/message.h"

static bool has(const struct beneath *l, const struct kin *kin)
{
	size_t i;

	for (i = 0; i < l->nr; i++)
		if (l->kin[i].dev == kin->dev && l->kin[i].ino == kin->ino)
			return true;
	return false;
}

static int add(struct beneath *l, struct kin kin)
{
	struct kin *list;

	if (has(l, &kin))
		return 0;
	list = reallocarray(l->kin, l->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	l->kin = list;
	list[l->nr++] = kin;
	return 0;
}

/* sysfs names a device in a file by "major:minor". */
static int add_number_in(struct beneath *l, const char *path)
{
	unsigned int number[2];
	int r = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return 0;
	if (fscanf(f, "%u:%u", &number[0], &number[1]) == 2)
		r = add(l, (struct kin){ .dev = makedev(number[0], number[1]) });
	fclose(f);
	return r;
}

static int add_slaves(struct beneath *l, const char *folder)
{
	char pattern[96];
	glob_t found;
	size_t i;
	int r;

	snprintf(pattern, sizeof(pattern), "%s/slaves/*/dev", folder);
	r = glob(pattern, 0, NULL, &found);
	if (r)
		return r == GLOB_NOMATCH ? 0 : fail_memory();
	for (i = 0; i < found.gl_pathc && !r; i++)
		r = add_number_in(l, found.gl_pathv[i]);
	globfree(&found);
	return r;
}

static int add_backing_file(struct beneath *l, dev_t dev)
{
	struct stat st;
	char *path;
	int r;

	r = loop_backing_file(major(dev), minor(dev), &path);
	if (r || !path)
		return r;
	if (!stat(path, &st))
		r = add(l, (struct kin){ .dev = st.st_dev, .ino = st.st_ino });
	free(path);
	return r;
}

static int add_below(struct beneath *l, dev_t dev)
{
	char folder[48], path[80];
	int r = 0;

	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(dev),
		 minor(dev));
	snprintf(path, sizeof(path), "%s/partition", folder);
	if (!access(path, F_OK)) {
		snprintf(path, sizeof(path), "%s/../dev", folder);
		r = add_number_in(l, path);
	}
	if (!r)
		r = add_slaves(l, folder);
	return r ? r : add_backing_file(l, dev);
}

/**
 * beneath_find() - find what a file or block device rests on
 * @st: it
 * @l: filled in, for beneath_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int beneath_find(const struct stat *st, struct beneath *l)
{
	bool is_block = S_ISBLK(st->st_mode);
	size_t i;
	int r;

	*l = (struct beneath){ 0 };
	r = add(l, (struct kin){
		.dev = is_block ? st->st_rdev : st->st_dev,
		.ino = is_block ? 0 : st->st_ino,
	});
	/* What is added here is looked into as well. */
	for (i = 0; i < l->nr && !r; i++)
		if (!l->kin[i].ino)
			r = add_below(l, l->kin[i].dev);
	return r;
}

/**
 * beneath_overlap() - is one of two things the other, or does it rest on it?
 * @a: one
 * @b: the other
 *
 * Two partitions of a disk do not overlap.
 *
 * Return: true if so.
 */
bool beneath_overlap(const struct beneath *a, const struct beneath *b)
{
	return has(a, &b->kin[0]) || has(b, &a->kin[0]);
}

/**
 * beneath_free() - free what beneath_find() made
 * @l: it
 */
void beneath_free(struct beneath *l)
{
	free(l->kin);
	*l = (struct beneath){ 0 };
}
