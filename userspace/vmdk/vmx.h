/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM's configuration, a text that names its disks.  Whoever wrote it may be
 * hostile; what leaves here has been checked.
 */
#ifndef SESPARSE_VMDK_VMX_H
#define SESPARSE_VMDK_VMX_H

#include <stddef.h>

struct folder;
struct located;
struct log;
struct reference;
struct roots;

/* "scsi255-255", with the NUL. */
#define VMX_NAME_SIZE 16

/**
 * struct vmx_disk - a disk of a VM
 * @name: where it is attached: "scsi0-0"
 * @file: name of its descriptor as opening it wants it
 * @raw: its name in the bytes of the configuration, or NULL: they are the same
 * @line: of the configuration that names it
 */
struct vmx_disk {
	char name[VMX_NAME_SIZE];
	char *file;
	char *raw;
	unsigned int line;
};

/**
 * struct vmx - a VM
 * @path: of its configuration
 * @folder: that it is in, where names start from
 * @display_name: what people call it, or NULL
 * @disks: those that are present, in the order of their names
 * @nr: their number
 */
struct vmx {
	char *path;
	struct folder *folder;
	char *display_name;
	struct vmx_disk *disks;
	size_t nr;
};

int vmx_find(const struct log *log, const struct roots *roots,
	     const char *path, struct vmx **vmx);
int vmx_read(const struct log *log, const struct located *located,
	     struct vmx **vmx);
struct reference vmx_reference(const struct vmx *vmx,
			       const struct vmx_disk *disk);
int vmx_check_disks(const struct vmx *vmx);
void vmx_free(struct vmx *vmx);

#endif /* SESPARSE_VMDK_VMX_H */
