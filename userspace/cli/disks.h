/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disks that a command line names: one, or all of a VM's.
 */
#ifndef SESPARSE_CLI_DISKS_H
#define SESPARSE_CLI_DISKS_H

#include <stdbool.h>

#include "device/name.h"
#include "util/json.h"
#include "vmdk/find-file.h"
#include "vmdk/image.h"

struct options;
struct vmx;

/**
 * struct subject - a disk that a verb is to do something with
 * @path: what the user has named: it, or its VM
 * @name: where it is attached, "scsi0-0"; NULL: it was named by itself
 * @image: how to find it
 * @j: where to write JSON
 * @key: as what, or NULL
 * @is_last: no other one follows
 */
struct subject {
	const char *path;
	const char *name;
	struct image_options image;
	struct json *j;
	const char *key;
	bool is_last;
};

/**
 * struct one_disk - a disk named where no more than one will do
 * @path: what the user has named: it, or its VM
 * @vmx: that, or NULL
 * @named: where the VM names it
 * @image: how to find it; points to @named
 */
struct one_disk {
	const char *path;
	struct vmx *vmx;
	struct reference named;
	struct image_options image;
};

/* Does it, and returns what to exit with. */
typedef int subject_fn(struct options *o, const struct subject *subject);

/**
 * struct disks_options - what is done with each disk
 * @each: that
 * @key: what its JSON is called where there are several
 * @heading: how a line with its name begins, which goes before what is printed for
 *           people; NULL: none does
 * @code: what the tool exits with where the disks are not got to, of an exit code;
 *        NULL: with that
 * @worse: of what two disks have the tool exit with, what it does; NULL: the first
 *         that is no success
 */
struct disks_options {
	subject_fn *each;
	const char *key;
	const char *heading;
	int (*code)(int r);
	int (*worse)(int a, int b);
};

int disks_of_vm(struct options *o, const struct disks_options *how,
		const struct vmx *vmx);
int disks_each(struct options *o, const struct disks_options *how);
int disks_one(const struct options *o, const char *path, struct one_disk *disk);
void disks_one_free(struct one_disk *disk);
int disks_check_options(const struct options *o, const struct vmx *vmx);
int disks_check_used(const struct options *o);
int disk_name(const char *name, const char *disk, char text[NAME_SIZE]);

#endif /* SESPARSE_CLI_DISKS_H */
