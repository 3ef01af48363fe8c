// SPDX-License-Identifier: GPL-2.0-only
#include "export/keys.h"
#include "export/served.h"
#include "util/message.h"
#include "vmdk/datastore-roots.h"
#include "vmdk/find-file.h"
#include "vmdk/newer.h"
#include "vmdk/vmx.h"
#include "vmfs/datastore.h"

static int read_disk(const struct log *log, const struct keys *keys,
		     const struct image_options *options,
		     struct served *served)
{
	int r;

	r = image_read(log, keys->file, options, &served->image);
	if (!r)
		r = newer_warn(&served->image.chain);
	if (!r)
		r = disk_read(log, &served->image.chain,
			      options->care == CHAIN_SALVAGE, &served->disk);
	return r ? r : image_check_unchanged(options);
}

/* One disk is what is served. */
static int read_vm(const struct log *log, const struct keys *keys,
		   const struct vmx *vmx, struct served *served)
{
	struct image_options options = keys->image;
	struct reference named;
	int r;

	r = vmx_check_disks(vmx);
	if (r)
		return r;
	if (vmx->nr != 1)
		return fail(EXIT_USAGE,
			    "%s: has %zu disks, expected one: give a disk's descriptor, such as %s, which is %s",
			    vmx->path, vmx->nr, vmx->disks[0].file,
			    vmx->disks[0].name);
	named = vmx_reference(vmx, &vmx->disks[0]);
	options.named = &named;
	return read_disk(log, keys, &options, served);
}

/**
 * served_open() - find a disk, check it and read its tables
 * @log: how much to tell
 * @keys: where it is
 * @served: all 0; filled in, for served_close(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int served_open(const struct log *log, struct keys *keys,
		struct served *served)
{
	const struct log silent = { 0 }; /* it is opened once more */
	struct image_options *options = &keys->image;
	struct vmx *vmx = NULL;
	int r = 0;

	options->must_open = true;
	if (keys->nr_luns)
		r = datastore_roots_open(log, keys->luns, keys->nr_luns,
					 &options->roots, &served->datastores);
	if (!r)
		r = vmx_find(&silent, &options->roots, keys->file, &vmx);
	if (!r)
		r = vmx ? read_vm(log, keys, vmx, served) :
			  read_disk(log, keys, options, served);
	vmx_free(vmx);
	return r;
}

/**
 * served_close() - close what served_open() opened
 * @served: it
 * @keys: where it was, of no use any more
 */
void served_close(struct served *served, struct keys *keys)
{
	disk_free(&served->disk);
	image_free(&served->image);
	/* Folders of a datastore are held by the keys. */
	keys_free(keys);
	datastores_close(served->datastores);
	served->datastores = NULL;
}
