// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/file.h"
#include "source/folder.h"
#include "util/message.h"
#include "vmfs/directory.h"
#include "vmfs/fs.h"
#include "vmfs/stored-file.h"
#include "vmfs/vmfs-folder.h"
#include "vmfs/walk.h"

/**
 * struct vmfs_folder - a folder of a volume
 * @folder: what all folders have; comes first
 * @fs: the volume
 * @depth: how many there are in @chain
 * @chain: descriptors of the folders from the root down to it
 */
struct vmfs_folder {
	struct folder folder;
	struct fs *fs;
	unsigned int depth;
	u32 chain[];
};

static const struct vmfs_folder *vmfs_of(const struct folder *folder)
{
	return (const struct vmfs_folder *)folder;
}

static const struct folder_ops vmfs_ops;

/* Takes @real, which may be NULL: there was no memory. */
static int wrap(struct fs *fs, const u32 *chain, unsigned int depth, char *real,
		struct folder **folder)
{
	struct vmfs_folder *f;

	f = real ? calloc(1, sizeof(*f) + depth * sizeof(*chain)) : NULL;
	if (!f) {
		free(real);
		return ENOMEM;
	}
	f->folder.ops = &vmfs_ops;
	f->folder.users = 1;
	f->folder.alone = depth == 1;
	f->folder.real = real;
	f->fs = fs;
	f->depth = depth;
	memcpy(f->chain, chain, depth * sizeof(*chain));
	*folder = &f->folder;
	return 0;
}

static int walk(const struct folder *folder, const char *name, bool follow,
		struct walk **w)
{
	const struct vmfs_folder *f = vmfs_of(folder);

	return walk_to(f->fs, f->chain, f->depth, name, follow, w);
}

static int vmfs_look(const struct folder *folder, const char *name,
		     struct file_found *found)
{
	struct walk *w;
	int r;

	r = walk(folder, name, true, &w);
	if (r)
		return r;
	r = stored_file_new(w->fs, &w->inode, &found->stored);
	walk_free(w);
	if (r)
		return r;
	found->fd = -1;
	found->st = found->stored->st;
	return 0;
}

static int vmfs_enter(const struct folder *folder, const char *name,
		      struct folder **below)
{
	struct walk *w;
	char *real;
	int r;

	r = walk(folder, name, true, &w);
	if (r)
		return r;
	if (!walk_is_folder(w))
		r = ENOTDIR;
	else if (asprintf(&real, "%s%s%s", folder->real, *w->done ? "/" : "",
			  w->done) < 0)
		r = ENOMEM;
	else
		r = wrap(w->fs, w->chain, w->depth, real, below);
	walk_free(w);
	return r;
}

static int vmfs_above(const struct folder *folder, struct folder **above)
{
	const struct vmfs_folder *f = vmfs_of(folder);
	const char *slash = strrchr(folder->real, '/');

	if (f->depth == 1)
		return ENOENT;
	return wrap(f->fs, f->chain, f->depth - 1,
		    strndup(folder->real, (size_t)(slash - folder->real)),
		    above);
}

static int vmfs_list(const struct folder *folder, folder_name_fn each,
		     void *data)
{
	struct directory *directory;
	struct walk *w;
	size_t i;
	int r;

	r = walk(folder, ".", true, &w);
	if (r)
		return r;
	r = directory_open(w->fs, &w->inode, &directory) ? EUCLEAN : 0;
	walk_free(w);
	if (r)
		return r;
	for (i = 0; i < directory_nr(directory) && !r; i++)
		r = each(data, directory_name(directory, i));
	directory_close(directory);
	return r;
}

static bool vmfs_is_whole(const struct folder *folder)
{
	struct directory *directory;
	struct walk *w;
	bool is_whole;

	if (walk(folder, ".", true, &w))
		return false;
	is_whole = !directory_open(w->fs, &w->inode, &directory);
	walk_free(w);
	if (!is_whole)
		return false;
	is_whole = directory_is_whole(directory);
	directory_close(directory);
	return is_whole;
}

static int vmfs_read_link(const struct folder *folder, const char *name,
			  char *text, size_t size)
{
	struct walk *w;
	int r;

	r = walk(folder, name, false, &w);
	if (r)
		return r;
	r = w->inode.type == INODE_LINK ?
	    walk_read_link(w->fs, &w->inode, text, size) : EINVAL;
	walk_free(w);
	return r;
}

static bool vmfs_same(const struct folder *a, const struct folder *b)
{
	const struct vmfs_folder *x = vmfs_of(a), *y = vmfs_of(b);

	return x->fs == y->fs &&
	       x->chain[x->depth - 1] == y->chain[y->depth - 1];
}

static void vmfs_close(struct folder *folder)
{
	free(folder);
}

static const struct folder_ops vmfs_ops = {
	.look = vmfs_look,
	.enter = vmfs_enter,
	.above = vmfs_above,
	.list = vmfs_list,
	.is_whole = vmfs_is_whole,
	.read_link = vmfs_read_link,
	.same = vmfs_same,
	.close = vmfs_close,
};

/**
 * vmfs_folder_root() - open the topmost folder of a volume
 * @fs: the volume
 * @folder: set to it, for folder_put(), on success; messages have it as "[label] "
 *
 * Return: 0, or an exit code after a message.
 */
int vmfs_folder_root(struct fs *fs, struct folder **folder)
{
	const u32 root = INODE_ROOT;
	char *real;

	if (asprintf(&real, "/vmfs/volumes/%s", fs->uuid) < 0 ||
	    wrap(fs, &root, 1, real, folder))
		return fail_memory();
	if (asprintf(&(*folder)->path, "[%s] ", fs->label) >= 0)
		return 0;
	(*folder)->path = NULL;
	folder_put(*folder);
	return fail_memory();
}
