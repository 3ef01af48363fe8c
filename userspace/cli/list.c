// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is broken is told in its place, and of the others all there is to know: of
 * no file but the descriptors is anything read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/locks.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "dm-sesparse/format.h"
#include "source/folder.h"
#include "source/local-folder.h"
#include "source/stored.h"
#include "source/tree.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"
#include "vmdk/find-file.h"
#include "vmdk/vmx.h"
#include "vmfs/datastore.h"

/**
 * struct listing - VMs being listed
 * @o: the command line
 * @top: the folder that is being gone through
 * @path: what names beneath it begin with
 * @j: the JSON so far
 * @nr: VMs so far
 * @code: what the first thing that is broken has the tool exit with
 */
struct listing {
	struct options *o;
	struct folder *top;
	const char *path;
	struct json j;
	size_t nr;
	int code;
};

/* What goes wrong is told as it comes, behind what has been printed. */
static void tell_now(void)
{
	fflush(stdout);
}

static void note_broken(struct listing *l, int r)
{
	if (!l->code)
		l->code = r;
	if (l->o->json)
		json_number(&l->j, "exit", (unsigned int)r);
}

static u64 allocated(const struct stat *st)
{
	return (u64)st->st_blocks * 512;
}

static int print_extent(const char *path, enum extent_type type,
			const struct file_found *found)
{
	char size[HUMAN_SIZE], lock[LOCK_TEXT_SIZE];
	int r;

	fputs("        ", stdout);
	r = human_name(path);
	printf(": %s, ", extent_type_name(type));
	if (file_is_found(found))
		fputs(human_size(allocated(&found->st), size), stdout);
	else
		fputs("not found", stdout);
	if (*lock_text(found->stored, lock))
		printf(", locked: %s", lock);
	putchar('\n');
	return r;
}

static void write_file(struct json *j, const char *path,
		       const struct file_found *found)
{
	json_string(j, "filename", path);
	if (file_is_found(found)) {
		json_number(j, "size", (u64)found->st.st_size);
		json_number(j, "actual-size", allocated(&found->st));
	}
	lock_json(j, found->stored);
}

static int find_extent(struct listing *l, const struct descriptor *d,
		       const struct extent *e, struct located *located)
{
	const struct reference ref = {
		.from = d->path,
		.folder = d->folder,
		.line = e->line,
		.what = "extent file",
		.name = e->file,
		.raw = e->raw,
		.option = "",
	};

	*located = (struct located){ .file.fd = -1 };
	if (!e->file || !d->folder)
		return 0;
	tell_now();
	return locate(&ref, &l->o->image.roots, LOCATE_OR_FAIL, located);
}

static int list_extent(struct listing *l, const struct descriptor *d,
		       const struct extent *e)
{
	struct located at;
	const char *path;
	int r, broken;

	broken = find_extent(l, d, e, &at);
	path = at.file.path ? at.file.path : e->file;
	if (l->o->json) {
		json_open(&l->j, NULL, '{');
		json_string(&l->j, "format", extent_type_name(e->type));
		json_number(&l->j, "virtual-size",
			    e->sectors * SESPARSE_SECTOR_SIZE);
		if (e->file)
			write_file(&l->j, path, &at.file);
		r = 0;
	} else {
		r = e->file ? print_extent(path, e->type, &at.file) : 0;
	}
	if (broken)
		note_broken(l, broken);
	if (l->o->json)
		json_close(&l->j, '}');
	located_free(&at);
	return r;
}

static int list_link(struct listing *l, const struct descriptor *d)
{
	size_t i;
	int r = 0;

	if (l->o->json) {
		json_open(&l->j, NULL, '{');
		json_string(&l->j, "filename", d->path);
		json_open(&l->j, "extents", '[');
	} else {
		fputs("      ", stdout);
		r = human_name(d->path);
		putchar('\n');
	}
	for (i = 0; i < d->nr_extents && !r; i++)
		r = list_extent(l, d, &d->extents[i]);
	if (l->o->json) {
		json_close(&l->j, ']');
		json_close(&l->j, '}');
	}
	return r;
}

static int list_chain(struct listing *l, const struct chain *chain)
{
	const u64 bytes = chain->nr_links ? chain->links[0]->capacity *
					    SESPARSE_SECTOR_SIZE : 0;
	char size[HUMAN_SIZE];
	size_t i;
	int r = 0;

	if (l->o->json) {
		json_number(&l->j, "virtual-size", bytes);
		json_open(&l->j, "chain", '[');
	} else if (chain->nr_links) {
		printf("      %s, %zu %s\n", human_size(bytes, size),
		       chain->nr_links,
		       chain->nr_links == 1 ? "file" : "files, newest first");
	}
	for (i = 0; i < chain->nr_links && !r; i++)
		r = list_link(l, chain->links[i]);
	if (l->o->json)
		json_close(&l->j, ']');
	return r;
}

static int read_chain(struct listing *l, const struct vmx *vmx,
		      const struct vmx_disk *disk, struct chain *chain)
{
	const struct reference named = vmx_reference(vmx, disk);
	const struct chain_options options = {
		.care = CHAIN_FOUND,
		.ciphertext = true,
		.ignore_cid = true,
		.named = &named,
		.roots = &l->o->image.roots,
	};
	int r;

	tell_now();
	r = chain_read(&l->o->log, vmx->path, &options, chain);
	return r ? r : chain->broken;
}

static int list_disk(struct listing *l, const struct vmx *vmx,
		     const struct vmx_disk *disk)
{
	struct chain chain = { 0 };
	int r = 0, broken;

	if (l->o->json) {
		json_open(&l->j, NULL, '{');
		json_string(&l->j, "disk", disk->name);
		json_string(&l->j, "file", disk->file);
	} else {
		printf("    %s: ", disk->name);
		r = human_name(disk->file);
		putchar('\n');
	}
	broken = read_chain(l, vmx, disk, &chain);
	if (!r)
		r = list_chain(l, &chain);
	if (broken)
		note_broken(l, broken);
	if (broken && !l->o->json)
		puts("      broken");
	if (l->o->json)
		json_close(&l->j, '}');
	chain_free(&chain);
	return r;
}

static int list_disks(struct listing *l, const struct vmx *vmx)
{
	size_t i;
	int r = 0;

	if (l->o->json)
		json_open(&l->j, "disks", '[');
	for (i = 0; i < vmx->nr && !r; i++)
		r = list_disk(l, vmx, &vmx->disks[i]);
	if (l->o->json)
		json_close(&l->j, ']');
	else if (!vmx->nr)
		puts("    no disks");
	return r;
}

static int print_heading(struct listing *l, const struct located *located,
			 const struct vmx *vmx)
{
	const char *name = vmx ? vmx->display_name : NULL;
	char lock[LOCK_TEXT_SIZE];
	int r = 0;

	if (l->o->json) {
		json_open(&l->j, NULL, '{');
		json_string(&l->j, "name", name);
		write_file(&l->j, located->file.path, &located->file);
		return 0;
	}
	if (l->nr++)
		putchar('\n');
	if (name) {
		r = human_name(name);
		putchar('\n');
	}
	fputs("  ", stdout);
	r = r ? r : human_name(located->file.path);
	if (*lock_text(located->file.stored, lock))
		printf(", locked: %s", lock);
	putchar('\n');
	return r;
}

/* The file is good for a VM, whatever it turns out to be. */
static int list_vm(struct listing *l, const struct located *located)
{
	struct vmx *vmx;
	int r, broken;

	tell_now();
	broken = vmx_read(&l->o->log, located, &vmx);
	if (!broken && !vmx)
		broken = fail(EXIT_DEVICE,
			      "%s: is no VM's configuration, expected one that says config.version",
			      located->file.path);
	r = print_heading(l, located, vmx);
	if (!r && vmx)
		r = list_disks(l, vmx);
	if (broken)
		note_broken(l, broken);
	if (broken && !l->o->json)
		puts("    broken");
	if (l->o->json)
		json_close(&l->j, '}');
	vmx_free(vmx);
	return r;
}

static bool is_vmx(const char *name)
{
	static const char *const ends[] = { ".vmx", ".vmtx" };
	size_t length = strlen(name), end, i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		end = strlen(ends[i]);
		if (length > end && !strcasecmp(name + length - end, ends[i]))
			return true;
	}
	return false;
}

/* What it found is the walk's, and is held once more. */
static int list_found(struct listing *l, const struct tree_entry *entry)
{
	struct located located = { .file = entry->found };
	int r;

	if (asprintf(&located.file.path, "%s%s", l->path, entry->below) < 0)
		return fail_memory();
	located.top = l->top;
	located.below = (char *)entry->below;
	r = list_vm(l, &located);
	free(located.file.path);
	return r;
}

static int take_entry(void *data, const struct tree_entry *entry)
{
	struct listing *l = data;

	if (entry->kind == TREE_FILE && S_ISREG(entry->found.st.st_mode) &&
	    is_vmx(entry->name))
		return list_found(l, entry);
	if (entry->kind != TREE_UNKNOWN)
		return 0;
	tell_now();
	fail(exit_code_of(entry->error), "%s%s: cannot be looked at: %s",
	     l->path, entry->below, strerror(entry->error));
	if (!l->code)
		l->code = exit_code_of(entry->error);
	return 0;
}

static int list_folder(struct listing *l, struct folder *folder,
		       const char *name)
{
	static const struct tree_ops ops = { .entry = take_entry };
	const size_t length = strlen(name);
	char *path;
	int r;

	/* What is here needs no folder in front. */
	if (asprintf(&path, "%s%s", strcmp(name, ".") ? name : "",
		     strcmp(name, ".") && name[length - 1] != '/' ? "/" :
								   "") < 0)
		return fail_memory();
	l->top = folder;
	l->path = path;
	r = tree_walk(folder, &ops, l);
	free(path);
	return r;
}

static int list_datastores(struct listing *l)
{
	const struct datastore *d;
	size_t i;
	int r = 0;

	for (i = 0; i < datastores_nr(l->o->datastores) && !r; i++) {
		d = datastores_get(l->o->datastores, i);
		r = list_folder(l, d->root, d->root->real);
	}
	return r;
}

static int list_named(struct listing *l, const char *path)
{
	struct folder *folder;
	struct located located;
	int r;

	r = locate_any(&l->o->image.roots, path, &folder, &located);
	if (!r)
		r = folder ? list_folder(l, folder, l->o->nr_luns ?
					 folder->real : path) :
			     list_vm(l, &located);
	folder_put(folder);
	located_free(&located);
	return r;
}

/**
 * cmd_list() - tell the VMs of datastores or of a folder
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_list(struct options *o)
{
	struct listing l = { .o = o };
	int r;

	if (o->json)
		json_open(&l.j, NULL, '[');
	if (o->operands[1])
		r = list_named(&l, o->operands[1]);
	else
		r = o->nr_luns ? list_datastores(&l) : list_named(&l, ".");
	if (o->json && l.j.depth == 1)
		json_close(&l.j, ']');
	return r ? r : l.code;
}
