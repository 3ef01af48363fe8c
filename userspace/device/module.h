/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel could not load a target.
 */
#ifndef SESPARSE_DEVICE_MODULE_H
#define SESPARSE_DEVICE_MODULE_H

#include <stdbool.h>

/**
 * struct module_failure - what there was to learn
 * @told: what the program that loads modules said, a line without its end
 */
struct module_failure {
	char told[640];
};

bool module_load(const char *type, struct module_failure *why);
const char *module_advice(const struct module_failure *why);

#endif /* SESPARSE_DEVICE_MODULE_H */
