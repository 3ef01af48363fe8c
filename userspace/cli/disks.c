// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "cli/disks.h"
#include "cli/options.h"
#include "util/human.h"
#include "util/message.h"
#include "vmdk/vmx.h"

/**
 * disks_check_options() - refuse options that do not tell which disk they mean
 * @o: the command line
 * @vmx: the VM that it names
 *
 * Return: 0, or an exit code after a message.
 */
int disks_check_options(const struct options *o, const struct vmx *vmx)
{
	int r = vmx_check_disks(vmx);

	if (r || !(o->given & OPT_PARENT) || vmx->nr == 1)
		return r;
	return fail(EXIT_USAGE,
		    "--parent: %s has %zu disks, expected one: give the descriptor of the disk that misses it",
		    vmx->path, vmx->nr);
}

/**
 * disks_check_used() - refuse --extent and --patch that no disk has had use for
 * @o: the command line, all disks found
 *
 * Return: 0, or an exit code after a message.
 */
int disks_check_used(const struct options *o)
{
	const int r = stand_ins_check_used(o->image.stand_ins,
					   o->image.nr_stand_ins,
					   "the VM's disks");

	return r ? r : patch_file_check_used(o->image.patch, &o->patch_uses,
					     "the VM's disks");
}

/**
 * disk_name() - the name of what is made of one of a VM's disks
 * @name: what all of them have it begin with
 * @disk: the disk's own
 * @text: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int disk_name(const char *name, const char *disk, char text[NAME_SIZE])
{
	if (snprintf(text, NAME_SIZE, "%s-%s", name, disk) < NAME_SIZE)
		return 0;
	return fail(EXIT_USAGE,
		    "%s-%s: is too long a name, expected fewer than %d bytes",
		    name, disk, NAME_SIZE);
}

static int print_heading(const struct vmx_disk *disk, const char *begin,
			 bool is_first)
{
	int r;

	if (!is_first)
		putchar('\n');
	printf("%s%s: ", begin, disk->name);
	r = human_name(disk->file);
	putchar('\n');
	/* What is wrong with it comes behind. */
	fflush(stdout);
	return r;
}

static int run_json(struct options *o, const struct disks_options *how,
		    const struct vmx_disk *disk, const struct subject *s)
{
	const unsigned int depth = s->j->depth;
	int r;

	json_open(s->j, NULL, '{');
	json_string(s->j, "disk", disk->name);
	json_string(s->j, "file", disk->file);
	r = how->each(o, s);
	/* What ended within has been told of, and is no JSON. */
	if (s->j->depth != depth + 1)
		return r;
	json_number(s->j, "exit", (unsigned int)r);
	json_close(s->j, '}');
	return r;
}

static int code(const struct disks_options *how, int r)
{
	return r && how->code ? how->code(r) : r;
}

static int worse(const struct disks_options *how, int a, int b)
{
	if (how->worse)
		return how->worse(a, b);
	return a ? a : b;
}

static int run_disk(struct options *o, const struct disks_options *how,
		    const struct vmx *vmx, size_t i, struct json *j)
{
	const struct vmx_disk *disk = &vmx->disks[i];
	const struct reference named = vmx_reference(vmx, disk);
	struct subject s = {
		.path = o->operands[1],
		.name = disk->name,
		.image = o->image,
		.j = j,
		.key = how->key,
		.is_last = i + 1 == vmx->nr,
	};
	int r = 0;

	s.image.named = &named;
	s.image.is_one_of_several = true;
	if (o->json)
		return run_json(o, how, disk, &s);
	if (how->heading)
		r = print_heading(disk, how->heading, !i);
	return r ? r : how->each(o, &s);
}

/**
 * disks_of_vm() - do something with each of a VM's disks
 * @o: the command line
 * @how: what to do
 * @vmx: the VM
 *
 * A disk that cannot be had does not keep those behind it from their turn.
 *
 * Return: what to exit with.
 */
int disks_of_vm(struct options *o, const struct disks_options *how,
		const struct vmx *vmx)
{
	struct json j = { 0 };
	size_t i;
	int r, one;

	r = disks_check_options(o, vmx);
	if (r)
		return code(how, r);
	if (o->json)
		json_open(&j, NULL, '[');
	for (i = 0; i < vmx->nr; i++) {
		one = run_disk(o, how, vmx, i, &j);
		r = i ? worse(how, r, one) : one;
		if (o->json && j.depth != 1)
			return r;
	}
	if (o->json)
		json_close(&j, ']');
	return r ? r : code(how, disks_check_used(o));
}

/**
 * disks_each() - do something with the disk that is named, or each of a VM's
 * @o: the command line, whose first operand names it
 * @how: what to do
 *
 * Return: what to exit with.
 */
int disks_each(struct options *o, const struct disks_options *how)
{
	const struct log silent = { 0 }; /* it is opened once more */
	struct json j = { 0 };
	struct subject s = {
		.path = o->operands[1],
		.j = &j,
		.is_last = true,
	};
	struct vmx *vmx;
	int r;

	r = vmx_find(&silent, &o->image.roots, o->operands[1], &vmx);
	if (r)
		return code(how, r);
	s.image = o->image;
	r = vmx ? disks_of_vm(o, how, vmx) : how->each(o, &s);
	vmx_free(vmx);
	return r;
}

/**
 * disks_one() - find out which disk a name means, where it may mean one only
 * @o: the command line
 * @path: the name: a descriptor, an extent, or a VM of one disk
 * @disk: filled in, for disks_one_free(), on failure too; not to be moved
 *
 * Return: 0, or an exit code after a message.
 */
int disks_one(const struct options *o, const char *path, struct one_disk *disk)
{
	const struct log silent = { 0 }; /* it is opened once more */
	int r;

	*disk = (struct one_disk){ .path = path, .image = o->image };
	r = vmx_find(&silent, &o->image.roots, path, &disk->vmx);
	if (r || !disk->vmx)
		return r;
	r = vmx_check_disks(disk->vmx);
	if (r)
		return r;
	if (disk->vmx->nr != 1)
		return fail(EXIT_USAGE,
			    "%s: is a VM of %zu disks, expected one: give the descriptor of the disk that is meant",
			    path, disk->vmx->nr);
	disk->named = vmx_reference(disk->vmx, &disk->vmx->disks[0]);
	disk->image.named = &disk->named;
	return 0;
}

/**
 * disks_one_free() - free what disks_one() made
 * @disk: it
 */
void disks_one_free(struct one_disk *disk)
{
	vmx_free(disk->vmx);
}
