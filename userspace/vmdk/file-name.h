/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of files as they stand in a descriptor.
 */
#ifndef SESPARSE_VMDK_FILE_NAME_H
#define SESPARSE_VMDK_FILE_NAME_H

struct settings;

int file_name_check(const char *path, unsigned int line, const char *name);
int file_name_parse(const struct settings *settings, const char *path,
		    unsigned int line, const char *what, const char *name,
		    char **file, char **raw);

#endif /* SESPARSE_VMDK_FILE_NAME_H */
