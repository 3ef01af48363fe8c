/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors in the folder of a file that have to do with it.
 */
#ifndef SESPARSE_VMDK_BESIDE_H
#define SESPARSE_VMDK_BESIDE_H

struct folder;

/* What a descriptor may say of a file. */
enum beside_kind {
	BESIDE_OWNER, /* it names it as an extent */
	BESIDE_WHOLE, /* likewise, and says that it is not the whole disk */
	BESIDE_CHILD, /* it names it as its parent */
};

int beside_find(const struct folder *folder, const char *path,
		enum beside_kind kind, char **found);

#endif /* SESPARSE_VMDK_BESIDE_H */
