/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders of this machine.
 */
#ifndef SESPARSE_SOURCE_LOCAL_FOLDER_H
#define SESPARSE_SOURCE_LOCAL_FOLDER_H

struct folder;

int local_folder_open(const char *path, struct folder **folder);
int local_folder_of(const char *file, struct folder **folder);

#endif /* SESPARSE_SOURCE_LOCAL_FOLDER_H */
