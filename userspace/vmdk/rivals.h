/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two files that one name in a descriptor may mean.
 */
#ifndef SESPARSE_VMDK_RIVALS_H
#define SESPARSE_VMDK_RIVALS_H

#include "vmdk/find-file.h"

int rivals_choose(const struct reference *ref, enum locate_how how,
		  const struct file_found *literal,
		  const struct file_found *own,
		  const struct file_found **chosen);

#endif /* SESPARSE_VMDK_RIVALS_H */
