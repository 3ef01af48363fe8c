/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of a sesparse target, as the kernel tells them.
 */
#ifndef SESPARSE_DEVICE_PARAMS_H
#define SESPARSE_DEVICE_PARAMS_H

#include "dm-sesparse/format.h"

#define PARAMS_MAX_OPTIONS 8

/**
 * struct params_device - a device of a table
 * @device: "major:minor", or its name; NULL: there is none
 * @sector: where on it
 */
struct params_device {
	const char *device;
	u64 sector;
};

/**
 * struct params - the arguments of a target, all in its own text
 * @text: the text, to be freed by the caller
 * @layers: newest first
 * @nr_layers: their number
 * @parent: what is below them
 * @options: those without a value
 * @nr_options: their number
 */
struct params {
	char *text;
	struct params_device layers[SESPARSE_MAX_LAYERS];
	unsigned int nr_layers;
	struct params_device parent;
	const char *options[PARAMS_MAX_OPTIONS];
	unsigned int nr_options;
};

int params_parse(const char *text, struct params *params);

#endif /* SESPARSE_DEVICE_PARAMS_H */
