/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a VM's disks are restored to, all of them.
 */
#ifndef SESPARSE_CLI_VM_TARGETS_H
#define SESPARSE_CLI_VM_TARGETS_H

struct options;
struct vmx;

int vm_targets_check(const struct options *o, const struct vmx *vmx);

#endif /* SESPARSE_CLI_VM_TARGETS_H */
