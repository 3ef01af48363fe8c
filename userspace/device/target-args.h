/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of a sesparse target: written for the kernel, and read back.
 */
#ifndef SESPARSE_DEVICE_TARGET_ARGS_H
#define SESPARSE_DEVICE_TARGET_ARGS_H

#include "dm-sesparse/format.h"

#define TARGET_MAX_OPTIONS 8

/**
 * struct target_device - a device of a table
 * @device: "major:minor", or its name; NULL: there is none
 * @sector: where on it
 */
struct target_device {
	const char *device;
	u64 sector;
};

/**
 * struct target_args - the arguments of a target
 * @text: the text that all words are in, if it was parsed
 * @layers: newest first
 * @nr_layers: their number
 * @parent: what is below them
 * @options: those without a value
 * @nr_options: their number
 */
struct target_args {
	char *text;
	struct target_device layers[SESPARSE_MAX_LAYERS];
	unsigned int nr_layers;
	struct target_device parent;
	const char *options[TARGET_MAX_OPTIONS];
	unsigned int nr_options;
};

int target_args_print(const struct target_args *args, char **text);
int target_args_parse(const char *text, struct target_args *args);

#endif /* SESPARSE_DEVICE_TARGET_ARGS_H */
