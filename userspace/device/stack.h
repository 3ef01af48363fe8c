/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that open made under a name.
 */
#ifndef SESPARSE_DEVICE_STACK_H
#define SESPARSE_DEVICE_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "device/dm.h"
#include "device/name.h"

struct log;

/**
 * struct stack_member - a device of which there may be several
 * @number: of a partition, or of a device of lower layers, or of pieces, or of a mount
 * @name: what the device is called
 * @state: what it is like
 */
struct stack_member {
	unsigned int number;
	char name[NAME_SIZE];
	struct device_state state;
};

/**
 * struct stack - a disk's device, and those below and above it
 * @names: what they are called
 * @disk: the disk, or what else has its name
 * @image: what is below an overlay; not there if it has another's UUID
 * @base: what is below all layers; not there if it has another's UUID
 * @lower: those of lower layers, by their numbers, the newest layers' first
 * @nr_lower: how many
 * @luns: those of files in pieces on LUNs, by their numbers
 * @nr_luns: how many
 * @parts: partitions, by their numbers
 * @nr_parts: how many
 * @mounts: what file systems are mounted from, by their numbers
 * @nr_mounts: how many
 */
struct stack {
	struct names names;
	struct device_state disk;
	struct device_state image;
	struct device_state base;
	struct stack_member *lower;
	size_t nr_lower;
	struct stack_member *luns;
	size_t nr_luns;
	struct stack_member *parts;
	size_t nr_parts;
	struct stack_member *mounts;
	size_t nr_mounts;
};

int stack_look(const struct log *log, const char *name, struct stack *stack);
const char *stack_lowest(const struct stack *stack);
int stack_user(const struct stack *stack, const char **user);
int stack_remove(const struct log *log, const struct stack *stack,
		 bool deferred);
void stack_free(struct stack *stack);

#endif /* SESPARSE_DEVICE_STACK_H */
