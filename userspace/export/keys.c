// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nbdkit-plugin.h>

#include "dm-sesparse/portable.h"
#include "export/keys.h"
#include "util/message.h"
#include "vmdk/image-options.h"

const char keys_help[] =
	"[file=]DESCRIPTOR      a disk's small .vmdk file, an extent, or a .vmx with one disk\n"
	"lun=DEVICE             files are in the VMFS datastore there (repeatable)\n"
	"live=true              take what a host has open for writing as it is now\n"
	"extent=FILE=OTHER      the file or block device OTHER holds the extent FILE\n"
	"parent=FILE[:START]    the next parent that is missing; raw: the base\n"
	"map-root=FROM=TO       the descriptors' folder FROM is TO here\n"
	"ignore-cid=true        go on where a parent's CID, capacity or format differs\n"
	"ignore-dirty=true      take an extent that was not closed cleanly\n"
	"replay=true            replay its journal in memory (experimental)\n"
	"leave-out-newest=true  but for the newest record\n"
	"patch=FILE             read the metadata with what sesparsesetup recover has made\n"
	"salvage=true           go on where something is corrupt: reads of it fail";

static int take_file(struct keys *keys, char *text)
{
	if (keys->file)
		return fail(EXIT_USAGE, "file=%s: found %s before, expected one",
			    text, keys->file);
	if (!*text)
		return fail(EXIT_USAGE, "file=: is empty, expected a descriptor");
	keys->file = text;
	return 0;
}

static int take_lun(struct keys *keys, char *text)
{
	const char **luns = reallocarray(keys->luns, keys->nr_luns + 1,
					 sizeof(*luns));

	if (!luns)
		return fail_memory();
	keys->luns = luns;
	luns[keys->nr_luns++] = text;
	return *text ? 0 : fail(EXIT_USAGE, "lun=: is empty, expected a device");
}

static int take_extent(struct keys *keys, char *text)
{
	return image_options_extent(&keys->image, text);
}

static int take_parent(struct keys *keys, char *text)
{
	return image_options_parent(&keys->image, text);
}

static int take_map_root(struct keys *keys, char *text)
{
	return image_options_map_root(&keys->image, text);
}

static int take_bool(const char *text, bool *value)
{
	const int r = nbdkit_parse_bool(text); /* says what is wrong */

	*value = r > 0;
	return r < 0 ? EXIT_USAGE : 0;
}

static int take_live(struct keys *keys, char *text)
{
	return take_bool(text, &keys->image.live);
}

static int take_ignore_cid(struct keys *keys, char *text)
{
	return take_bool(text, &keys->image.ignore_cid);
}

static int take_ignore_dirty(struct keys *keys, char *text)
{
	return take_bool(text, &keys->image.ignore_dirty);
}

static int take_replay(struct keys *keys, char *text)
{
	keys->image.replayed = &keys->replayed;
	return take_bool(text, &keys->image.replay);
}

static int take_leave_out_newest(struct keys *keys, char *text)
{
	return take_bool(text, &keys->image.leave_out_newest);
}

static int take_patch(struct keys *keys, char *text)
{
	if (keys->image.patch)
		return fail(EXIT_USAGE, "patch=%s: found %s before, expected one",
			    text, keys->image.patch);
	keys->image.patch = text;
	return *text ? 0 :
	       fail(EXIT_USAGE, "patch=: is empty, expected a file's name");
}

static int take_salvage(struct keys *keys, char *text)
{
	bool salvage;
	int r = take_bool(text, &salvage);

	keys->image.care = salvage ? CHAIN_SALVAGE : CHAIN_WHOLE;
	return r;
}

static const struct key {
	const char *name;
	int (*take)(struct keys *keys, char *text);
} known[] = {
	{ "file", take_file },
	{ "lun", take_lun },
	{ "live", take_live },
	{ "extent", take_extent },
	{ "parent", take_parent },
	{ "map-root", take_map_root },
	{ "ignore-cid", take_ignore_cid },
	{ "ignore-dirty", take_ignore_dirty },
	{ "replay", take_replay },
	{ "leave-out-newest", take_leave_out_newest },
	{ "patch", take_patch },
	{ "salvage", take_salvage },
};

static int copy(struct keys *keys, const char *value, char **text)
{
	char **texts = reallocarray(keys->texts, keys->nr_texts + 1,
				    sizeof(*texts));

	if (!texts)
		return fail_memory();
	keys->texts = texts;
	*text = strdup(value);
	if (!*text)
		return fail_memory();
	texts[keys->nr_texts++] = *text;
	return 0;
}

/**
 * keys_take() - take a parameter
 * @keys: what it is added to
 * @key: its name
 * @value: its value
 *
 * Return: 0, or an exit code after a message.
 */
int keys_take(struct keys *keys, const char *key, const char *value)
{
	char *text;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].name, key))
			continue;
		r = copy(keys, value, &text);
		return r ? r : known[i].take(keys, text);
	}
	return fail(EXIT_USAGE,
		    "%s=: is no parameter, see nbdkit sesparse --help", key);
}

/**
 * keys_free() - free what keys_take() has added
 * @keys: it
 */
void keys_free(struct keys *keys)
{
	image_options_free(&keys->image);
	replayed_drop(&keys->replayed, 0);
	free(keys->luns);
	while (keys->nr_texts)
		free(keys->texts[--keys->nr_texts]);
	free(keys->texts);
	memset(keys, 0, sizeof(*keys));
}
