/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that open made under a name.
 */
#ifndef SESPARSE_STACK_H
#define SESPARSE_STACK_H

#include "dm.h"
#include "name.h"

struct log;

/**
 * struct stack - a disk's device and the one of its base
 * @names: what they are called
 * @disk: the disk, or what else has its name
 * @base: what is below the disk; not there if it has another's UUID
 */
struct stack {
	struct names names;
	struct device_state disk;
	struct device_state base;
};

int stack_look(const struct log *log, const char *name, struct stack *stack);

#endif /* SESPARSE_STACK_H */
