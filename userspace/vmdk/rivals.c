// SPDX-License-Identifier: GPL-2.0-only
/*
 * A name from another host may be that of a file in the descriptor's folder, where
 * all of a disk was copied to, or in the folder that the name itself has, next to
 * that.  Where both are there, and are not one file, a parent's content ID tells
 * which is meant.  Of an extent nothing does: the descriptor's folder goes first, for a
 * copy of a VM that lies beside it has the names of its files.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/name-place.h"
#include "vmdk/rivals.h"
#include "vmdk/settings.h"

static bool is_one(const struct file_found *a, const struct file_found *b)
{
	return a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino;
}

static bool text_has_cid(const struct text *t, u32 cid)
{
	const char *value = text_find_key(t, key_name(KEY_CID));
	size_t length;

	if (!value || !text_is_descriptor(t))
		return false;
	value += strspn(value, BLANK "\"");
	length = strspn(value, "0123456789abcdefABCDEF");
	return length && length <= 8 && strtoul(value, NULL, 16) == cid;
}

/* What cannot be read, or is no descriptor, has none. */
static bool has_cid(const struct file_found *found, u32 cid)
{
	struct source source = SOURCE_CLOSED(found->path);
	struct text text = { .path = found->path };
	bool has;

	if (!S_ISREG(found->st.st_mode) ||
	    found->st.st_size > DESCRIPTOR_FILE_BYTES)
		return false;
	has = !source_peek(found, &source) && !text_take(&text, &source) &&
	      text_has_cid(&text, cid);
	text_free(&text);
	source_close(&source);
	return has;
}

/* The folder that the name has, absolute, or NULL without memory. */
static char *folder_named(const struct reference *ref)
{
	char *folder = name_absolute(ref->folder, ref->name), *slash;

	slash = folder ? strrchr(folder, '/') : NULL;
	if (slash)
		slash[slash == folder] = '\0';
	return folder;
}

static int tell_neither(const struct reference *ref,
			const struct file_found *literal,
			const struct file_found *own)
{
	char *folder = folder_named(ref);
	int r;

	if (!folder)
		return fail_memory();
	r = fail(EXIT_DEVICE,
		 "%s:%u: %s \"%s\" may be %s or %s, expected one of them with CID %08x (see --map-root %s=FOLDER%s)",
		 ref->from, ref->line, ref->what, ref->name, literal->path,
		 own->path, *ref->cid, folder, ref->option);
	free(folder);
	return r;
}

static int warn_of_both(const struct reference *ref,
			const struct file_found *chosen,
			const struct file_found *other)
{
	char *folder = folder_named(ref);

	if (!folder)
		return fail_memory();
	warn("%s:%u: %s \"%s\" is taken to be %s, though %s, another file, has its name, too (see --map-root %s=FOLDER%s)",
	     ref->from, ref->line, ref->what, ref->name, chosen->path,
	     other->path, folder, ref->option);
	free(folder);
	return 0;
}

/**
 * rivals_choose() - choose between two files that one name may mean
 * @ref: the mention of the file
 * @how: what to fail for, or not even to warn of
 * @literal: the one in the folder that the name has
 * @own: the one in the descriptor's folder
 * @chosen: set to one of them, or to NULL: it is neither
 *
 * Return: 0, or an exit code after a message.
 */
int rivals_choose(const struct reference *ref, enum locate_how how,
		  const struct file_found *literal,
		  const struct file_found *own,
		  const struct file_found **chosen)
{
	bool literal_fits, own_fits;

	*chosen = own;
	if (is_one(literal, own))
		return 0;
	if (ref->cid) {
		literal_fits = has_cid(literal, *ref->cid);
		own_fits = has_cid(own, *ref->cid);
		if (own_fits && !literal_fits)
			return 0;
		*chosen = literal_fits ? literal : NULL;
		if (!literal_fits)
			return how == LOCATE_OR_FAIL ?
			       tell_neither(ref, literal, own) : 0;
		if (!own_fits)
			return 0;
	}
	*chosen = own;
	return how == LOCATE_QUIETLY ? 0 : warn_of_both(ref, own, literal);
}
