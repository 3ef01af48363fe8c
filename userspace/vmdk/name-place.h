/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a descriptor's name of a file may mean: something beneath its own folder,
 * or beneath one beside that.
 */
#ifndef SESPARSE_VMDK_NAME_PLACE_H
#define SESPARSE_VMDK_NAME_PLACE_H

#include <stdbool.h>

struct file_found;
struct folder;

/**
 * struct place - where a name is to be looked up
 * @top: the folder that it must not lead out of
 * @below: the name there, relative
 */
struct place {
	struct folder *top;
	const char *below;
};

const char *name_below(const char *root, const char *name);
bool name_leads_out(const char *name);
char *name_absolute(const struct folder *own, const char *name);
int place_find(struct folder *own, const char *name, struct place *place);
int place_look(struct folder *own, const struct place *place,
	       struct file_found *found);

#endif /* SESPARSE_VMDK_NAME_PLACE_H */
