// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk that is restored sees to it that its target is nothing of its own.  What is
 * another disk's has to be known before the first of them is written.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/options.h"
#include "cli/restoring.h"
#include "cli/vm-targets.h"
#include "host/beneath.h"
#include "util/message.h"
#include "vmdk/image.h"
#include "vmdk/vmx.h"

/**
 * struct vm_target - what a disk is restored to
 * @path: its name
 * @is_there: there is something of that name: what is new is nothing else
 * @st: what that is
 */
struct vm_target {
	char *path;
	bool is_there;
	struct stat st;
};

/**
 * struct vm_targets - those of a VM
 * @o: the command line
 * @vmx: the VM
 * @list: one for each of its disks
 */
struct vm_targets {
	const struct options *o;
	const struct vmx *vmx;
	struct vm_target *list;
};

static int fail_part(const struct vm_target *t, const char *part,
		     const char *what)
{
	return fail(EXIT_BUSY,
		    "%s: is, holds or lies on %s%s: restore to another folder",
		    t->path, part, what);
}

/* Refuse the target if it has to do with @other, which is @path. */
static int check_apart(const struct vm_target *t, const struct stat *other,
		       const char *path, const char *what)
{
	struct beneath mine, its = { 0 };
	int r;

	if (!t->is_there)
		return 0;
	r = beneath_find(&t->st, &mine);
	if (!r)
		r = beneath_find(other, &its);
	if (!r && beneath_overlap(&mine, &its))
		r = fail_part(t, path, what);
	beneath_free(&its);
	beneath_free(&mine);
	return r;
}

static int check_each(const struct vm_targets *all, const char *path,
		      const char *what)
{
	struct stat st;
	size_t i;
	int r = 0;

	if (stat(path, &st))
		return 0;
	for (i = 0; i < all->vmx->nr && !r; i++)
		r = check_apart(&all->list[i], &st, path, what);
	return r;
}

static int check_targets(const struct vm_targets *all)
{
	const struct vm_target *a;
	size_t i, j;
	int r = 0;

	for (i = 0; i < all->vmx->nr; i++)
		for (j = 0, a = &all->list[i]; j < i && a->is_there && !r; j++)
			r = check_apart(&all->list[j], &a->st, a->path,
					", which another disk is restored to");
	return r;
}

static int check_states(const struct vm_targets *all)
{
	char *state;
	size_t i;
	int r = 0;

	for (i = 0; i < all->vmx->nr && !r; i++) {
		r = restoring_name_state(all->o, all->vmx->disks[i].name,
					 &state);
		if (!r && state)
			r = check_each(all, state,
				       ", which says how far a disk has got");
		free(state);
	}
	return r;
}

static int check_image(const struct vm_targets *all, const struct image *image)
{
	char *part;
	size_t i;
	int r = 0;

	for (i = 0; i < all->vmx->nr && !r; i++) {
		if (!all->list[i].is_there)
			continue;
		r = image_find_overlap(image, &all->list[i].st, &part);
		if (!r && part)
			r = fail_part(&all->list[i], part, "");
		free(part);
	}
	return r;
}

static void say_nothing(enum message_kind kind, const char *text)
{
	(void)kind;
	(void)text;
}

/* What is wrong with a disk is told when it is its turn; the rest of it counts. */
static int check_disk(const struct vm_targets *all, const struct vmx_disk *disk)
{
	const struct reference named = vmx_reference(all->vmx, disk);
	struct image_options options = all->o->image;
	const struct log silent = { 0 };
	struct image image = { 0 };
	int r;

	options.named = &named;
	options.is_one_of_several = true;
	options.patch = NULL;
	message_divert(say_nothing);
	r = image_find(&silent, all->o->operands[1], &options, &image);
	message_divert(NULL);
	image.patch = all->o->image.patch;
	r = r == EXIT_MEMORY ? fail_memory() : check_image(all, &image);
	image_free(&image);
	return r;
}

static int check_all(const struct vm_targets *all)
{
	size_t i;
	int r;

	r = check_targets(all);
	if (!r)
		r = check_each(all, all->vmx->path, ", which is the VM's");
	if (!r)
		r = check_states(all);
	for (i = 0; i < all->vmx->nr && !r; i++)
		r = check_disk(all, &all->vmx->disks[i]);
	return r;
}

/* Set @any if one of them is there. */
static int name_all(struct vm_targets *all, bool *any)
{
	struct vm_target *t = all->list;
	size_t i;
	int r = 0;

	for (i = 0; i < all->vmx->nr && !r; i++, t++) {
		r = restoring_name_target(all->o, all->vmx->disks[i].name,
					  &t->path);
		t->is_there = !r && !stat(t->path, &t->st);
		*any |= t->is_there;
	}
	return r;
}

/**
 * vm_targets_check() - see that no disk of a VM is restored over what another needs
 * @o: the command line, which names the VM and a folder
 * @vmx: the VM
 *
 * That is each disk's files, the configuration, the states, and what the other disks are
 * restored to.
 *
 * Return: 0, or an exit code after a message.
 */
int vm_targets_check(const struct options *o, const struct vmx *vmx)
{
	struct vm_targets all = { .o = o, .vmx = vmx };
	bool any = false;
	size_t i;
	int r;

	all.list = calloc(vmx->nr, sizeof(*all.list));
	if (!all.list)
		return fail_memory();
	r = name_all(&all, &any);
	if (!r && any)
		r = check_all(&all);
	for (i = 0; i < vmx->nr; i++)
		free(all.list[i].path);
	free(all.list);
	return r;
}
