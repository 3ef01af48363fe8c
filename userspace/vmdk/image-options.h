/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user gives to find an image by, taken apart; all of it NAME=VALUE where it
 * has two parts.
 */
#ifndef SESPARSE_VMDK_IMAGE_OPTIONS_H
#define SESPARSE_VMDK_IMAGE_OPTIONS_H

struct image_options;

int image_options_extent(struct image_options *image, char *pair);
int image_options_map_root(struct image_options *image, char *pair);
int image_options_parent(struct image_options *image, char *text);
int image_options_check(const struct image_options *image);
void image_options_free(struct image_options *image);

#endif /* SESPARSE_VMDK_IMAGE_OPTIONS_H */
