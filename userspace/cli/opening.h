/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk that is being opened.
 */
#ifndef SESPARSE_CLI_OPENING_H
#define SESPARSE_CLI_OPENING_H

#include "device/assembly.h"
#include "device/attach.h"
#include "device/name.h"
#include "device/overlay.h"
#include "vmdk/image.h"

struct options;
struct vmx;

/**
 * struct opening - a disk about to be opened; what is not told is all 0
 * @options: the command line
 * @path: what the disk is called there
 * @name: what its device is to be called
 * @how: how to find its image
 * @assembly: what its devices are added to
 * @image: its image
 * @attachments: that as block devices
 * @names: of its devices
 * @overlay: where its writes go
 */
struct opening {
	struct options *options;
	const char *path;
	const char *name;
	const struct image_options *how;
	struct assembly *assembly;
	struct image image;
	struct attachments attachments;
	struct names names;
	struct overlay overlay;
};

int opening_prepare(struct opening *op);
int opening_make(struct opening *op);
void opening_undo(struct opening *op);
void opening_free(struct opening *op);
int open_vm(struct options *o, const struct vmx *vmx);

#endif /* SESPARSE_CLI_OPENING_H */
