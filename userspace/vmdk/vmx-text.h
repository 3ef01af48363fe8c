/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the lines of a VM's configuration say of its devices.
 */
#ifndef SESPARSE_VMDK_VMX_TEXT_H
#define SESPARSE_VMDK_VMX_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* What disks are attached to, in the order that they are listed in. */
enum vmx_bus {
	VMX_SCSI,
	VMX_SATA,
	VMX_NVME,
	VMX_IDE,
	NR_VMX_BUSES,
};

/* A controller's unit. */
#define VMX_CONTROLLER 256

/**
 * struct vmx_setting - what a key is set to
 * @value: within the text, without its quotes and what stands for other
 *         characters; NULL: the key is not there
 * @line: where
 */
struct vmx_setting {
	char *value;
	unsigned int line;
};

/**
 * struct vmx_device - a device or a controller
 * @bus: what it is attached to, or is one of
 * @number: which of the controllers
 * @unit: which device of its, or VMX_CONTROLLER
 * @present: whether it is there
 * @type: what it is
 * @file: what is behind it
 */
struct vmx_device {
	enum vmx_bus bus;
	unsigned int number;
	unsigned int unit;
	struct vmx_setting present;
	struct vmx_setting type;
	struct vmx_setting file;
};

/**
 * struct vmx_text - all of them
 * @list: the devices, in no order
 * @nr: their number
 * @room: for how many there is memory
 * @encoding: of all names
 * @display_name: the VM's
 * @cipher: by which it is encrypted
 */
struct vmx_text {
	struct vmx_device *list;
	size_t nr;
	size_t room;
	struct vmx_setting encoding;
	struct vmx_setting display_name;
	struct vmx_setting cipher;
};

bool vmx_text_is(const struct text *text);
int vmx_text_parse(const struct text *text, struct vmx_text *parsed);
int vmx_text_bool(const char *path, const struct vmx_setting *setting,
		  const char *what, bool *value);
const char *vmx_bus_name(enum vmx_bus bus);
void vmx_text_free(struct vmx_text *parsed);

#endif /* SESPARSE_VMDK_VMX_TEXT_H */
