// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmdk/image-options.h"
#include "vmdk/image.h"

/**
 * image_options_extent() - something is in the place of an extent's file
 * @image: the options that this is added to
 * @pair: FILE=OTHER, whose parts are used as long as @image is
 *
 * Return: 0, or an exit code after a message.
 */
int image_options_extent(struct image_options *image, char *pair)
{
	/* A device has no '=' in its name as often as a file has. */
	char *equals = strrchr(pair, '=');
	struct stand_in *s;

	if (!equals || equals == pair || !equals[1])
		return fail(EXIT_USAGE, "--extent %s: expected FILE=OTHER", pair);
	s = reallocarray(image->stand_ins, image->nr_stand_ins + 1, sizeof(*s));
	if (!s)
		return fail_memory();
	image->stand_ins = s;
	*equals = '\0';
	s[image->nr_stand_ins++] = (struct stand_in){
		.file = pair,
		.device = equals + 1,
	};
	return 0;
}

/**
 * image_options_map_root() - a folder is elsewhere on this machine
 * @image: the options that this is added to
 * @pair: FROM=TO, whose parts are used as long as @image is
 *
 * Return: 0, or an exit code after a message.
 */
int image_options_map_root(struct image_options *image, char *pair)
{
	struct roots *roots = &image->roots;
	char *equals = strrchr(pair, '=');
	struct root *list;

	if (*pair != '/' || !equals || !equals[1])
		return fail(EXIT_USAGE,
			    "--map-root %s: expected FROM=TO, where FROM begins with a /",
			    pair);
	list = reallocarray(roots->list, roots->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	roots->list = list;
	*equals = '\0';
	list[roots->nr++] = (struct root){ .from = pair, .to = equals + 1 };
	return 0;
}

/**
 * image_options_parent() - something is in the place of a parent that is missing
 * @image: the options that this is added to
 * @text: as parent_parse() takes it; used as long as @image is
 *
 * Return: 0, or an exit code after a message.
 */
int image_options_parent(struct image_options *image, char *text)
{
	struct parent *list;

	list = reallocarray(image->parents, image->nr_parents + 1,
			    sizeof(*list));
	if (!list)
		return fail_memory();
	image->parents = list;
	return parent_parse(text, &list[image->nr_parents++]);
}

/**
 * image_options_check() - refuse options that exclude each other
 * @image: all of them
 *
 * Return: 0, or an exit code after a message.
 */
int image_options_check(const struct image_options *image)
{
	if (image->replay && image->ignore_dirty)
		return fail(EXIT_USAGE,
			    "--replay and --ignore-dirty, expected one of them: the journal is replayed, or the extent is taken as it stands");
	if (image->leave_out_newest && !image->replay)
		return fail(EXIT_USAGE,
			    "--leave-out-newest means nothing without --replay");
	return 0;
}

/**
 * image_options_free() - free what these have added, not the texts
 * @image: the options
 */
void image_options_free(struct image_options *image)
{
	size_t i;

	for (i = 0; i < image->nr_stand_ins; i++)
		free(image->stand_ins[i].path);
	free(image->stand_ins);
	roots_free(&image->roots);
	free(image->parents);
}
