// SPDX-License-Identifier: GPL-2.0-only
/*
 * All disks of a VM become devices, or none does.
 */
#include <stdlib.h>

#include "cli/disks.h"
#include "cli/opening.h"
#include "cli/options.h"
#include "util/message.h"
#include "vmdk/vmx.h"

/**
 * struct vm_disk - one of the disks
 * @named: what names it
 * @how: how to find it
 * @name: of its device
 * @op: the disk being opened
 */
struct vm_disk {
	struct reference named;
	struct image_options how;
	char name[NAME_SIZE];
	struct opening op;
};

/**
 * struct vm_opening - a VM being opened
 * @o: the command line
 * @vmx: the VM
 * @disks: its disks
 * @nr: how many of them have been begun with
 * @assembly: the devices of all of them
 */
struct vm_opening {
	struct options *o;
	const struct vmx *vmx;
	struct vm_disk *disks;
	size_t nr;
	struct assembly assembly;
};

/* A file can keep the writes of one disk only. */
static int check_overlay(const struct options *o, const struct vmx *vmx)
{
	if (!(o->given & OPT_OVERLAY) || !o->overlay.path || vmx->nr == 1)
		return 0;
	return fail(EXIT_USAGE,
		    "--overlay %s: %s has %zu disks, expected ram:SIZE, which each of them gets, or the descriptor of one",
		    o->overlay.path, vmx->path, vmx->nr);
}

static int prepare_disk(struct vm_opening *vm, size_t i)
{
	struct vm_disk *disk = &vm->disks[i];

	disk->named = vmx_reference(vm->vmx, &vm->vmx->disks[i]);
	disk->how = vm->o->image;
	disk->how.named = &disk->named;
	disk->how.is_one_of_several = true;
	disk->op = (struct opening){
		.options = vm->o,
		.path = vm->o->operands[1],
		.name = disk->name,
		.how = &disk->how,
		.assembly = &vm->assembly,
	};
	vm->nr++;
	return disk_name(vm->o->operands[2], vm->vmx->disks[i].name,
			 disk->name) ?: opening_prepare(&disk->op);
}

static int prepare(struct vm_opening *vm)
{
	size_t i;
	int r;

	r = disks_check_options(vm->o, vm->vmx);
	if (!r)
		r = check_overlay(vm->o, vm->vmx);
	if (r)
		return r;
	vm->disks = calloc(vm->vmx->nr, sizeof(*vm->disks));
	if (!vm->disks)
		return fail_memory();
	for (i = 0; i < vm->vmx->nr && !r; i++)
		r = prepare_disk(vm, i);
	return r ? r : disks_check_used(vm->o);
}

static void undo(struct vm_opening *vm, size_t nr)
{
	size_t i;

	assembly_undo(&vm->assembly);
	for (i = 0; i < nr; i++)
		opening_undo(&vm->disks[i].op);
}

static int make(struct vm_opening *vm)
{
	size_t i;
	int r;

	r = assembly_begin(&vm->assembly, &vm->o->log);
	if (r)
		return r;
	for (i = 0; i < vm->nr && !r; i++)
		r = opening_make(&vm->disks[i].op);
	if (r)
		undo(vm, i);
	for (i = 0; i < vm->nr; i++)
		overlay_free(&vm->disks[i].op.overlay);
	assembly_end(&vm->assembly);
	return r;
}

/**
 * open_vm() - make each disk of a VM a block device
 * @o: the command line
 * @vmx: the VM
 *
 * Return: what to exit with.
 */
int open_vm(struct options *o, const struct vmx *vmx)
{
	struct vm_opening vm = { .o = o, .vmx = vmx };
	size_t i;
	int r;

	r = prepare(&vm);
	if (!r)
		r = make(&vm);
	for (i = 0; i < vm.nr; i++)
		opening_free(&vm.disks[i].op);
	free(vm.disks);
	return r;
}
