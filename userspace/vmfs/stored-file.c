// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/stored.h"
#include "util/message.h"
#include "vmfs/fs.h"
#include "vmfs/inode.h"
#include "vmfs/map.h"
#include "vmfs/stored-file.h"

/* Of what identifies a SCSI device, as an RDM has it. */
#define ID_LENGTH_AT 1
#define ID_AT 34
#define ID_BYTES 44

/**
 * struct stored_file - a file of a volume
 * @stored: what all such have; comes first
 * @fs: the volume
 * @inode: its descriptor, as it was when it was looked up
 */
struct stored_file {
	struct stored stored;
	struct fs *fs;
	struct inode inode;
};

/* As text if it is, such as "naa.6000...", else in hexadecimal digits. */
static void print_id(const struct stored_file *f, char text[2 * ID_BYTES + 1])
{
	const unsigned char *id = f->inode.raw + f->fs->inline_at;
	const unsigned int nr = min_t(unsigned int, id[ID_LENGTH_AT], ID_BYTES);
	unsigned int i;

	memcpy(text, id + ID_AT, nr);
	text[nr] = '\0';
	for (i = 0; i < nr && isgraph((unsigned char)text[i]); i++)
		;
	if (i && strlen(text) == i)
		return;
	strcpy(text, nr ? "" : "not told");
	for (i = 0; i < nr; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", id[ID_AT + i]);
}

/* The bytes of such a file are another LUN's. */
static int fail_rdm(const struct stored_file *f, const char *path)
{
	char id[2 * ID_BYTES + 1];

	print_id(f, id);
	return fail(EXIT_DEVICE,
		    "%s: is a raw device mapping (RDM): its bytes are on a LUN of its own, whose identifier is %s: give the descriptor that names this file, and that LUN with --parent",
		    path, id);
}

static int map(struct stored *stored, const char *path, struct layout **layout)
{
	const struct stored_file *f = (const struct stored_file *)stored;

	if (f->inode.type == INODE_RDM)
		return fail_rdm(f, path);
	return map_inode(f->fs, &f->inode, path, f->fs->seen, layout);
}

static void close_file(struct stored *stored)
{
	struct stored_file *f = (struct stored_file *)stored;

	inode_free(&f->inode);
	free(f);
}

static const struct stored_ops ops = {
	.map = map,
	.close = close_file,
};

/**
 * stored_file_new() - make a file of a descriptor
 * @fs: where it is
 * @inode: the descriptor; taken on success
 * @stored: set to the file, for stored_put(), on success
 *
 * Return: 0, or an errno.
 */
int stored_file_new(struct fs *fs, struct inode *inode, struct stored **stored)
{
	struct stored_file *f = calloc(1, sizeof(*f));

	if (!f)
		return ENOMEM;
	f->stored.ops = &ops;
	f->stored.users = 1;
	f->fs = fs;
	f->inode = *inode;
	inode->raw = NULL;
	memcpy(f->stored.volume, fs->uuid, sizeof(f->stored.volume));
	inode_stat(fs, &f->inode, &f->stored.st);
	inode_lock(fs, &f->inode, &f->stored.lock);
	f->stored.is_mapping = f->inode.type == INODE_RDM;
	*stored = &f->stored;
	return 0;
}
