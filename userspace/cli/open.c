// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "cli/opening.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "device/assembly.h"
#include "device/attach.h"
#include "device/dm.h"
#include "device/load-progress.h"
#include "device/name.h"
#include "device/overlay-store.h"
#include "device/overlay.h"
#include "device/pieces.h"
#include "device/stack.h"
#include "device/dm-table.h"
#include "host/contents.h"
#include "util/message.h"
#include "util/signals.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"
#include "vmdk/newer.h"
#include "vmdk/vmx.h"

static int check_free(const struct log *log, const char *name)
{
	struct stack stack;
	int r;

	r = stack_look(log, name, &stack);
	if (!r && stack.disk.exists)
		r = fail(EXIT_BUSY,
			 "%s: a device of that name exists: close it, or take another name",
			 name);
	else if (!r && stack_lowest(&stack))
		r = fail(EXIT_BUSY,
			 "%s: an open that was killed has left %s: close it",
			 name, stack_lowest(&stack));
	stack_free(&stack);
	return r;
}

static int find_overlay(struct opening *op)
{
	struct options *o = op->options;
	int r;

	if (!(o->given & OPT_OVERLAY) && o->given & OPT_OVERLAY_SIZE)
		return fail(EXIT_USAGE,
			    "--overlay-size means nothing without --overlay");
	if (!(o->given & OPT_OVERLAY))
		return 0;
	if (!o->overlay.path && o->given & OPT_OVERLAY_SIZE)
		return fail(EXIT_USAGE,
			    "--overlay-size means nothing to --overlay ram:SIZE");
	r = overlay_find(&o->overlay, &op->image, o->given & OPT_IGNORE_CID,
			 &op->overlay);
	return r ? r : device_check_target("snapshot");
}

/**
 * opening_prepare() - read and check everything there is; nothing is changed yet
 * @op: the disk; for opening_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int opening_prepare(struct opening *op)
{
	struct options *o = op->options;
	int r;

	r = image_read(&o->log, op->path, op->how, &op->image);
	if (!r && o->sector_size)
		r = extents_check_sectors(&op->image.chain, o->sector_size);
	if (!r)
		r = names_make(op->name, op->image.chain.links[0]->cid,
			       &op->names);
	if (!r)
		r = newer_warn(&op->image.chain);
	if (!r && op->image.chain.nr_layers)
		r = device_check_target("sesparse");
	if (!r)
		r = check_free(&o->log, op->names.disk);
	return r ? r : find_overlay(op);
}

static enum device_visibility visibility(const struct opening *op)
{
	return op->options->given & OPT_SCAN ? DEVICE_SCANNED :
					       DEVICE_UNSCANNED;
}

/* Make a hidden device of a file's pieces. */
static int open_pieces(void *data, unsigned int number,
		       const struct dm_table *table, char **name)
{
	char device[NAME_SIZE], uuid[UUID_SIZE], found[DEVICE_NUMBER_SIZE];
	struct opening *op = data;
	const struct device_request request = {
		.name = device,
		.uuid = uuid,
		.table = table,
		.visibility = DEVICE_HIDDEN,
	};
	int r;

	names_lun(&op->names, number, device, uuid);
	r = assembly_add(op->assembly, &request, found);
	if (r)
		return r;
	*name = strdup(found);
	return *name ? 0 : fail_memory();
}

/* Make the hidden device, and set @number to what a table calls it. */
static int open_base(struct opening *op, char number[DEVICE_NUMBER_SIZE])
{
	struct dm_table table = { 0 };
	const struct device_request request = {
		.name = op->names.base,
		.uuid = op->names.base_uuid,
		.table = &table,
		.visibility = DEVICE_HIDDEN,
	};
	int r;

	r = dm_table_of_base(&op->image.chain, &op->attachments, &table);
	if (!r)
		r = assembly_add(op->assembly, &request, number);
	dm_table_free(&table);
	return r;
}

/* A segment of the layers on @below: the newest is the image, others hidden. */
static int open_segment(struct opening *op, size_t segment, const char *below,
			const struct ticker *ticker,
			char number[DEVICE_NUMBER_SIZE])
{
	const u64 given = op->options->given;
	const struct dm_table_options targets = {
		.names = &op->attachments,
		.salvage = given & OPT_SALVAGE,
		.ignore_dirty = given & OPT_IGNORE_DIRTY,
		.segment = segment,
		.below = below,
	};
	const bool hidden = segment || given & OPT_OVERLAY;
	char name[NAME_SIZE], uuid[UUID_SIZE];
	struct dm_table table;
	const struct device_request request = {
		.name = segment ? name : hidden ? op->names.image :
						  op->names.disk,
		.uuid = segment ? uuid : hidden ? op->names.image_uuid :
						  op->names.disk_uuid,
		.table = &table,
		.visibility = hidden ? DEVICE_HIDDEN : visibility(op),
		.ticker = ticker,
	};
	int r;

	if (segment)
		names_lower(&op->names, (unsigned int)segment, name, uuid);
	r = dm_table_of_segment(&op->image.chain, &targets, &table);
	if (!r)
		r = assembly_add(op->assembly, &request, number);
	dm_table_free(&table);
	return r;
}

/* Put the layers on @below, and set @number to what they make. */
static int open_image(struct opening *op, const char *below,
		      char number[DEVICE_NUMBER_SIZE])
{
	struct loading loading;
	const struct ticker ticker = { loading_tick, &loading };
	char last[DEVICE_NUMBER_SIZE];
	size_t i;
	int r = 0;

	loading_begin(&op->options->log, &loading, &op->image,
		      &op->attachments);
	for (i = segments_of(op->image.chain.nr_layers); i-- && !r;) {
		r = open_segment(op, i, below, &ticker, number);
		if (!r)
			memcpy(last, number, sizeof(last));
		below = last;
	}
	loading_end(&loading, !r);
	if (r && !signals_waiting())
		attach_tell(&op->attachments);
	return r;
}

/*
 * Stores of the kind "PO" do not become invalid when they are full, but refuse
 * further writes; one in memory is of that kind for this, too.
 */
static int open_overlay(struct opening *op, const char *image,
			char number[DEVICE_NUMBER_SIZE])
{
	const u64 capacity = op->image.chain.links[0]->capacity;
	struct dm_table table = { 0 };
	const struct device_request request = {
		.name = op->names.disk,
		.uuid = op->names.disk_uuid,
		.table = &table,
		.visibility = visibility(op),
		.writable = true,
	};
	char *params;
	int r;

	r = overlay_attach(&op->options->log, capacity, &op->overlay);
	if (r)
		return r;
	if (asprintf(&params, "%s %s PO %d", image, op->overlay.device,
		     STORE_CHUNK_SECTORS) < 0)
		params = NULL;
	r = dm_table_add(&table, capacity, "snapshot", params);
	if (!r)
		r = assembly_add(op->assembly, &request, number);
	dm_table_free(&table);
	return r;
}

static int open_partition(struct opening *op, const struct partition *p,
			  const char *disk)
{
	char name[NAME_SIZE], uuid[UUID_SIZE], number[DEVICE_NUMBER_SIZE];
	struct dm_table table = { 0 };
	const struct device_request request = {
		.name = name,
		.uuid = uuid,
		.table = &table,
		.visibility = visibility(op),
		.writable = op->options->given & OPT_OVERLAY,
	};
	int r;

	r = dm_table_add_linear(&table, p->sectors, disk, p->start);
	names_partition(&op->names, p->number, name, uuid);
	if (!r)
		r = assembly_add(op->assembly, &request, number);
	dm_table_free(&table);
	return r;
}

static int open_partitions(struct opening *op, const char *disk)
{
	char path[sizeof("/dev/mapper/") + NAME_SIZE];
	struct partitions partitions;
	size_t i;
	int r;

	snprintf(path, sizeof(path), "/dev/mapper/%s", op->names.disk);
	r = contents_partitions(path, op->image.chain.links[0]->capacity,
			     &partitions);
	if (!r && !partitions.nr)
		warn("%s: no partition table, so there are no partitions",
		     path);
	for (i = 0; i < partitions.nr && !r; i++)
		r = open_partition(op, &partitions.list[i], disk);
	partitions_free(&partitions);
	return r;
}

/**
 * opening_make() - make the devices
 * @op: the disk, prepared; for opening_undo() on failure
 *
 * Return: 0, or an exit code after a message.
 */
int opening_make(struct opening *op)
{
	const struct options *o = op->options;
	char base[DEVICE_NUMBER_SIZE] = "", image[DEVICE_NUMBER_SIZE];
	char top[DEVICE_NUMBER_SIZE];
	char *disk = image;
	int r;

	r = attach_devices(&o->log, &op->image, o->sector_size,
			   &op->attachments);
	if (!r)
		r = pieces_make(&op->attachments, open_pieces, op);
	if (!r && dm_table_needs_base(&op->image.chain))
		r = open_base(op, base);
	if (!r)
		r = open_image(op, base, image);
	if (!r && o->given & OPT_OVERLAY) {
		r = open_overlay(op, image, top);
		disk = top;
	}
	if (!r && o->given & OPT_PARTITIONS)
		r = open_partitions(op, disk);
	if (!r)
		r = image_check_unchanged(&o->image);
	attach_detach(&op->attachments);
	return r;
}

/**
 * opening_undo() - undo what is not undone with the assembly's devices
 * @op: the disk, those of which are gone
 */
void opening_undo(struct opening *op)
{
	if (op->options->given & OPT_OVERLAY)
		overlay_undo(&op->overlay);
}

/**
 * opening_free() - free what it took; its devices stay
 * @op: the disk
 */
void opening_free(struct opening *op)
{
	overlay_free(&op->overlay);
	attach_free(&op->attachments);
	image_free(&op->image);
}

static int open_disk(struct options *o)
{
	struct assembly assembly;
	struct opening op = {
		.options = o,
		.path = o->operands[1],
		.name = o->operands[2],
		.how = &o->image,
		.assembly = &assembly,
	};
	int r;

	r = opening_prepare(&op);
	if (!r)
		r = assembly_begin(&assembly, &o->log);
	if (r)
		goto out;
	r = opening_make(&op);
	if (r) {
		assembly_undo(&assembly);
		opening_undo(&op);
	}
	overlay_free(&op.overlay);
	assembly_end(&assembly);
out:
	opening_free(&op);
	return r;
}

/**
 * cmd_open() - make a chain, or each of a VM's, a block device
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_open(struct options *o)
{
	const struct log silent = { 0 }; /* it is opened once more */
	struct vmx *vmx = NULL;
	int r;

	o->image.must_open = true;
	o->is_checked = true;
	r = device_start(&o->log);
	if (!r)
		r = vmx_find(&silent, &o->image.roots, o->operands[1], &vmx);
	if (!r)
		r = vmx ? open_vm(o, vmx) : open_disk(o);
	vmx_free(vmx);
	return r;
}
