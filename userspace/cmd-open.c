// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cmd.h"
#include "descriptor.h"
#include "dm.h"
#include "extent.h"
#include "input.h"
#include "message.h"
#include "name.h"
#include "options.h"
#include "signals.h"
#include "table.h"

/* A disk about to be opened. */
struct opening {
	struct options *options;
	struct input input;
	struct names names;
	sigset_t signals;
};

static int check_free(const struct names *names, const char *name)
{
	struct device_state state;
	int r;

	r = device_get_state(name, &state);
	if (r || !state.exists)
		return r;
	return fail(EXIT_BUSY, "%s: a device of that name exists%s", name,
		    uuid_is_base_of(state.uuid, names) ?
		    ", left by an open that was killed: close it" :
		    ": close it, or take another name");
}

/* Read and check everything there is; nothing is changed yet. */
static int prepare(struct opening *op)
{
	struct options *o = op->options;
	int r;

	r = input_read(o, true, &op->input);
	if (!r && o->sector_size)
		r = extents_check_sectors(&op->input.chain, o->sector_size);
	if (!r)
		r = names_make(o->operands[2], op->input.chain.links[0]->cid,
			       &op->names);
	if (!r)
		r = device_check_target("sesparse");
	if (!r)
		r = check_free(&op->names, op->names.disk);
	if (!r)
		r = check_free(&op->names, op->names.base);
	return r;
}

static int check_signals(void)
{
	return signals_waiting() ?
	       fail(EXIT_DEVICE, "interrupted, undoing what was done") : 0;
}

/* Make the hidden device, and set @number to what a table calls it. */
static int open_base(const struct opening *op, char *number, size_t size)
{
	const struct log *log = &op->options->log;
	struct table table = { 0 };
	const struct device_request request = {
		.name = op->names.base,
		.uuid = op->names.base_uuid,
		.table = &table,
		.visibility = DEVICE_HIDDEN,
	};
	struct device_state state;
	int r;

	r = table_of_base(&op->input.chain, &table);
	if (!r)
		r = device_create(log, &request, &op->signals);
	table_free(&table);
	if (r)
		return r;
	r = device_get_state(op->names.base, &state);
	if (r)
		device_remove(log, op->names.base, op->names.base_uuid, false);
	snprintf(number, size, "%u:%u", state.major, state.minor);
	return r;
}

static int open_disk(const struct opening *op, const char *base)
{
	const unsigned int given = op->options->given;
	const struct table_options targets = {
		.salvage = given & OPT_SALVAGE,
		.ignore_dirty = given & OPT_IGNORE_DIRTY,
		.base = base,
	};
	struct table table;
	const struct device_request request = {
		.name = op->names.disk,
		.uuid = op->names.disk_uuid,
		.table = &table,
		.visibility = given & OPT_SCAN ? DEVICE_SCANNED : DEVICE_UNSCANNED,
	};
	int r;

	r = table_of_disk(&op->input.chain, &targets, &table);
	if (!r)
		r = check_signals();
	if (!r)
		r = device_create(&op->options->log, &request, &op->signals);
	table_free(&table);
	return r;
}

/* Make the devices, or none of them. */
static int make_devices(const struct opening *op)
{
	const struct log *log = &op->options->log;
	bool needs_base = table_needs_base(&op->input.chain);
	char base[32];
	int r;

	r = blocks_attach(log, &op->input.blocks, op->options->sector_size);
	if (!r)
		r = check_signals();
	if (!r && needs_base)
		r = open_base(op, base, sizeof(base));
	if (r)
		return r;
	r = open_disk(op, base);
	if (r && !signals_waiting())
		blocks_tell(&op->input.blocks);
	if (!r && signals_waiting()) {
		r = check_signals();
		device_remove(log, op->names.disk, op->names.disk_uuid, false);
	}
	if (r && needs_base)
		device_remove(log, op->names.base, op->names.base_uuid, false);
	return r;
}

/**
 * cmd_open() - make a chain a block device
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_open(struct options *o)
{
	struct opening op = { .options = o };
	int r;

	r = device_start(&o->log);
	if (!r)
		r = prepare(&op);
	if (!r)
		r = signals_hold(&op.signals);
	if (r)
		goto out;
	r = make_devices(&op);
	blocks_detach(&op.input.blocks);
	signals_release(&op.signals);
out:
	input_free(&op.input);
	return r;
}
