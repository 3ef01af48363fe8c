// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/folder.h"
#include "source/source.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/encoding.h"
#include "vmdk/file-name.h"
#include "vmdk/find-file.h"
#include "vmdk/settings.h"
#include "vmdk/vmx-text.h"
#include "vmdk/vmx.h"

static bool ends_in_iso(const char *name)
{
	const size_t length = strlen(name);

	return length >= 4 && !strcasecmp(name + length - 4, ".iso");
}

/* Others are CD-ROM drives, and devices of the host's that are passed through. */
static bool is_disk(const struct vmx_device *d)
{
	if (d->unit == VMX_CONTROLLER)
		return false;
	if (!d->type.line || !*d->type.value)
		return !d->file.line || !ends_in_iso(d->file.value);
	return strcasestr(d->type.value, "disk") ||
	       strcasestr(d->type.value, "rdm");
}

/* What is attached to a controller that is not there is not either. */
static int has_controller(const struct text *text, const struct vmx_text *p,
			  const struct vmx_device *d, bool *has)
{
	const struct vmx_device *c;

	*has = true;
	for (c = p->list; c < p->list + p->nr; c++)
		if (c->bus == d->bus && c->number == d->number &&
		    c->unit == VMX_CONTROLLER && c->present.line)
			return vmx_text_bool(text->path, &c->present,
					     "the controller's present", has);
	return 0;
}

static int is_present(const struct text *text, const struct vmx_text *p,
		      const struct vmx_device *d, bool *present)
{
	int r = vmx_text_bool(text->path, &d->present, "present", present);

	return r || !*present ? r : has_controller(text, p, d, present);
}

static int add_disk(const struct text *text, const struct settings *settings,
		    const struct vmx_device *d, struct vmx *vmx)
{
	struct vmx_disk *disk = &vmx->disks[vmx->nr++];
	int r;

	snprintf(disk->name, sizeof(disk->name), "%s%u-%u",
		 vmx_bus_name(d->bus), d->number & 0xff, d->unit & 0xff);
	disk->line = d->file.line;
	if (!d->file.line || !*d->file.value)
		return bad_line(text->path, d->present.line,
				"%s%u:%u is present, but has no fileName, expected one that names its disk",
				vmx_bus_name(d->bus), d->number, d->unit);
	r = file_name_check(text->path, disk->line, d->file.value);
	return r ? r : file_name_parse(settings, text->path, disk->line, "disk",
				       d->file.value, &disk->file, &disk->raw);
}

static int compare(const void *a, const void *b)
{
	const struct vmx_device *x = a, *y = b;

	if (x->bus != y->bus)
		return x->bus < y->bus ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static int add_disks(const struct text *text, const struct settings *settings,
		     struct vmx_text *p, struct vmx *vmx)
{
	bool present;
	size_t i;
	int r = 0;

	vmx->disks = calloc(p->nr + 1, sizeof(*vmx->disks));
	if (!vmx->disks)
		return fail_memory();
	if (p->nr)
		qsort(p->list, p->nr, sizeof(*p->list), compare);
	for (i = 0; i < p->nr && !r; i++) {
		if (!is_disk(&p->list[i]))
			continue;
		r = is_present(text, p, &p->list[i], &present);
		if (!r && present)
			r = add_disk(text, settings, &p->list[i], vmx);
	}
	if (!r && !vmx->nr && p->cipher.line)
		r = bad_line(text->path, p->cipher.line,
			     "the VM is encrypted (encryption.data), and so is what names its disks: give a disk's descriptor, if that is not");
	return r;
}

static int take_name(const struct settings *settings, const char *name,
		     struct vmx *vmx)
{
	if (!name)
		return 0;
	if (!encoding_convert(settings->of[KEY_ENCODING].value, name,
			      &vmx->display_name))
		return 0;
	vmx->display_name = strdup(name);
	return vmx->display_name ? 0 : fail_memory();
}

static int parse(const struct text *text, struct vmx *vmx)
{
	struct settings settings = { 0 };
	struct vmx_text parsed;
	int r;

	r = vmx_text_parse(text, &parsed);
	settings.of[KEY_ENCODING] = (struct setting){
		.value = text->is_unicode ? "UTF-8" : parsed.encoding.value,
		.line = parsed.encoding.line,
	};
	if (!r)
		r = take_name(&settings, parsed.display_name.value, vmx);
	if (!r)
		r = add_disks(text, &settings, &parsed, vmx);
	vmx_text_free(&parsed);
	return r;
}

static int make(const struct located *located, const struct text *text,
		struct vmx **vmx)
{
	struct vmx *v = calloc(1, sizeof(*v));
	int r;

	if (v)
		v->path = strdup(located->file.path);
	r = v && v->path ? located_folder(located, &v->folder) : fail_memory();
	if (!r)
		r = parse(text, v);
	if (!r)
		*vmx = v;
	else
		vmx_free(v);
	return r;
}

/**
 * vmx_read() - read a VM's configuration
 * @log: how much to tell
 * @located: the file, which may be any other
 * @vmx: set to it, for vmx_free(); to NULL if the file is none, or on failure
 *
 * Return: 0, or an exit code after a message.
 */
int vmx_read(const struct log *log, const struct located *located,
	     struct vmx **vmx)
{
	struct source source = SOURCE_CLOSED(located->file.path);
	struct text text = { .path = located->file.path };
	int r;

	*vmx = NULL;
	r = source_open(log, &located->file, &source);
	if (!r)
		r = text_read(&text, &source);
	if (!r && vmx_text_is(&text))
		r = make(located, &text, vmx);
	text_free(&text);
	source_close(&source);
	return r;
}

/**
 * vmx_find() - read what the user has named, if it is a VM's configuration
 * @log: how much to tell
 * @roots: where his files are
 * @path: the file
 * @vmx: as for vmx_read()
 *
 * Return: 0, or an exit code after a message.
 */
int vmx_find(const struct log *log, const struct roots *roots,
	     const char *path, struct vmx **vmx)
{
	struct located located;
	int r;

	*vmx = NULL;
	r = locate_given(roots, path, &located);
	if (!r)
		r = vmx_read(log, &located, vmx);
	located_free(&located);
	return r;
}

/**
 * vmx_reference() - the mention of a disk, by which it is to be found
 * @vmx: the VM
 * @disk: one of its disks
 *
 * Return: it; good as long as the VM is.
 */
struct reference vmx_reference(const struct vmx *vmx,
			       const struct vmx_disk *disk)
{
	return (struct reference){
		.from = vmx->path,
		.folder = vmx->folder,
		.line = disk->line,
		.what = "disk",
		.name = disk->file,
		.raw = disk->raw,
		.option = "",
	};
}

/**
 * vmx_check_disks() - refuse a VM that has none
 * @vmx: the VM
 *
 * Return: 0, or an exit code after a message.
 */
int vmx_check_disks(const struct vmx *vmx)
{
	return vmx->nr ? 0 :
	       fail(EXIT_DEVICE,
		    "%s: names no disk, expected one that is present, such as scsi0:0.fileName = \"vm.vmdk\"",
		    vmx->path);
}

/**
 * vmx_free() - free what vmx_read() made
 * @vmx: it, or NULL
 */
void vmx_free(struct vmx *vmx)
{
	size_t i;

	if (!vmx)
		return;
	for (i = 0; i < vmx->nr; i++) {
		free(vmx->disks[i].file);
		free(vmx->disks[i].raw);
	}
	free(vmx->disks);
	free(vmx->display_name);
	folder_put(vmx->folder);
	free(vmx->path);
	free(vmx);
}
